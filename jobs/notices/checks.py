"""What a person may enter for a channel: addresses, keys and tokens, tidied."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from jobs.notices.channels.webhook import key_of

LONGEST_URL = 2000
LONGEST_TOKEN = 200


def check_url(url: str) -> str:
    """The address of a webhook, tidy.

    Raises:
        ValidationError: nothing may be sent there; worded for the reader.
    """
    tidy = "".join(url.split())
    foreign = ValidationError(gettext("送信先のサービスで発行したURLを貼り付けてください。"))
    try:
        parts = urlsplit(tidy)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise foreign from None
    if not named or not tidy.isascii() or len(tidy) > LONGEST_URL:
        raise foreign
    if parts.username is not None or parts.password is not None:
        raise ValidationError(gettext("ユーザー名やパスワードを含むURLは使用できません。"))
    if parts.scheme not in ({"https", "http"} if settings.NOTICE_INSIDE_NETWORKS else {"https"}):
        raise ValidationError(gettext("https://で始まるURLを入力してください。"))
    return tidy


def check_key(secret: str) -> str:
    """The key of a webhook's signature, tidy.

    Raises:
        ValidationError: it is none; worded for the reader.
    """
    tidy = "".join(secret.split())
    try:
        key_of(tidy)
    except ValueError:
        message = gettext("署名の鍵は、whsec_の後に24〜64バイトをBase64で書いたものです。")
        raise ValidationError(message) from None
    return tidy


def check_token(text: str) -> str:
    """An API token, tidy.

    Raises:
        ValidationError: no header can hold it; worded for the reader.
    """
    tidy = "".join(text.split())
    if not tidy.isascii() or not tidy.isprintable() or len(tidy) > LONGEST_TOKEN:
        raise ValidationError(gettext("Chatworkで発行したAPIトークンを貼り付けてください。"))
    return tidy
