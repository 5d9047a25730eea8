"""kintone's query language (a subset) as a tree of conditions.

Known: = != > < >= <= in, not in, like, not like, is (not) empty, and, or, brackets, order by,
limit, offset; of the functions TODAY(), NOW(), LOGINUSER().
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from sandbox.errors import ApiError, bad_input

FUNCTIONS = frozenset({"TODAY", "NOW", "LOGINUSER"})
MOST_RECORDS = 500
FARTHEST_OFFSET = 10_000

_TOKEN = re.compile(
    r"""[\s\u3000]*(?:
        (?P<string>"(?:\\["\\ntr]|[^"\\\x00-\x1f])*")
      | (?P<symbol><=|>=|!=|=|<|>|\(|\)|,)
      | (?P<word>[^\s\u3000"=<>!(),]+)
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_COMPARISONS = frozenset({"=", "!=", "<", ">", "<=", ">="})


class Token(NamedTuple):
    """A piece of a query; `kind` is string, symbol or word."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; a function stands among the values as `NAME()`."""

    field: str
    operator: str
    values: tuple[str, ...]
    functions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Junction:
    """Several conditions of which all (`and`) or any (`or`) must hold."""

    every: bool
    parts: tuple["Condition | Junction", ...]


Tree = Condition | Junction


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parsed query; `order` are (field, descending)."""

    where: Tree | None
    order: tuple[tuple[str, bool], ...]
    limit: int = 100
    offset: int = 0


def parse_query(text: str) -> Query:
    """The query that `text` says.

    Raises:
        ApiError: CB_VA01 (query) where it is no query; GAIA_QU01, QU02 beyond the limits;
            GAIA_IQ10 for a function that is not known.
    """
    return _Parser(_tokens(text)).query()


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    position, end = 0, len(text.rstrip(" \t\r\n\u3000"))
    while position < end:
        found = _TOKEN.match(text, position)
        if not found or not found.lastgroup:
            raise bad_input("query", "bad_query")
        tokens.append(Token(found.lastgroup, found[found.lastgroup]))
        position = found.end()
    return tokens


def _unquote(literal: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), literal[1:-1])


class _Parser:
    """Recursive descent over the tokens; every step raises where the text is not as expected."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Query:
        starts_with_option = self._peek_word() in {"order", "limit", "offset"} and not (
            self._at + 1 < len(self._tokens) and self._tokens[self._at + 1].text in _COMPARISONS
        )
        where = None if starts_with_option or not self._tokens else self._any_of()
        order = self._order() if self._take_word("order") else ()
        limit = self._number() if self._take_word("limit") else 100
        offset = self._number() if self._take_word("offset") else 0
        if self._at != len(self._tokens):
            raise bad_input("query", "bad_query")
        if limit > MOST_RECORDS:
            raise ApiError("GAIA_QU01")
        if offset > FARTHEST_OFFSET:
            raise ApiError("GAIA_QU02")
        return Query(where=where, order=order, limit=limit, offset=offset)

    def _any_of(self) -> Tree:
        parts = [self._all_of()]
        while self._take_word("or"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Junction(every=False, parts=tuple(parts))

    def _all_of(self) -> Tree:
        parts = [self._one()]
        while self._take_word("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Junction(every=True, parts=tuple(parts))

    def _one(self) -> Tree:
        if self._take_symbol("("):
            inner = self._any_of()
            self._expect(")")
            return inner
        field = self._word()
        operator = self._operator()
        if operator in {"is empty", "is not empty"}:
            return Condition(field, operator, ())
        values, functions = self._values(several=operator in {"in", "not in"})
        return Condition(field, operator, values, functions)

    def _operator(self) -> str:
        token = self._next()
        word = token.text.lower()
        if token.text in _COMPARISONS or word in {"in", "like"}:
            return word
        following = self._word().lower()
        if word == "not" and following in {"in", "like"}:
            return f"not {following}"
        if word == "is" and following == "not" and self._word().lower() == "empty":
            return "is not empty"
        if word == "is" and following == "empty":
            return "is empty"
        raise bad_input("query", "bad_query")

    def _values(self, *, several: bool) -> tuple[tuple[str, ...], frozenset[str]]:
        if not several:
            value, is_function = self._value()
            return (value,), frozenset({value} if is_function else ())
        self._expect("(")
        read = [self._value()]
        while self._take_symbol(","):
            read.append(self._value())
        self._expect(")")
        return (
            tuple(value for value, _ in read),
            frozenset(value for value, is_function in read if is_function),
        )

    def _value(self) -> tuple[str, bool]:
        token = self._next()
        if token.kind == "string":
            return _unquote(token.text), False
        if token.kind != "word":
            raise bad_input("query", "bad_query")
        if self._take_symbol("("):
            self._expect(")")
            if token.text not in FUNCTIONS:
                raise ApiError("GAIA_IQ10", function=f"{token.text}()")
            return token.text, True
        if not re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", token.text):
            raise bad_input("query", "bad_query")
        return token.text, False

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if not self._take_word("by"):
            raise bad_input("query", "bad_query")
        order = [self._ordering()]
        while self._take_symbol(","):
            order.append(self._ordering())
        return tuple(order)

    def _ordering(self) -> tuple[str, bool]:
        field = self._word()
        if self._take_word("asc"):
            return field, False
        self._take_word("desc")
        return field, True

    def _number(self) -> int:
        word = self._word()
        if not (word.isascii() and word.isdecimal()):
            raise bad_input("query", "bad_query")
        return int(word)

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            raise bad_input("query", "bad_query")
        self._at += 1
        return self._tokens[self._at - 1]

    def _word(self) -> str:
        token = self._next()
        if token.kind != "word":
            raise bad_input("query", "bad_query")
        return token.text

    def _peek_word(self) -> str:
        token = self._tokens[self._at] if self._at < len(self._tokens) else Token("", "")
        return token.text.lower() if token.kind == "word" else ""

    def _take_word(self, word: str) -> bool:
        found = self._peek_word() == word
        self._at += found
        return found

    def _take_symbol(self, symbol: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == Token("symbol", symbol)
        self._at += found
        return found

    def _expect(self, symbol: str) -> None:
        if not self._take_symbol(symbol):
            raise bad_input("query", "bad_query")
