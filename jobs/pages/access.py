"""アクセス権限のモード: by what leads are open to members, with what the sync users would see."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from common.types import RecordType
from crm import access
from crm.models import AccessMode, Lead, Member
from crm.visibility import visible_to
from jobs.execute import sync_user_of
from mapping.models import Mapping


class AccessForm(forms.Form):
    """The mode that shall be in force."""

    mode = forms.ChoiceField(
        label=gettext_lazy("アクセス権限のモード"),
        choices=AccessMode.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("モードを選択してください。")},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SightOfMember:
    """How many leads one sync user sees in either mode."""

    member: Member
    groups: int
    sections: int


@require_http_methods(["GET", "HEAD", "POST"])
def access_mode(request: HttpRequest) -> HttpResponse:
    """The mode and what either would mean; a POST chooses."""
    now = access.mode()
    form = AccessForm(request.POST or None, initial={"mode": now})
    if request.method == "POST" and form.is_valid():
        chosen = AccessMode(form.cleaned_data["mode"])
        access.choose(chosen)
        messages.success(request, _("%s にしました。") % f"「{chosen.label}」")
        return redirect("jobs:access-mode")
    context = {"form": form, "mode": now, "sights": _sights()}
    return render(request, "jobs/access.html", context, status=422 if form.errors else 200)


def _sights() -> list[SightOfMember]:
    """The sync users of what sends leads, each once, by name."""
    mappings = Mapping.objects.filter(record_type=RecordType.LEAD).select_related("connection")
    found = {
        member.pk: member
        for mapping in mappings.defer("form", "made_on")
        if (member := sync_user_of(mapping))
    }
    return [
        SightOfMember(
            member=member,
            groups=_count(member, AccessMode.GROUPS),
            sections=_count(member, AccessMode.SECTIONS),
        )
        for member in sorted(found.values(), key=lambda one: (one.name, one.pk))
    ]


def _count(member: Member, mode: AccessMode) -> int:
    return Lead.objects.filter(visible_to(member.pk, mode=mode)).count()
