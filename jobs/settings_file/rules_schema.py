"""The rules of a mapping in the settings file, in all their forms (design.md §8)."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from jobs.settings_file.document import Node, Reader
from jobs.settings_file.specs import RuleEntry
from mapping.rulespec import RuleSpec, WhenEmpty

#: Longest value that the database holds for these.
LONGEST_FIXED = 3000
LONGEST_TEMPLATE = 500


def read_rules(node: Node, reader: Reader) -> Mapping[str, RuleEntry]:
    """The rules by field code, of a table's column by `TABLE.COLUMN`."""
    entries = {}
    for code, value in reader.any_fields(node).items():
        if len(code) > 128:
            reader.refuse(value, _("%(limit)s文字以内で書いてください。") % {"limit": 128})
        spec = _rule(code, value, reader)
        entries[name_of(spec)] = RuleEntry(node=value, spec=spec)
    return entries


def name_of(spec: RuleSpec) -> str:
    """What a rule is known by."""
    return f"{spec.table}.{spec.field}" if spec.table else spec.field


def _rule(code: str, node: Node, reader: Reader) -> RuleSpec:
    if node.tag != "fields":
        return RuleSpec(field=code, source=reader.text(node, max_length=128))
    known = ("source", "template", "fixed", "values", "empty", "table", "keep_rows")
    fields = reader.fields(node, known=known)
    get = fields.get
    if sum(origin in fields for origin in ("source", "template", "fixed")) != 1:
        message = _("source、template、fixed のうち1つだけを書いてください。")
        reader.refuse(node, message)
    empty, empty_value = _empty(get("empty"), reader)
    keep_rows = get("keep_rows")
    source, template, fixed, table = get("source"), get("template"), get("fixed"), get("table")
    return RuleSpec(
        field=code,
        table=reader.text(table, max_length=128) if table and not table.is_null else "",
        source=reader.text(source, max_length=128) if source else "",
        template=reader.text(template, max_length=LONGEST_TEMPLATE) if template else "",
        fixed=reader.text(fixed, max_length=LONGEST_FIXED) if fixed else "",
        values=_values(get("values"), reader),
        empty=empty,
        empty_value=empty_value,
        keep_rows=reader.flag(keep_rows) if keep_rows else False,
    )


def _values(node: Node | None, reader: Reader) -> dict[str, str]:
    if node is None:
        return {}
    return {
        given: reader.text(sent, max_length=LONGEST_FIXED, blank=True)
        for given, sent in reader.any_fields(node).items()
    }


def _empty(node: Node | None, reader: Reader) -> tuple[WhenEmpty, str]:
    """`clear`, `keep`, or a value; a value that reads like one of them as `{fixed: keep}`."""
    if node is None or node.is_null:
        return WhenEmpty.CLEAR, ""
    if node.tag == "fields":
        fixed = reader.fields(node, known=("fixed",), required=("fixed",)).get("fixed")
        text = reader.text(fixed, max_length=LONGEST_FIXED, blank=True) if fixed else ""
        return WhenEmpty.FIXED, text
    text = reader.text(node, max_length=LONGEST_FIXED)
    if text in {WhenEmpty.CLEAR, WhenEmpty.KEEP}:
        return WhenEmpty(text), ""
    return WhenEmpty.FIXED, text
