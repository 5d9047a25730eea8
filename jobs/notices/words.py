"""Why a notice did not arrive, in the reader's language: heading, what to do, what was said."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A problem in words."""

    heading: str
    body: str
    details: str
    """What the other side said; "" if it said nothing."""
    needs_a_person: bool
    """It does not heal by itself."""


_Words = tuple[str | Promise, str | Promise]

#: Code of a problem → heading, and what to do.
WORDS: Final[Mapping[str, _Words]] = {
    "notice.inside": (
        gettext_lazy("この送信先には接続できません"),
        gettext_lazy(
            "URLのホストは、社内のネットワークまたはこのサーバー自身にあります。"
            "インターネット上の、https://で始まるURLを入力してください。"
            "社内のサーバーに送る場合は、サーバーの管理者が"
            "環境変数NOTICE_INSIDE_NETWORKSで許可する必要があります。"
        ),
    ),
    "notice.name": (
        gettext_lazy("送信先が見つかりません"),
        gettext_lazy("URLのホスト名を確認してください。"),
    ),
    "notice.address": (
        gettext_lazy("送信できない設定です"),
        gettext_lazy("URL、APIトークン、署名の鍵を確認し、もう一度貼り付けてください。"),
    ),
    "notice.certificate": (
        gettext_lazy("送信先の証明書を確認できません"),
        gettext_lazy(
            "通信の途中に別のサーバーがあるか、送信先の証明書の期限が切れています。"
            "ネットワークの管理者に確認してください。"
        ),
    ),
    "notice.unreachable": (
        gettext_lazy("送信先に接続できません"),
        gettext_lazy(
            "送信先が停止しているか、このサーバーからの通信が許可されていません。"
            "送信先の状態とURLを確認してください。"
        ),
    ),
    "notice.slow": (
        gettext_lazy("送信先から応答がありません"),
        gettext_lazy(
            "時間内に応答がありませんでした。通知は届いている可能性があります。"
            "送信先の状態を確認してください。"
        ),
    ),
    "notice.redirect": (
        gettext_lazy("送信先が別のURLを案内しました"),
        gettext_lazy(
            "安全のため、案内されたURLには送信しません。"
            "送信先のサービスで、現在のWebhookのURLを確認してください。"
        ),
    ),
    "notice.denied": (
        gettext_lazy("送信先に拒否されました"),
        gettext_lazy(
            "URLまたはAPIトークンが無効になったか、投稿する権限がありません。"
            "送信先のサービスで確認し、入力し直してください。"
        ),
    ),
    "notice.gone": (
        gettext_lazy("送信先のWebhookまたはルームがありません"),
        gettext_lazy(
            "削除されたか、URLまたはルームIDが間違っています。"
            "送信先のサービスで確認し、入力し直してください。"
        ),
    ),
    "notice.too_many": (
        gettext_lazy("送信先の受付数の上限に達しました"),
        gettext_lazy("時間をおいて、もう一度送信してください。通知は自動で再試行します。"),
    ),
    "notice.server": (
        gettext_lazy("送信先でエラーが起きています"),
        gettext_lazy(
            "送信先のサービスの問題です。通知は自動で再試行します。"
            "続く場合は、送信先のサービスの状態を確認してください。"
        ),
    ),
    "notice.refused": (
        gettext_lazy("送信先が通知を受け付けませんでした"),
        gettext_lazy("送信先の種類とURLの組み合わせを確認してください。"),
    ),
    "notice.mail_down": (
        gettext_lazy("メールサーバーに接続できません"),
        gettext_lazy(
            "サーバーの管理者に、環境変数EMAIL_URLとメールサーバーの状態の確認を依頼してください。"
        ),
    ),
    "notice.mail_login": (
        gettext_lazy("メールサーバーにログインできません"),
        gettext_lazy("サーバーの管理者に、環境変数EMAIL_URLの確認を依頼してください。"),
    ),
    "notice.mail_refused": (
        gettext_lazy("メールサーバーがメールを受け付けませんでした"),
        gettext_lazy("通知先メールアドレスを確認してください。"),
    ),
}

_HEALS = frozenset(
    {
        *("notice.unreachable", "notice.slow", "notice.too_many", "notice.server"),
        "notice.mail_down",
    }
)


def describe(problem: Problem) -> Described:
    """The problem in words."""
    heading, body = WORDS.get(problem.code, WORDS["notice.unreachable"])
    return Described(
        heading=str(heading),
        body=str(body),
        details=_details(problem),
        needs_a_person=problem.code not in _HEALS,
    )


def _details(problem: Problem) -> str:
    status, said = problem.params.get("status"), str(problem.params.get("said", ""))
    if not status:
        return said
    if not said:
        return f"HTTP {status}"
    return _("HTTP %(status)s：%(said)s") % {"status": status, "said": said}
