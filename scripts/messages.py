"""The English catalogue: takes in new words, finds what is missing, compiles.

Works without GNU gettext, so that every machine can: the words of templates are found by Django's
own lexer, those of Python by its syntax tree.

    python scripts/messages.py           update the catalogue and compile it
    python scripts/messages.py --check   say what is missing; exit 1 if anything is
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import django
import polib
from django.conf import settings
from django.template.base import Lexer, Token, TokenType
from django.utils.translation import trim_whitespace

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = Path("locale/en/LC_MESSAGES/django.po")
PACKAGES = (
    "api",
    "audit",
    "common",
    "crm",
    "history",
    "hpsync",
    "integrations",
    "jobs",
    "manual",
    "mapping",
    "pulls",
    "signin",
)
#: Function → positions of its message, plural and context arguments.
FUNCTIONS = {
    "_": (0, None, None),
    "gettext": (0, None, None),
    "gettext_lazy": (0, None, None),
    "gettext_noop": (0, None, None),
    "ngettext": (0, 1, None),
    "ngettext_lazy": (0, 1, None),
    "pgettext": (1, None, 0),
    "pgettext_lazy": (1, None, 0),
    "npgettext": (1, 2, 0),
    "npgettext_lazy": (1, 2, 0),
}
TRANSLATE = re.compile(
    r"""^trans(?:late)?\s+(?P<text>"[^"]*"|'[^']*')(?:.*?\bcontext\s+(?P<context>"[^"]*"|'[^']*'))?"""
)
#: `_("…")` as a constant in any tag or variable.
CONSTANT = re.compile(r"""\b_\((?P<text>"[^"]*"|'[^']*')\)""")
BLOCK_CONTEXT = re.compile(r"""\bcontext\s+(?P<context>"[^"]*"|'[^']*')""")
PLACEHOLDER = re.compile(r"%\([^)]+\)[sdif]|%[sdif]|\{\w*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Words of ours, as gettext knows them."""

    text: str
    plural: str = ""
    context: str = ""
    place: str = ""


def main(arguments: list[str]) -> int:
    """What the module says; 0 if all is well."""
    # Django's lexer asks for nothing more.
    settings.configure(USE_I18N=True)
    django.setup()
    wanted = list(_collect())
    if "--check" in arguments:
        complaints = list(_complaints(wanted))
        for complaint in complaints:
            print(complaint)
        return 1 if complaints else 0
    _update(wanted)
    return 0


def _collect() -> Iterator[Message]:
    """Every message in code and templates, in the order of the files."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from _of_python(path.read_text(encoding="utf-8"), name=_name(path))
    for path in sorted((ROOT / "templates").rglob("*.*")):
        if path.suffix in {".html", ".txt"}:
            yield from _of_template(path.read_text(encoding="utf-8"), name=_name(path))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _of_python(source: str, *, name: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if isinstance(node.func, ast.Name):
            function = node.func.id
        if function in FUNCTIONS:
            words = [_constant(argument) for argument in node.args]
            text, plural, context = (
                words[position] if position is not None and position < len(words) else ""
                for position in FUNCTIONS[function]
            )
            if text:
                yield Message(text=text, plural=plural, context=context, place=name)


def _constant(node: ast.expr) -> str:
    """The text that stands there, "" where it is made at run time."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _of_template(source: str, *, name: str) -> Iterator[Message]:
    tokens = iter(Lexer(source).tokenize())
    for token in tokens:
        if token.token_type not in (TokenType.BLOCK, TokenType.VAR):
            continue
        if re.match(r"comment\b", token.contents):
            _until(tokens, end="endcomment")
        elif re.match(r"blocktrans(late)?\b", token.contents):
            yield _of_block(token, tokens, name=name)
        else:
            yield from _of_tag(token.contents, name=name)


def _of_tag(contents: str, *, name: str) -> Iterator[Message]:
    found = TRANSLATE.match(contents)
    if found:
        context = found["context"] or ""
        yield Message(text=_as_python(found["text"]), context=context[1:-1], place=name)
    for constant in CONSTANT.finditer(contents):
        yield Message(text=_as_python(constant["text"]), place=name)


def _as_python(quoted: str) -> str:
    """A template's literal as Django looks it up: a percent sign in it stands doubled."""
    return quoted[1:-1].replace("%", "%%")


def _of_block(opening: Token, tokens: Iterator[Token], *, name: str) -> Message:
    parts: list[list[str]] = [[]]
    for token in _until(tokens, end="endblocktrans"):
        if token.token_type == TokenType.BLOCK and token.contents.split()[0] == "plural":
            parts.append([])
        elif token.token_type == TokenType.VAR:
            parts[-1].append(f"%({token.contents})s")
        elif token.token_type == TokenType.TEXT:
            parts[-1].append(token.contents.replace("%", "%%"))
    texts = ["".join(part) for part in parts]
    if re.search(r"\btrimmed\b", opening.contents):
        texts = [trim_whitespace(text) for text in texts]
    context = BLOCK_CONTEXT.search(opening.contents)
    return Message(
        text=texts[0],
        plural=texts[1] if len(texts) > 1 else "",
        context=context["context"][1:-1] if context else "",
        place=name,
    )


def _until(tokens: Iterator[Token], *, end: str) -> Iterator[Token]:
    """The tokens up to the tag `end`, which may have a longer name (`endblocktranslate`)."""
    inner = []
    for token in tokens:
        if token.token_type == TokenType.BLOCK and token.contents.startswith(end):
            break
        inner.append(token)
    return iter(inner)


def _load() -> polib.POFile:
    if (ROOT / CATALOGUE).exists():
        return polib.pofile(str(ROOT / CATALOGUE), wrapwidth=98)
    new = polib.POFile(wrapwidth=98)
    new.metadata = {
        "Project-Id-Version": "hpsync",
        "Language": "en",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    return new


def _update(wanted: Iterable[Message]) -> None:
    """The catalogue holds exactly the wanted messages, known translations kept; it is compiled."""
    old = {(entry.msgctxt or "", entry.msgid): entry for entry in _load() if not entry.obsolete}
    new = _load()
    new.clear()
    for message, places in _merged(wanted).items():
        known = old.get((message.context, message.text))
        entry = polib.POEntry(
            msgid=message.text,
            msgctxt=message.context or None,
            occurrences=[(place, "") for place in sorted(places)],
        )
        if message.plural:
            entry.msgid_plural = message.plural
            entry.msgstr_plural = known.msgstr_plural if known else {0: "", 1: ""}
        elif known:
            entry.msgstr = known.msgstr
        if "%" in message.text:
            entry.flags.append("python-format")
        new.append(entry)
    path = ROOT / CATALOGUE
    path.parent.mkdir(parents=True, exist_ok=True)
    new.save(str(path))
    new.save_as_mofile(str(path.with_suffix(".mo")))
    open_ends = [entry.msgid for entry in new if not entry.translated()]
    print(f"{CATALOGUE}: {len(new)} messages, {len(open_ends)} without a translation")


def _merged(messages: Iterable[Message]) -> dict[Message, set[str]]:
    """Each message once → where it stands; one with a plural stands for one without."""
    places: dict[tuple[str, str], set[str]] = {}
    plurals: dict[tuple[str, str], str] = {}
    for message in messages:
        key = (message.context, message.text)
        places.setdefault(key, set()).add(message.place)
        plurals[key] = plurals.get(key) or message.plural
    return {
        Message(text=text, plural=plurals[context, text], context=context): where
        for (context, text), where in places.items()
    }


def _complaints(wanted: Iterable[Message]) -> Iterator[str]:
    """What keeps a reader of English from reading everything."""
    path = ROOT / CATALOGUE
    if not path.exists():
        yield f"{CATALOGUE} does not exist: run `make messages`"
        return
    catalogue = _load()
    known = {(entry.msgctxt or "", entry.msgid): entry for entry in catalogue}
    for message, places in _merged(wanted).items():
        entry = known.pop((message.context, message.text), None)
        if entry is None or entry.obsolete:
            yield f"{min(places)}: not in the catalogue: {message.text!r}"
        else:
            yield from _complaints_about(entry, message=message)
    for _, text in known:
        yield f"{CATALOGUE}: nobody says this any more: {text!r}"
    if _compiled(path) != _translations(catalogue.translated_entries()):
        yield f"{CATALOGUE.with_suffix('.mo')} is not what the catalogue says: run `make messages`"


def _complaints_about(entry: polib.POEntry, *, message: Message) -> Iterator[str]:
    if entry.fuzzy or not entry.translated():
        yield f"{CATALOGUE}: no translation: {entry.msgid!r}"
        return
    if bool(message.plural) != bool(entry.msgid_plural):
        yield f"{CATALOGUE}: singular and plural differ from the code's: {entry.msgid!r}"
    wanted = _placeholders(entry.msgid) | _placeholders(message.plural)
    for text in [entry.msgstr, *entry.msgstr_plural.values()]:
        if text and not _placeholders(text) <= wanted:
            yield f"{CATALOGUE}: a placeholder that is never filled: {text!r}"


def _placeholders(text: str) -> set[str]:
    return {found.group(0) for found in PLACEHOLDER.finditer(text)}


def _translations(catalogue: Iterable[polib.POEntry]) -> dict[tuple[str, str], object]:
    return {
        (entry.msgctxt or "", entry.msgid): entry.msgstr_plural or entry.msgstr
        for entry in catalogue
    }


def _compiled(path: Path) -> dict[tuple[str, str], object]:
    compiled = path.with_suffix(".mo")
    return _translations(polib.mofile(str(compiled))) if compiled.exists() else {}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
