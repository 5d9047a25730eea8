"""The English catalogue's keeper: finds every word, says what is missing."""

import importlib.util
from pathlib import Path
from types import ModuleType

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, at work in an empty folder."""
    spec = importlib.util.spec_from_file_location("messages", ROOT / "scripts" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its values look up where they were defined.
    monkeypatch.setitem(__import__("sys").modules, "messages", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    (tmp_path / "crm").mkdir()
    (tmp_path / "templates").mkdir()
    return module


def _write(messages: ModuleType, name: str, text: str) -> None:
    (messages.ROOT / name).write_text(text, encoding="utf-8")


def _found(messages: ModuleType) -> list[tuple[str, str, str]]:
    return [(found.text, found.plural, found.context) for found in messages._collect()]


def _translate(messages: ModuleType, **english: str) -> None:
    """Fill in the catalogue and compile it."""
    path = messages.ROOT / messages.CATALOGUE
    catalogue = polib.pofile(str(path))
    for entry in catalogue:
        entry.msgstr = english[entry.msgid]
    catalogue.save()
    catalogue.save_as_mofile(str(path.with_suffix(".mo")))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('_("会社")', ("会社", "", "")),
        ('gettext_lazy("会社")', ("会社", "", "")),
        ('translation.gettext("会社")', ("会社", "", "")),
        ('_("会社" "名")', ("会社名", "", "")),
        ('ngettext("%(n)s件", "%(n)s件", n)', ("%(n)s件", "%(n)s件", "")),
        ('pgettext("ボタン", "開く")', ("開く", "", "ボタン")),
    ],
)
def test_words_of_python_are_found(
    messages: ModuleType, source: str, found: tuple[str, str, str]
) -> None:
    _write(messages, "crm/x.py", source)
    assert _found(messages) == [found]


@pytest.mark.parametrize("source", ["_(name)", '"会社"', '# _("会社")', 'other("会社")'])
def test_what_is_no_word_to_translate_is_not_found(messages: ModuleType, source: str) -> None:
    _write(messages, "crm/x.py", source)
    assert _found(messages) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('{% translate "会社" %}', ("会社", "", "")),
        ("{% translate '会社' as x %}", ("会社", "", "")),
        ('{% trans "開く" context "ボタン" %}', ("開く", "", "ボタン")),
        ('{% translate "100%" %}', ("100%%", "", "")),
        ('{% include "x.html" with label=_("会社") %}', ("会社", "", "")),
        ('{{ name|default:_("会社") }}', ("会社", "", "")),
        ("{% blocktranslate %}{{ n }}件{% endblocktranslate %}", ("%(n)s件", "", "")),
        (
            "{% blocktranslate trimmed %}\n  {{ n|intcomma }}\n  件\n{% endblocktranslate %}",
            ("%(n|intcomma)s 件", "", ""),
        ),
        (
            "{% blocktranslate count n=n %}{{ n }}件{% plural %}全{{ n }}件{% endblocktranslate %}",
            ("%(n)s件", "全%(n)s件", ""),
        ),
    ],
)
def test_words_of_templates_are_found(
    messages: ModuleType, source: str, found: tuple[str, str, str]
) -> None:
    _write(messages, "templates/x.html", source)
    assert _found(messages) == [found]


def test_comments_of_templates_are_no_words(messages: ModuleType) -> None:
    _write(
        messages,
        "templates/x.html",
        '{% comment %}{% translate "a" %}{% endcomment %}{# {% translate "b" %} #}',
    )
    assert _found(messages) == []


def test_a_complete_catalogue_gives_no_complaint(messages: ModuleType) -> None:
    _write(messages, "crm/x.py", '_("会社")')
    messages._update(messages._collect())
    _translate(messages, 会社="Company")
    assert list(messages._complaints(list(messages._collect()))) == []


@pytest.mark.parametrize(
    ("later", "complaint"),
    [
        ('_("会社"); _("部署")', "crm/x.py: not in the catalogue: '部署'"),
        ("", "nobody says this any more: '会社'"),
    ],
)
def test_a_catalogue_behind_the_code_is_complained_about(
    messages: ModuleType, later: str, complaint: str
) -> None:
    _write(messages, "crm/x.py", '_("会社")')
    messages._update(messages._collect())
    _translate(messages, 会社="Company")
    _write(messages, "crm/x.py", later)
    (said,) = messages._complaints(list(messages._collect()))
    assert complaint in said


def test_a_word_without_translation_is_complained_about(messages: ModuleType) -> None:
    _write(messages, "crm/x.py", '_("会社")')
    messages._update(messages._collect())
    assert any(
        "no translation: '会社'" in line for line in messages._complaints([*messages._collect()])
    )


def test_a_placeholder_that_is_never_filled_is_complained_about(messages: ModuleType) -> None:
    _write(messages, "crm/x.py", '_("%(n)s件")')
    messages._update(messages._collect())
    _translate(messages, **{"%(n)s件": "%(count)s records"})
    (said,) = messages._complaints(list(messages._collect()))
    assert "a placeholder that is never filled" in said


def test_a_compiled_catalogue_that_is_old_is_complained_about(messages: ModuleType) -> None:
    _write(messages, "crm/x.py", '_("会社")')
    messages._update(messages._collect())
    _translate(messages, 会社="Company")
    path = messages.ROOT / messages.CATALOGUE
    path.write_text(path.read_text().replace("Company", "Firm"))
    (said,) = messages._complaints(list(messages._collect()))
    assert "run `make messages`" in said


def test_renewing_the_catalogue_keeps_translations_and_drops_what_nobody_says(
    messages: ModuleType,
) -> None:
    _write(messages, "crm/x.py", '_("会社"); _("部署")')
    messages._update(messages._collect())
    _translate(messages, 会社="Company", 部署="Department")
    _write(messages, "crm/x.py", '_("会社"); _("リード")')
    messages._update(messages._collect())
    catalogue = polib.pofile(str(messages.ROOT / messages.CATALOGUE))
    assert {entry.msgid: entry.msgstr for entry in catalogue} == {"会社": "Company", "リード": ""}


def test_without_a_catalogue_one_is_told_how_to_make_it(messages: ModuleType) -> None:
    (said,) = messages._complaints([])
    assert "make messages" in said
