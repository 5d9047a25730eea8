"""変更の確認: what a draft changes, before it is registered; and the page that discards it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.models import Entry
from common import clock
from common.wording import one_after_another
from history import effects
from history.diffs import Difference, differences
from history.words import Row, Words, secret_name
from integrations.models import Connection
from jobs import registering
from jobs.pages.facts import Facts, facts_of, number_asked_for
from jobs.registering import CannotRegisterError, Proposal
from mapping import settings_drafts
from mapping.models import Mapping, SettingsDraft
from mapping.settings_drafts import DraftChange

#: What a person says of a conflict: the draft is right, or what somebody else registered.
DRAFT, LIVE = "draft", "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One value that changes."""

    rows: Sequence[Row]
    effect: str
    conflict: str = ""
    """What its choice is called; "" where nobody else changed it."""
    formerly: str = ""
    """What was registered when the draft began, of a conflict."""
    chosen: str = ""
    lacks_choice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """A mapping that will act differently."""

    facts: Facts
    next_run: str


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, pk: int) -> HttpResponse:
    """What would change; done when that was confirmed."""
    connection = get_object_or_404(Connection, pk=pk)
    draft = settings_drafts.draft_of(connection)
    if draft is None:
        messages.info(request, _("登録していない下書きはありません。"))
        return redirect("jobs:settings")
    refused, status, lacking = "", 200, False
    if request.method == "POST":
        proposal = registering.propose(draft)
        left = [one.change.path for one in proposal.conflicts if request.POST.get(one.name) == LIVE]
        lacking = any(request.POST.get(one.name) not in (DRAFT, LIVE) for one in proposal.conflicts)
        try:
            if not lacking:
                stamp = request.POST.get("stamp", "")
                registering.register(draft, stamp=stamp, left=left, now=clock.now())
                messages.success(
                    request, _("下書きを登録しました。次の実行から新しい設定で連携します。")
                )
                return _back(draft)
        except CannotRegisterError as error:
            refused, status = str(error), 409
        else:
            status = 422
        draft = settings_drafts.draft_of(connection)
        if draft is None:
            messages.info(request, _("下書きは、すでに登録または破棄されています。"))
            return redirect("jobs:settings")
    return _page(request, connection, draft, refused=refused, lacking=lacking, status=status)


def _back(draft: SettingsDraft) -> HttpResponse:
    """Where somebody goes on who has registered it."""
    mapping = Mapping.objects.filter(pk=draft.at_mapping or 0).first()
    return redirect("jobs:trial", mapping.pk) if mapping else redirect("jobs:settings")


def _page(
    request: HttpRequest,
    connection: Connection,
    draft: SettingsDraft,
    *,
    refused: str,
    lacking: bool,
    status: int,
) -> HttpResponse:
    now = clock.now()
    proposal = registering.propose(draft)
    lines = _lines(proposal, request, lacking=lacking)
    context = {
        "connection": connection,
        "draft": draft,
        "proposal": proposal,
        "lines": lines,
        "secrets_moved": [secret_name(name) for name in proposal.secrets_moved],
        "targets": _targets(request, connection, draft, proposal),
        "refused": refused,
        "lacking": lacking,
        "impossible": "" if refused else registering.refusal(proposal, now=now),
    }
    return render(request, "history/register.html", context, status=status)


def _lines(proposal: Proposal, request: HttpRequest, *, lacking: bool) -> list[_Line]:
    target = settings_drafts.applied(proposal.present, proposal.changes)
    words = Words(Entry(area="connection", before=proposal.present, after=target))
    conflicts = {one.change.path: one for one in proposal.conflicts}
    lines = []
    for change in proposal.changes:
        conflict = conflicts.get(change.path)
        chosen = request.POST.get(conflict.name, "") if conflict else ""
        lines.append(
            _Line(
                rows=words.rows_of(_differences(change)),
                effect=effects.effect_of(change),
                conflict=conflict.name if conflict else "",
                formerly=_formerly(words, conflict.change) if conflict else "",
                chosen=chosen,
                lacks_choice=bool(conflict) and lacking and chosen not in (DRAFT, LIVE),
            )
        )
    return lines + _secret_lines(proposal)


def _secret_lines(proposal: Proposal) -> list[_Line]:
    hidden = _("（表示できません）")
    changed = one_after_another([_("変更あり"), hidden])
    return [
        _Line(
            rows=[
                Row(
                    label=secret_name(name),
                    before=_("設定済み") if before else _("（なし）"),
                    after=changed if after else _("（なし）"),
                    is_secret=True,
                )
            ],
            effect=effects.effect_of_secret(),
        )
        for name, (before, after) in proposal.secrets.items()
    ]


def _differences(change: DraftChange) -> list[Difference]:
    """The change as the history tells it: a rule's value table entry by entry."""
    return differences(_alone(change, change.before), _alone(change, change.after))


def _alone(change: DraftChange, value: object) -> dict[str, object]:
    """A document that says this one value."""
    if not change.mapping:
        return {change.path[0]: value}
    said: dict[str, object] = {change.path[2]: value}
    if change.path[2] == "rules":
        said = {"rules": {} if value is None else {change.path[3]: value}}
    return {"mappings": {change.mapping: said}}


def _formerly(words: Words, change: DraftChange) -> str:
    path = change.path
    if path[-2:-1] == ("rules",):
        told = words.rows_of(differences(_alone(change, None), _alone(change, change.before)))
        return " ".join(row.after for row in told) or _("（なし）")
    return words.value(path, change.before)


def _targets(
    request: HttpRequest, connection: Connection, draft: SettingsDraft, proposal: Proposal
) -> list[_Target]:
    mappings = Mapping.objects.select_related("connection").filter(connection=connection)
    concerned = registering.affected(proposal)
    targets = []
    for mapping in mappings.order_by("pk"):
        if str(mapping.pk) in concerned:
            drafted = settings_drafts.as_drafted(mapping, draft)
            counted = number_asked_for(request, drafted)
            targets.append(
                _Target(
                    facts=facts_of(drafted, draft=draft, counted=counted),
                    next_run=effects.next_run(proposal, str(mapping.pk)),
                )
            )
    return targets


@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """What would be lost; the draft is gone when that was confirmed."""
    connection = get_object_or_404(Connection, pk=pk)
    draft = settings_drafts.draft_of(connection)
    if draft is None:
        messages.info(request, _("登録していない下書きはありません。"))
        return redirect("jobs:settings")
    if request.method == "POST":
        if request.POST.get("version") == str(draft.version):
            settings_drafts.discard(draft)
            messages.success(request, _("下書きを破棄しました。登録済みの設定はそのままです。"))
            return _back(draft)
        messages.warning(
            request, _("表示した後に下書きが変わりました。現在の内容を確認してください。")
        )
    proposal = registering.propose(draft)
    lines = _lines(proposal, request, lacking=False)
    context = {
        "connection": connection,
        "draft": draft,
        "rows": [row for line in lines for row in line.rows],
    }
    return render(request, "history/discard.html", context)
