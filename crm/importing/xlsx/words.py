"""What is said of workbooks that cannot be read."""

from django.utils.translation import gettext as _

from crm.importing.encoding import CsvError


def broken() -> CsvError:
    """The file is no workbook any more."""
    return CsvError(
        _(
            "Excelファイルが壊れているか、途中で切れています。"
            "Excelで開けることを確認し、保存し直してから、もう一度取り込んでください。"
        )
    )


def too_large() -> CsvError:
    """Unpacked, the file is larger than what is read."""
    return CsvError(
        _(
            "Excelファイルが大きすぎます。"
            "「CSV UTF-8（コンマ区切り）」で保存するか、分割してください。"
        )
    )


def encrypted() -> CsvError:
    """The file has a password."""
    return CsvError(
        _(
            "パスワードで保護されたExcelファイルです。"
            "パスワードを解除して保存し直してから、もう一度取り込んでください。"
        )
    )


def old_format() -> CsvError:
    """A workbook as Excel wrote it until 2003, or a binary one."""
    return CsvError(
        _("この形式のExcelファイルは読めません。「Excelブック（.xlsx）」で保存し直してください。")
    )


def no_workbook() -> CsvError:
    """A zip, but of something else."""
    return CsvError(
        _("Excelファイルではありません。CSVかExcel（.xlsx）のファイルを選択してください。")
    )


def no_sheet() -> CsvError:
    """A workbook of charts, or with hidden sheets only."""
    return CsvError(_("Excelファイルに、表示されているシートがありません。"))
