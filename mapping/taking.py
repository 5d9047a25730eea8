"""Proposals that a person ticked, taken into the draft of the mapping page; nothing is saved."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.http import QueryDict

from integrations.kintone.form import Form
from mapping.checks import path
from mapping.drafts import Draft, paths_of
from mapping.rulespec import RuleSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The draft with what was taken.

    `left` are fields that something else fills already, or whose item went elsewhere meanwhile.
    """

    draft: Draft
    rules: int
    key: bool
    left: tuple[str, ...]


def take(draft: Draft, post: QueryDict, *, form: Form) -> Taken:
    """The draft with the ticked proposals; what was chosen on the page stays as it is."""
    specs = list(draft.specs)
    filled = {path(spec) for spec in specs}
    used = {spec.source for spec in specs if spec.source}
    left = []
    for spec in _ticked(post, form=form):
        if path(spec) in filled or spec.source in used:
            left.append(path(spec))
            continue
        specs.append(spec)
        filled.add(path(spec))
        used |= {spec.source} - {""}
    key = _key(post)
    takes_key = not draft.update_key and key in filled
    return Taken(
        draft=replace(draft, specs=tuple(specs), update_key=key if takes_key else draft.update_key),
        rules=len(specs) - len(draft.specs),
        key=takes_key,
        left=tuple(left),
    )


def _ticked(post: QueryDict, *, form: Form) -> Iterator[RuleSpec]:
    paths = paths_of(form)
    for target in post.getlist("suggest"):
        table, code = paths.get(target, ("", target))
        item = post.get(f"suggest_item:{target}", "")
        template = post.get(f"suggest_template:{target}", "")
        if bool(item) != bool(template):
            yield RuleSpec(field=code, table=table, source=item, template=template)


def _key(post: QueryDict) -> str:
    return post.get("suggest_key", "").removeprefix("key:")
