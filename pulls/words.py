"""What went wrong with a pull, in the reader's language: heading, what to do, who acts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.problems import Problem
from common.wording import one_after_another


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A problem in words."""

    heading: str
    body: str
    needs_a_person: bool


_Words = tuple[str | Promise, str | Promise]

_NEEDS_A_PERSON: Final[Mapping[str, _Words]] = {
    "hotprofile_config.host": (
        gettext_lazy("ホットプロファイルが見つかりません"),
        gettext_lazy(
            "入力したホスト名では、ホットプロファイルのWeb APIが応答しません。"
            "ホスト名を確認してください。"
        ),
    ),
    "hotprofile_config.key": (
        gettext_lazy("APIキーが正しくありません"),
        gettext_lazy(
            "ホットプロファイルがAPIキーを受け付けませんでした。"
            "ホットプロファイルでAPIキーを確認し、入力し直してください。"
        ),
    ),
    "hotprofile_config.ip_address": (
        gettext_lazy("IPアドレス制限で接続できません"),
        gettext_lazy(
            "ホットプロファイルのIPアドレス制限で、このサーバーからの接続を許可してください。"
        ),
    ),
    "hotprofile_config.certificate": (
        gettext_lazy("ホットプロファイルの証明書を確認できません"),
        gettext_lazy(
            "通信の途中に別のサーバーがある可能性があります。"
            "ネットワークの管理者に確認してください。"
        ),
    ),
    "hotprofile_protocol": (
        gettext_lazy("ホットプロファイルから想定外の応答がありました"),
        gettext_lazy(
            "応答の形がWeb APIの仕様と異なるため、取り込みを止めました。"
            "続く場合は、詳細を添えて管理元に連絡してください。"
        ),
    ),
    "hotprofile_refused": (
        gettext_lazy("ホットプロファイルから取り込めないデータがあります"),
        gettext_lazy(
            "ほかのデータの取り込みは続いています。"
            "［エラーのデータ］で理由を確認し、ホットプロファイルで値を修正してください。"
        ),
    ),
    "internal": (
        gettext_lazy("取り込みが途中で止まりました"),
        gettext_lazy(
            "hpsyncの内部の問題です。次の取り込みで続きから再開します。"
            "繰り返す場合は、サーバーのログを確認してください。"
        ),
    ),
}
_HEALS: Final[Mapping[str, _Words]] = {
    "hotprofile_down": (
        gettext_lazy("ホットプロファイルから応答がありません"),
        gettext_lazy(
            "次の取り込みで、続きから自動で再開します。取り込み済みのデータの連携は続いています。"
            "操作は不要です。"
        ),
    ),
    "lost": (
        gettext_lazy("取り込みの途中でワーカーが繰り返し停止しました"),
        gettext_lazy(
            "次の取り込みで、続きから自動で再開します。"
            "繰り返す場合は、サーバーのメモリーとログを確認してください。"
        ),
    ),
    "canceled": (
        gettext_lazy("取り込みを中止しました"),
        gettext_lazy("次の取り込みで、続きから再開します。"),
    ),
}
#: Code of a problem → heading, and what to do.
WORDS: Final[Mapping[str, _Words]] = {**_NEEDS_A_PERSON, **_HEALS}


def describe(problem: Problem) -> Described:
    """The problem in words."""
    code = problem.code if problem.code in WORDS else "internal"
    heading, body = WORDS[code]
    addresses = ""
    if code == "hotprofile_config.ip_address" and settings.EGRESS_ADDRESSES:
        given = ", ".join(settings.EGRESS_ADDRESSES)
        addresses = _("このサーバーのIPアドレス：%(addresses)s") % {"addresses": given}
    return Described(
        heading=str(heading),
        body=one_after_another([str(body), addresses]),
        needs_a_person=code in _NEEDS_A_PERSON,
    )


def details(problem: Problem) -> str:
    """What a person passes on: which call, which answer; "" if there is nothing more to say."""
    parts = (problem.params.get("detail"), problem.params.get("message"))
    return " / ".join(str(part) for part in parts if part)
