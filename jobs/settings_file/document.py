"""YAML as a tree that knows the line and the path of every value, and gathers what is wrong."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import yaml
from django.utils.translation import gettext as _

from common.wording import listed

#: Nothing in a settings file lies deeper; an alias that contains itself does.
DEEPEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """One thing that is wrong with the file, worded for a person."""

    message: str
    line: int = 0
    """Counted from 1; 0 if it concerns the whole file."""
    path: str = ""
    """`connections[0].mappings[1].app`."""

    def __str__(self) -> str:
        place = [_("%(line)s行目") % {"line": self.line}] if self.line else []
        place += [self.path] if self.path else []
        return f"{' '.join(place)}: {self.message}" if place else self.message


class SettingsFileError(Exception):
    """The file cannot be applied; nothing was changed. `problems` names every reason."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value of the file: a scalar by its text as written, a list, or named fields."""

    line: int
    path: str
    tag: str = ""
    """What YAML takes a scalar for: `str`, `int`, `bool`, `null` …; "list", "fields"."""
    text: str = ""
    items: tuple["Node", ...] = ()
    fields: Mapping[str, "Node"] = field(default_factory=dict)

    @property
    def is_null(self) -> bool:
        """Whether nothing, `null` or `~` is written."""
        return self.tag == "null"

    def problem(self, message: str) -> FileProblem:
        """What is wrong with this value."""
        return FileProblem(message=message, line=self.line, path=self.path)


def read_document(text: str) -> Node:
    """The file as a tree.

    Raises:
        SettingsFileError: it is no YAML, or names a key twice.
    """
    problems: list[FileProblem] = []
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            raise SettingsFileError([FileProblem(message=_("ファイルが空です。"))])
        tree = _Builder(loader, problems).build(root, path="", depth=0)
    except yaml.YAMLError as error:
        raise SettingsFileError([_yaml_problem(error)]) from error
    if problems:
        raise SettingsFileError(problems)
    return tree


def _yaml_problem(error: yaml.YAMLError) -> FileProblem:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or str(error)
    message = _("YAMLとして読み込めません（%(reason)s）。") % {"reason": reason}
    return FileProblem(message=message, line=mark.line + 1 if mark else 0)


class _Builder:
    def __init__(self, loader: yaml.SafeLoader, problems: list[FileProblem]) -> None:
        self._loader = loader
        self._problems = problems
        self._checked: set[int] = set()

    def build(self, node: yaml.Node, *, path: str, depth: int) -> Node:
        line = node.start_mark.line + 1
        if depth > DEEPEST:
            problem = FileProblem(message=_("入れ子が深すぎます。"), line=line, path=path)
            raise SettingsFileError([problem])
        if isinstance(node, yaml.SequenceNode):
            items = tuple(
                self.build(item, path=f"{path}[{index}]", depth=depth + 1)
                for index, item in enumerate(node.value)
            )
            return Node(line=line, path=path, tag="list", items=items)
        if isinstance(node, yaml.MappingNode):
            return self._build_fields(node, path=path, depth=depth)
        return Node(line=line, path=path, tag=node.tag.rpartition(":")[2], text=node.value)

    def _build_fields(self, node: yaml.MappingNode, *, path: str, depth: int) -> Node:
        self._refuse_repetition(node, path=path)
        # What `<<` brings in comes first, so that the mapping's own fields win.
        self._loader.flatten_mapping(node)
        fields: dict[str, Node] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            inner = f"{path}.{key}" if path else key
            fields[key] = self.build(value_node, path=inner, depth=depth + 1)
        return Node(line=node.start_mark.line + 1, path=path, tag="fields", fields=fields)

    def _refuse_repetition(self, node: yaml.MappingNode, *, path: str) -> None:
        if id(node) in self._checked:  # an alias: flattened already
            return
        self._checked.add(id(node))
        seen: set[str] = set()
        for key_node, _value in node.value:
            key = str(key_node.value)
            if key in seen:
                message = _("「%(key)s」が2回書かれています。") % {"key": key}
                line = key_node.start_mark.line + 1
                inner = f"{path}.{key}" if path else key
                self._problems.append(FileProblem(message=message, line=line, path=inner))
            seen.add(key)


class Reader:
    """Takes typed values out of nodes and gathers what is wrong, to be told all at once."""

    def __init__(self) -> None:
        self.problems: list[FileProblem] = []

    def refuse(self, node: Node, message: str) -> None:
        """Gather one problem."""
        self.problems.append(node.problem(message))

    def fields(
        self, node: Node, *, known: Collection[str], required: Collection[str] = ()
    ) -> Mapping[str, Node]:
        """The node's fields; unknown and missing ones are refused."""
        if node.tag != "fields":
            self.refuse(node, _("「名前: 値」の形で書いてください。"))
            return {}
        for key, value in node.fields.items():
            if key not in known:
                self.refuse(value, _unknown(key, known))
        for key in required:
            if key not in node.fields:
                self.refuse(node, _("「%(key)s」を書いてください。") % {"key": key})
        return node.fields

    def any_fields(self, node: Node) -> Mapping[str, Node]:
        """The node's fields, whatever they are called; nothing written is no field."""
        return {} if node.is_null else self.fields(node, known=node.fields)

    def items(self, node: Node) -> tuple[Node, ...]:
        """The list's items; nothing written is an empty list."""
        if node.tag != "list" and not node.is_null:
            self.refuse(node, _("「- 値」を並べた一覧で書いてください。"))
        return node.items

    def text(self, node: Node, *, max_length: int | None = None, blank: bool = False) -> str:
        """A scalar as it is written: `no` and `007` stay themselves."""
        if node.tag in {"list", "fields"}:
            self.refuse(node, _("文字列を書いてください。"))
            return ""
        text = "" if node.is_null else node.text
        if not text.strip() and not blank:
            self.refuse(node, _("値を書いてください。"))
        if max_length is not None and len(text) > max_length:
            self.refuse(node, _("%(limit)s文字以内で書いてください。") % {"limit": max_length})
        return text

    def choice(self, node: Node, choices: Collection[str]) -> str:
        """One of `choices`; the first of them where it is none."""
        text = self.text(node)
        if text and text not in choices:
            self.refuse(node, _not_one_of(text, choices))
        return text if text in choices else next(iter(choices))

    def positive(self, node: Node) -> int:
        """A whole number from 1 on."""
        if node.tag == "int" and node.text.isdecimal() and 1 <= int(node.text) < 2**63:
            return int(node.text)
        self.refuse(node, _("1以上の整数を書いてください。"))
        return 1

    def flag(self, node: Node) -> bool:
        """`true` or `false`."""
        if node.tag != "bool":
            self.refuse(node, _("true または false を書いてください。"))
        return node.text.lower() in {"true", "yes", "on"}


def _unknown(given: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(given, known, n=1)
    if not close:
        return _not_one_of(given, known)
    return _("「%(given)s」は使えません。「%(close)s」ではありませんか。") % {
        "given": given,
        "close": close[0],
    }


def _not_one_of(given: str, known: Collection[str]) -> str:
    return _("「%(given)s」は使えません。使えるのは%(known)sです。") % {
        "given": given,
        "known": listed(known),
    }
