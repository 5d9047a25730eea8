"""The values that really occur in a field with options, and what is sent for each."""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from common import clock
from common.types import RecordType
from crm.catalogue import Item, items_by_key
from crm.occurrences import Occurrences, occurrences
from jobs.execute import sync_user_of
from mapping import settings_drafts
from mapping.checks import path
from mapping.columns import Column
from mapping.converters import ValueRefusedError, is_required
from mapping.mappings import form_of
from mapping.models import Mapping
from mapping.options import Place, places_of
from mapping.problem_texts import describe
from mapping.rules import RulesRefused, source_of, specs_of
from mapping.rulespec import RuleSpec
from mapping.value_tables import Fate, Occurring, judge, with_values

#: More values than these are only counted.
MOST_SHOWN: Final = 500
#: What the page's choices say besides an option, which begins with `OPTION`.
AS_IS, NOTHING, OPTION = "", "nothing", "="

FATES: Final = {
    Fate.REFUSED: {"label": gettext_lazy("選択肢にありません"), "tone": "err", "icon": "cross"},
    Fate.TABLE: {"label": gettext_lazy("変換表"), "tone": "info", "icon": "check"},
    Fate.CONVERTED: {"label": gettext_lazy("表記を変換"), "tone": "plain", "icon": "check"},
    Fate.OPTION: {"label": gettext_lazy("一致"), "tone": "plain", "icon": "check"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One value of the page."""

    value: str
    count: int
    sent: object
    badge: MappingOf[str, object]
    chosen: str
    """What its choice shows: `AS_IS`, `NOTHING`, or an option."""
    is_guess: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The rule that the page is about."""

    rules: Sequence[RuleSpec]
    rule: RuleSpec
    place: Place
    item: Item
    column: Column


@require_http_methods(["GET", "HEAD", "POST"])
def values(request: HttpRequest, pk: int) -> HttpResponse:
    """The values of one rule (`?field=`, a path); a POST writes its value table."""
    registered = get_object_or_404(Mapping.objects.select_related("connection"), pk=pk)
    draft = settings_drafts.draft_of(registered.connection)
    mapping = settings_drafts.as_drafted(registered, draft)
    asked = _asked(mapping, request.GET.get("field", ""))
    if request.method == "POST":
        return _save(request, registered, asked, update_key=mapping.update_key)
    member = sync_user_of(mapping)
    found = occurrences(
        RecordType(mapping.record_type), asked.item, viewer_id=member.pk if member else None
    )
    context = _context(mapping, asked, found) | {
        "draft": draft,
        "keeps_draft": settings_drafts.takes_drafts(registered, draft),
    }
    return render(request, "jobs/values.html", context)


def _asked(mapping: Mapping, field: str) -> _Asked:
    """What the address names.

    Raises:
        Http404: no item fills the field, or it has no options.
    """
    rules = specs_of(mapping)
    rule = next((one for one in rules if path(one) == field), None)
    place = next((one for one in places_of(form_of(mapping)) if one.path == field), None)
    items = items_by_key(RecordType(mapping.record_type))
    if rule is None or place is None or not place.field.options or rule.source not in items:
        raise Http404(field)
    try:
        column = Column.of(rule, target=place.field, kinds=source_of(mapping).kinds)
    except (ValueRefusedError, ValueError) as error:
        raise Http404(field) from error
    return _Asked(rules=rules, rule=rule, place=place, item=items[rule.source], column=column)


def _context(mapping: Mapping, asked: _Asked, found: Occurrences) -> dict[str, object]:
    judged = judge(asked.column, found.counts)
    refused = [one for one in judged if one.fate is Fate.REFUSED]
    return {
        "mapping": mapping,
        "place": asked.place,
        "item": asked.item,
        "lines": [_line(one, asked.rule) for one in judged[:MOST_SHOWN]],
        "others": max(0, len(judged) - MOST_SHOWN),
        "refused": len(refused),
        "refused_rows": sum(one.count for one in refused),
        "total": len(judged),
        "complete": found.complete,
        "choices": [(OPTION + option, option) for option in asked.place.field.options],
        "nothing": "" if is_required(asked.place.field) else NOTHING,
    }


def _line(one: Occurring, rule: RuleSpec) -> _Line:
    said = rule.values.get(one.value)
    chosen = AS_IS if said is None else OPTION + said if said else NOTHING
    return _Line(
        value=one.value,
        count=one.count,
        sent=one.sent,
        badge=FATES[one.fate],
        chosen=OPTION + one.guess if one.guess else chosen,
        is_guess=bool(one.guess),
    )


def _save(
    request: HttpRequest, mapping: Mapping, asked: _Asked, *, update_key: str
) -> HttpResponse:
    given = zip(request.POST.getlist("value"), request.POST.getlist("to"), strict=False)
    chosen = {value: _sent(said) for value, said in given}
    changed = with_values(asked.rule, chosen)
    specs = [changed if one is asked.rule else one for one in asked.rules]
    try:
        saved = settings_drafts.save_or_keep(mapping, specs, update_key=update_key, now=clock.now())
    except RulesRefused as refused:
        text = describe(refused.problems[0])
        messages.error(
            request,
            _("保存していません。%(heading)s：%(body)s")
            % {"heading": text.heading, "body": text.body},
        )
    else:
        if saved.changed and saved.is_draft:
            messages.success(request, _("下書きに保存しました。［登録］を押すまで反映されません。"))
        elif saved.changed:
            messages.success(request, _("値の変換表を保存しました。次の実行から使用します。"))
        else:
            messages.info(request, _("変更はありません。"))
    return redirect(request.get_full_path())


def _sent(said: str) -> str | None:
    """What the value table says for a choice; None: nothing, the value goes as it is."""
    if said == NOTHING:
        return ""
    return said.removeprefix(OPTION) if said.startswith(OPTION) else None
