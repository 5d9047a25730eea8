"""通知: who is told of alerts, and how; mails are tested here."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common import clock
from integrations.models import Connection
from jobs.notices import carrying, plans
from jobs.notices.origins import origin_of, with_stored_plan
from jobs.notices.texts import trial_text
from jobs.notices.wire import DeliveryError
from jobs.notices.words import Described, describe
from jobs.pages.forms_notices import PlanForm
from jobs.pages.select_notices import key_of, panel_of, panels
from pulls.models import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a テスト送信."""

    key: str
    """Of whose way it was."""
    name: str
    said: str = ""
    problem: Described | None = None


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Every connection and the tenant, with all that tells somebody and how it is."""
    return show(request)


def show(request: HttpRequest, *, tried: Tried | None = None) -> HttpResponse:
    """The page, with what came of a test."""
    now = clock.now()
    return render(request, "jobs/notices.html", {"panels": panels(now=now), "tried": tried})


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """To whom mails go, and when notices wait."""
    thing = origin_thing(pk)
    origin = origin_of(thing)
    form = PlanForm(request.POST if request.method == "POST" else None, origin=origin)
    if form.is_bound and form.is_valid():
        notify = form.cleaned_data["notify"]
        plans.save_plan(thing, form.values, notify=notify, now=clock.now())
        messages.success(request, _("通知の設定を保存しました。"))
        return redirect("jobs:notices")
    status = 422 if form.is_bound else 200
    panel = panel_of(thing, now=clock.now())
    return render(request, "jobs/notice_plan.html", {"form": form, "panel": panel}, status=status)


@require_POST
def try_mail(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A mail to everybody who gets any, by the way that alerts go."""
    origin = with_stored_plan(origin_thing(pk))
    key, name = key_of(origin), _("メール")
    recipients = origin.all_addresses
    if not recipients:
        messages.info(request, _("宛先がありません。先に通知先メールアドレスを入力してください。"))
        return redirect("jobs:notices")
    now = clock.now()
    try:
        with carrying.in_our_language():
            texts = [trial_text(origin.name, now=now)]
            carrying.by_mail(texts, plan=origin.plan, recipients=recipients, now=now)
    except DeliveryError as error:
        return show(request, tried=Tried(key=key, name=name, problem=describe(error.problem)))
    said = _("宛先：%(addresses)s") % {"addresses": ", ".join(recipients)}
    return show(request, tried=Tried(key=key, name=name, said=said))


@require_POST
def mail_again(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """もう一度送信: what was given up is tried with the next tick."""
    say_again(request, plans.send_again(origin_of(origin_thing(pk)).plan, None, now=clock.now()))
    return redirect("jobs:notices")


def say_again(request: HttpRequest, number: int) -> None:
    """Tell how many are tried again."""
    text = ngettext(
        "%(number)s件の通知を、1分以内にもう一度送信します。",
        "%(number)s件の通知を、1分以内にもう一度送信します。",
        number,
    )
    messages.success(request, text % {"number": f"{number:,}"})


def origin_thing(pk: int | None) -> Connection | Tenant:
    """The connection of that number; with none, the tenant."""
    return get_object_or_404(Tenant) if pk is None else get_object_or_404(Connection, pk=pk)
