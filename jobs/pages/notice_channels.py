"""The pages of one channel: add, change, test, delete."""

from copy import copy
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from common import clock
from jobs.notices import carrying, plans
from jobs.notices.models import NoticeChannel
from jobs.notices.origins import Origin, origin_of, origin_of_plan, with_stored_plan
from jobs.notices.states import ChannelKind
from jobs.notices.texts import trial_text
from jobs.notices.wire import DeliveryError
from jobs.notices.words import describe
from jobs.pages.forms_notices import ChannelForm
from jobs.pages.notices import Tried, origin_thing, say_again, show
from jobs.pages.select_notices import address_of, key_of


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Which kind first, then its form."""
    thing = origin_thing(pk)
    origin = origin_of(thing)
    kind = request.GET.get("kind", "")
    if kind not in ChannelKind.values:
        return render(
            request, "jobs/notice_kinds.html", {"origin": origin, "kinds": list(ChannelKind)}
        )
    if request.method == "POST":
        origin = with_stored_plan(thing)
    channel = NoticeChannel(kind=kind)
    if origin.plan.pk:
        channel.plan = origin.plan
    return _form(request, channel, origin)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of a stored channel."""
    channel = _channel(pk)
    return _form(request, channel, origin_of_plan(channel.plan))


@require_POST
def try_now(request: HttpRequest, pk: int) -> HttpResponse:
    """テスト送信 from the overview: as it is stored."""
    channel = _channel(pk)
    return show(request, tried=_try(channel, origin_of_plan(channel.plan)))


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """もう一度送信: what was given up is tried with the next tick."""
    channel = _channel(pk)
    say_again(request, plans.send_again(channel.plan, channel, now=clock.now()))
    return redirect("jobs:notices")


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """What deleting means; deleted when that was confirmed."""
    channel = _channel(pk)
    if request.method == "POST":
        plans.delete_channel(channel)
        messages.success(request, _("送信先「%(name)s」を削除しました。") % {"name": channel.name})
        return redirect("jobs:notices")
    origin = origin_of_plan(channel.plan)
    context = {"channel": channel, "origin": origin, "kind": ChannelKind(channel.kind).label}
    return render(request, "jobs/notice_channel_delete.html", context)


def _form(request: HttpRequest, channel: NoticeChannel, origin: Origin) -> HttpResponse:
    """テスト送信 tries what was typed, 保存 stores it."""
    data = request.POST if request.method == "POST" else None
    host = urlsplit(channel.url).hostname or ""
    form = ChannelForm(data, channel=channel, origin=origin)
    if not form.is_bound:
        return _page(request, form, origin, host=host)
    if not form.is_valid():
        return _page(request, form, origin, host=host, status=422)
    filled = form.fill()
    if request.POST.get("action") == "test":
        unsaved = copy(filled)
        unsaved.pk = None  # how the stored one is says nothing of what was only typed
        return _page(request, form, origin, host=host, tried=_try(unsaved, origin))
    plans.save_channel(filled, now=clock.now())
    messages.success(request, _("送信先「%(name)s」を保存しました。") % {"name": filled.name})
    return redirect("jobs:notices")


def _try(channel: NoticeChannel, origin: Origin) -> Tried:
    """What came of a test by the way that alerts go."""
    now = clock.now()
    message_id = f"hpsync-test-{int(now.timestamp())}"
    try:
        with carrying.in_our_language():
            texts = [trial_text(origin.name, now=now)]
            answer = carrying.by_channel(texts, channel=channel, message_id=message_id, now=now)
    except DeliveryError as error:
        return Tried(key=key_of(origin), name=channel.name, problem=describe(error.problem))
    said = _("送信先の応答：%(said)s") % {"said": f"HTTP {answer.status} {answer.text}".strip()}
    return Tried(key=key_of(origin), name=channel.name, said=said)


def _page(
    request: HttpRequest,
    form: ChannelForm,
    origin: Origin,
    *,
    host: str,
    tried: Tried | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "channel": form.channel if form.channel.pk else None,
        "kind": form.kind,
        "origin": origin,
        "host": host,
        "tried": tried,
        "add_url": address_of(origin, "notice-channel-add"),
    }
    return render(request, "jobs/notice_channel.html", context, status=status)


def _channel(pk: int) -> NoticeChannel:
    around = ("plan__connection__schedule", "plan__tenant")
    return get_object_or_404(NoticeChannel.objects.select_related(*around), pk=pk)
