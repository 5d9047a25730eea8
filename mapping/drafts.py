"""What was chosen on the mapping page, as rules; nothing of it is saved yet."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from django.http import QueryDict

from common.problems import Problem
from integrations.kintone.form import Form
from mapping.checks import path
from mapping.rulespec import RuleSpec, WhenEmpty

#: What the page says of a table whose rows are to be kept.
KEEP_ROWS: Final = "keep"
#: What stands between source value and sent value in a line of a value table; all are understood.
ARROW: Final = " → "
_ARROWS: Final = re.compile(r"\s*(?:→|⇒|=>|->|\t)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The rules and the update key as chosen; `problems` are inputs that could not be read."""

    specs: tuple[RuleSpec, ...]
    update_key: str
    problems: tuple[Problem, ...] = ()
    value_texts: Mapping[str, str] = field(default_factory=dict)
    """Item key → its value table as typed."""

    @property
    def by_item(self) -> dict[str, RuleSpec]:
        """Item key → the rule that it fills a field by."""
        return {spec.source: spec for spec in self.specs if spec.source}

    @property
    def others(self) -> tuple[RuleSpec, ...]:
        """The rules that no single item fills: templates and fixed values."""
        return tuple(spec for spec in self.specs if not spec.source)


def stored_draft(specs: Sequence[RuleSpec], *, update_key: str) -> Draft:
    """The rules as they are saved."""
    return Draft(specs=tuple(specs), update_key=update_key)


def chosen_draft(post: QueryDict, *, stored: Draft, form: Form) -> Draft:
    """The stored rules with what the form on the page says instead.

    The page may show some of the items only; the others keep their rules.
    """
    paths = paths_of(form)
    shown = [key for key in post.getlist("item") if key]
    by_item = stored.by_item
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    specs = [spec for item, spec in by_item.items() if item not in shown]
    for item in shown:
        target = post.get(f"to:{item}", "")
        if not target:
            continue
        table, code = paths.get(target, ("", target))
        values = _values(post, item=item, problems=problems, texts=texts, field_path=target)
        specs.append(
            RuleSpec(
                field=code,
                table=table,
                source=item,
                values=by_item[item].values if values is None and item in by_item else values or {},
                empty=_when_empty(post, item=item, before=by_item.get(item)),
                empty_value=_empty_value(post, item=item, before=by_item.get(item)),
                keep_rows=bool(table) and _keep_rows(post, item=item, before=by_item.get(item)),
            )
        )
    return Draft(
        specs=(*specs, *_others(post, stored=stored, paths=paths)),
        update_key=_update_key(post, stored=stored, specs=specs, shown=shown),
        problems=tuple(problems),
        value_texts=texts,
    )


def value_table_text(values: Mapping[str, str]) -> str:
    """The value table as a person edits it: one pair a line."""
    return "\n".join(f"{before}{ARROW}{after}" for before, after in values.items())


def _values(
    post: QueryDict, *, item: str, problems: list[Problem], texts: dict[str, str], field_path: str
) -> dict[str, str] | None:
    """The value table of the item as typed; None where the page showed none."""
    text = post.get(f"values:{item}")
    if text is None:
        return None
    texts[item] = text
    values = {}
    for line in filter(str.strip, text.splitlines()):
        parts = _ARROWS.split(line.strip(), maxsplit=1)
        if len(parts) == 2:
            values[parts[0]] = parts[1]
        else:
            problems.append(
                Problem(code="value_table_unreadable", item=item, field=field_path, value=line)
            )
    return values


def _when_empty(post: QueryDict, *, item: str, before: RuleSpec | None) -> WhenEmpty:
    said = post.get(f"empty:{item}")
    if said in WhenEmpty.__members__.values():
        return WhenEmpty(str(said))
    return before.empty if before else WhenEmpty.CLEAR


def _empty_value(post: QueryDict, *, item: str, before: RuleSpec | None) -> str:
    if _when_empty(post, item=item, before=before) is not WhenEmpty.FIXED:
        return ""
    return str(post.get(f"empty_value:{item}", before.empty_value if before else ""))


def _keep_rows(post: QueryDict, *, item: str, before: RuleSpec | None) -> bool:
    said = post.get(f"rows:{item}")
    return said == KEEP_ROWS if said is not None else before is not None and before.keep_rows


def _others(
    post: QueryDict, *, stored: Draft, paths: Mapping[str, tuple[str, str]]
) -> list[RuleSpec]:
    """Templates and fixed values: those on the page as typed, an emptied one removed."""
    shown = post.getlist("other")
    before = {path(spec): spec for spec in stored.others}
    specs = [spec for target, spec in before.items() if target not in shown]
    for target in shown:
        text = post.get(f"other_text:{target}", "").strip()
        if text:
            specs.append(
                _with_text(
                    before.get(target) or _blank(target, paths=paths),
                    text=text,
                    is_template=post.get(f"other_kind:{target}") == "template",
                )
            )
    target, text = post.get("new_field", ""), post.get("new_text", "").strip()
    if target and text:
        is_template = post.get("new_kind") == "template"
        specs.append(_with_text(_blank(target, paths=paths), text=text, is_template=is_template))
    return specs


def _blank(target: str, *, paths: Mapping[str, tuple[str, str]]) -> RuleSpec:
    table, code = paths.get(target, ("", target))
    return RuleSpec(field=code, table=table)


def _with_text(spec: RuleSpec, *, text: str, is_template: bool) -> RuleSpec:
    if is_template:
        return replace(spec, template=text, fixed="")
    return replace(spec, fixed=text, template="")


def _update_key(
    post: QueryDict, *, stored: Draft, specs: Sequence[RuleSpec], shown: Sequence[str]
) -> str:
    """The field of the row whose radio is set; the stored key while its row is not on the page."""
    item = post.get("key")
    if item:
        return next((path(spec) for spec in specs if spec.source == item), "")
    holder = next((spec for spec in stored.specs if path(spec) == stored.update_key), None)
    return "" if holder is not None and holder.source in shown else stored.update_key


def paths_of(form: Form) -> dict[str, tuple[str, str]]:
    """Each field as the page names it (`CODE`, `TABLE.COLUMN`) → its table, its code."""
    columns = {
        f"{table.code}.{code}": (table.code, code)
        for table in form.fields.values()
        for code in table.columns
    }
    return columns | {code: ("", code) for code in form.fields}
