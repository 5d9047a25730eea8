"""kintoneユーザーとの対応: which kintone user each member of the CRM is, per connection."""

from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common import clock
from common.types import UserRef
from crm.models import Member
from integrations import connections
from integrations.kintone.errors import AllowanceSpentError, KintoneError
from integrations.models import Connection
from mapping.problem_texts import describe
from mapping.user_ties import Tie, TieTable, Way, save, store_users, table_of

PAGE_SIZE: Final = 50
#: Longest login name that is stored.
LONGEST: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One member of the page."""

    member: Member
    tie: Tie
    way: str
    """How the form says it: `auto`, `hand` or `nothing`."""


@require_http_methods(["GET", "HEAD", "POST"])
def users(request: HttpRequest, pk: int) -> HttpResponse:
    """The table; a POST saves the members shown, or reads kintone's users."""
    connection = get_object_or_404(Connection, pk=pk)
    if request.method == "POST":
        if request.POST.get("action") == "read":
            _read(request, connection)
        else:
            _save(request, connection)
        return redirect(request.get_full_path())
    table = table_of(connection)
    lines = [_line(member, table) for member in _found(request)]
    unmatched = [line for line in lines if line.tie.is_unmatched]
    only_unmatched = request.GET.get("show") == "unmatched"
    page = Paginator(unmatched if only_unmatched else lines, PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {
        "connection": connection,
        "page": page,
        "total": len(lines),
        "unmatched": len(unmatched),
        "only_unmatched": only_unmatched,
        "search": request.GET.get("q", "").strip(),
        "read_at": table.read_at,
        "known": sorted(table.active),
    }
    return render(request, "jobs/users.html", context)


def _found(request: HttpRequest) -> list[Member]:
    members = Member.objects.order_by("name", "pk")
    if search := request.GET.get("q", "").strip():
        members = members.filter(
            Q(name__icontains=search) | Q(email__icontains=search) | Q(login__icontains=search)
        )
    return list(members)


def _line(member: Member, table: TieTable) -> _Line:
    user = UserRef(name=member.name, email=member.email, login=member.login)
    tie = table.of(user)
    ways = {Way.BY_HAND: "hand", Way.NOTHING: "nothing"}
    return _Line(member=member, tie=tie, way=ways.get(tie.way, "auto"))


def _save(request: HttpRequest, connection: Connection) -> None:
    given = zip(
        request.POST.getlist("email"),
        request.POST.getlist("way"),
        request.POST.getlist("code"),
        strict=False,
    )
    chosen: dict[str, str | None] = {}
    lacking = []
    for email, way, code in given:
        login = code.strip()[:LONGEST]
        if way == "hand" and not login:
            lacking.append(email)
        else:
            chosen[email] = {"hand": login, "nothing": ""}.get(way)
    changed = save(connection, chosen)
    if lacking:
        messages.error(
            request,
            _("%(email)sのログイン名が入力されていません。ログイン名を入力して保存してください。")
            % {"email": _("、").join(lacking)},
        )
    if changed:
        messages.success(request, _("保存しました。次の実行から使用します。"))
    elif not lacking:
        messages.info(request, _("変更はありません。"))


def _read(request: HttpRequest, connection: Connection) -> None:
    try:
        with connections.page_client_for(connection) as client:
            people = client.get_users()
    except AllowanceSpentError:
        messages.error(request, _("本日のAPIリクエストの上限に達しています。"))
    except KintoneError as error:
        text = describe(connections.error_problem(error, connection=connection, app=None))
        messages.error(
            request,
            _(
                "kintoneのユーザーを読み込めませんでした。%(heading)s。%(body)s"
                "ユーザーの読み込みには、APIトークンではなく、ログイン名とパスワードが必要です。"
            )
            % {"heading": text.heading, "body": text.body},
        )
    else:
        store_users(connection, people, now=clock.now())
        messages.success(
            request, _("kintoneのユーザー%(count)s人を読み込みました。") % {"count": len(people)}
        )
