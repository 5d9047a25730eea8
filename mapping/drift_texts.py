"""A mapping's drift as pages and mails show it: what changed, what it does, what one click does."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from common.wording import one_after_another
from mapping.accepting import acceptable_together, stamp_of
from mapping.drift import Drift, Effect, Remedy
from mapping.mappings import drift_of
from mapping.models import Mapping
from mapping.problem_texts import ProblemText, describe


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftLine:
    """One thing that is not as it was, and what accepting it does."""

    text: ProblemText
    proposal: str
    """"" where nothing is proposed."""
    id: str
    accept_label: str
    """What the button says that accepts it and nothing else; "" where there is none."""
    consequence: str
    """What follows on that button alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftView:
    """All of a mapping."""

    lines: Sequence[DriftLine]
    summary: str
    """What goes on and what does not."""
    stamp: str
    accept_label: str
    """What the button says; "" where there is nothing that a click could settle."""
    consequence: str
    """What follows on the click, beside the proposals."""
    tone: str
    icon: str


def drift_view(mapping: Mapping) -> DriftView | None:
    """What a page shows; None where everything is as the rules were made on."""
    found = drift_of(mapping)
    if not found:
        return None
    only_records = all(one.effect is Effect.RECORDS for one in found)
    return DriftView(
        lines=_lines(found),
        summary=summary(found),
        stamp=stamp_of(mapping),
        accept_label=_accept_label(found),
        consequence=_consequence(found),
        tone="warn" if only_records else "err",
        icon="triangle" if only_records else "cross",
    )


def _lines(found: Sequence[Drift]) -> list[DriftLine]:
    """One for each; those that could be accepted alone, if there are several, have a button."""
    parts = acceptable_together(found)
    part_of = {part[0].id: part for part in parts} if len(parts) > 1 else {}
    return [_line(one, part_of.get(one.id, ())) for one in found]


def _line(drift: Drift, part: Sequence[Drift]) -> DriftLine:
    return DriftLine(
        text=describe(drift.problem),
        proposal=_proposal(drift),
        id=drift.id,
        accept_label=_accept_alone(part) if part else "",
        consequence=one_after_another(
            [
                _("同じフィールドのほかの変更も、いっしょに確認済みになります。")
                if len(part) > 1
                else "",
                _("連携済みのデータをすべて送り直します。") if any(map(_sends_again, part)) else "",
            ]
        ),
    )


def _accept_alone(part: Sequence[Drift]) -> str:
    return (
        _("この提案だけ変更") if any(one.proposal for one in part) else _("これだけ確認済みにする")
    )


def summary(found: Sequence[Drift]) -> str:
    """What goes on and what does not."""
    effects = {one.effect for one in found}
    if Effect.STOPS in effects:
        return _("更新キーに問題があるため、この連携を止めています。")
    if Effect.LEFT_OUT in effects:
        return _("一部のフィールドの連携だけを止めています。ほかのフィールドの連携は続いています。")
    return _("連携は続いています。変更に合わないデータは、エラーになります。")


def as_sentences(found: Sequence[Drift]) -> list[str]:
    """One line for each, for mails."""
    texts = [describe(one.problem) for one in found]
    return [
        _("%(heading)s：%(body)s") % {"heading": text.heading, "body": text.body} for text in texts
    ]


def _proposal(drift: Drift) -> str:
    proposal = drift.proposal
    if proposal is None:
        return ""
    if proposal.remedy is Remedy.REPOINT:
        return _("連携先を「%(field)s」に変更します。") % {"field": proposal.to}
    if proposal.remedy is Remedy.REPLACE:
        return _("値の変換表で、変更前の選択肢を変更後の選択肢に置き換えます。")
    if proposal.remedy is Remedy.RESEND:
        return _("このフィールドの値を、次回の実行で送り直します。")
    return _("更新キーの値を確認済みとして、連携を再開します。")


def _accept_label(found: Sequence[Drift]) -> str:
    if len(acceptable_together(found)) > 1:
        return (
            _("すべて提案どおりに変更")
            if any(one.proposal for one in found)
            else _("すべて確認済みにする")
        )
    if any(one.proposal for one in found):
        return _("提案どおりに変更")
    return _("確認済みにする") if any(one.can_be_accepted for one in found) else ""


def _consequence(found: Sequence[Drift]) -> str:
    accepted = [one for one in found if one.can_be_accepted]
    told = []
    if any(_sends_again(one) for one in accepted):
        told.append(_("変更すると、次回の実行で連携済みのデータをすべて送り直します。"))
    proposed = [one for one in accepted if one.proposal]
    if proposed and len(proposed) < len(accepted):
        told.append(_("連携を続けているものは、確認済みになります。"))
    if accepted and len(accepted) < len(found):
        told.append(_("提案のないものは、項目のマッピングで連携先を選択し直してください。"))
    return one_after_another(told)


def _sends_again(drift: Drift) -> bool:
    resends = drift.proposal is not None and drift.proposal.remedy is Remedy.RESEND
    return resends or drift.effect is Effect.LEFT_OUT
