"""The tables in docs/field-types.md, made from mapping/converters/matrix.py.

python scripts/field_types.py           write them
python scripts/field_types.py --check   exit 1 if they are not what would be written
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import django
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from common.types import Kind  # noqa: E402
from crm.labels import KINDS  # noqa: E402
from integrations.kintone.form import FieldType  # noqa: E402
from mapping.converters import LEFT_OUT, Verdict  # noqa: E402
from mapping.converters.matrix import LINKS, MATRIX, Row  # noqa: E402
from mapping.labels import NOTES, TYPE_LABELS, VERDICT_LABELS  # noqa: E402

PAGE = ROOT / "docs" / "field-types.md"
BEGIN = "<!-- begin: scripts/field_types.py -->\n"
END = "<!-- end: scripts/field_types.py -->\n"
SIGNS: Mapping[Verdict, str] = {
    Verdict.FITS: "◎",
    Verdict.CONVERTS: "○",
    Verdict.MAY_LOSE: "△",
    Verdict.IMPOSSIBLE: "✕",
}
#: kintone's English words for the types (kintone's own screens).
ENGLISH: Mapping[FieldType, str] = {
    FieldType.SINGLE_LINE_TEXT: "Text",
    FieldType.MULTI_LINE_TEXT: "Text area",
    FieldType.RICH_TEXT: "Rich text",
    FieldType.NUMBER: "Number",
    FieldType.DATE: "Date",
    FieldType.TIME: "Time",
    FieldType.DATETIME: "Date and time",
    FieldType.RADIO_BUTTON: "Radio button",
    FieldType.DROP_DOWN: "Drop-down",
    FieldType.CHECK_BOX: "Check box",
    FieldType.MULTI_SELECT: "Multi-choice",
    FieldType.USER_SELECT: "User selection",
    FieldType.ORGANIZATION_SELECT: "Department selection",
    FieldType.GROUP_SELECT: "Group selection",
    FieldType.LINK: "Link",
    FieldType.FILE: "Attachment",
    FieldType.SUBTABLE: "Table",
}
PROTOCOLS: Mapping[str, str] = {
    "WEB": "Webサイトのアドレス",
    "MAIL": "メールアドレス",
    "CALL": "電話番号",
}


def main(arguments: list[str]) -> int:
    """0 if the page is as it should be, or was made so."""
    # Without translation every word is the Japanese one that stands in the code.
    settings.configure(USE_I18N=False)
    django.setup()
    before = PAGE.read_text(encoding="utf-8")
    after = renewed(before)
    if "--check" not in arguments:
        PAGE.write_text(after, encoding="utf-8")
        return 0
    if before != after:
        print("docs/field-types.md is out of date: run scripts/field_types.py")
        return 1
    return 0


def renewed(page: str) -> str:
    """The page with its tables made anew."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    made = "\n".join(_tables())
    return f"{head}{BEGIN}{made}\n{END}{tail}"


def _tables() -> Iterator[str]:
    rows = dict(_rows())
    signs = "、".join(f"{SIGNS[verdict]} {VERDICT_LABELS[verdict]}" for verdict in Verdict)
    yield from ("", f"{signs}", "")
    yield from _table(
        ["項目の種類", *(name for name, _english in rows)],
        ([str(KINDS[kind]), *(SIGNS[row[kind].verdict] for row in rows.values())] for kind in Kind),
    )
    for (name, english), row in rows.items():
        yield from ("", f"### {name} ({english})", "")
        yield from _table(["判定", "項目の種類", "連携される値"], _explained(row))
    yield from ("", "### 連携しないフィールド (Left out on purpose)", "")
    yield from _table(
        ["フィールド", "理由"],
        (
            [f"{TYPE_LABELS[type_]} ({ENGLISH[type_]})", str(NOTES[note])]
            for type_, note in LEFT_OUT.items()
        ),
    )
    yield ""


def _rows() -> Iterator[tuple[tuple[str, str], Row]]:
    """The field types that share a row together, in Japanese and in English, and their cells."""
    done: list[Row] = []
    for row in MATRIX.values():
        if not any(row is one for one in done):
            done.append(row)
            types = [type_ for type_, of_type in MATRIX.items() if of_type is row]
            japanese = "、".join(str(TYPE_LABELS[type_]) for type_ in types)
            yield (japanese, ", ".join(ENGLISH[type_] for type_ in types)), row
    for protocol, row in LINKS.items():
        name = f"{TYPE_LABELS[FieldType.LINK]}：{PROTOCOLS[protocol]}"
        yield (name, f"{ENGLISH[FieldType.LINK]}: {protocol}"), row


def _explained(row: Row) -> Iterator[list[str]]:
    """One line for all kinds of which the same is to be said, the best verdicts first."""
    for verdict in Verdict:
        for note in dict.fromkeys(cell.note for cell in row.values() if cell.verdict is verdict):
            kinds = [
                str(KINDS[kind])
                for kind, cell in row.items()
                if (cell.verdict, cell.note) == (verdict, note)
            ]
            words = str(NOTES[note]) if note else ""
            yield [f"{SIGNS[verdict]} {VERDICT_LABELS[verdict]}", "、".join(kinds), words]


def _table(heads: list[str], lines: Iterator[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for line in lines:
        yield f"| {' | '.join(line)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
