"""One mail to the owner of an account upon a sign-in from a browser that it was not used in."""

import logging

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from signin.models import SUCCESSES, SignIn

logger = logging.getLogger(__name__)

TASK = "signin.tell"


def tell_of_new_browser(entry: SignIn) -> None:
    """Have a worker send the mail; nobody waits for a mail server, or is kept out by a broker.

    The first sign-in of an account is news to nobody.
    """
    account = entry.account
    if account is None or not account.email or not _was_in_before(entry):
        return
    language = translation.get_language() or settings.LANGUAGE_CODE
    try:
        current_app.send_task(TASK, args=[entry.pk, language], retry=False, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("Nobody is told of sign-in %s: %s", entry.pk, error)


def deliver(entry_id: int, *, language: str) -> None:
    """Send the mail about that sign-in, if it is still known.

    Raises:
        OSError: the mail server cannot be used.
    """
    entry = SignIn.objects.select_related("account").filter(pk=entry_id).first()
    if entry is None or entry.account is None or not entry.account.email:
        return
    link = settings.PUBLIC_URL + reverse("signin:mine")
    context: dict[str, object] = {"entry": entry, "link": link}
    with translation.override(language):
        context["at"] = date_format(timezone.localtime(entry.at), _("n月j日（D）H:i"))
        subject, text, html = (
            render_to_string(f"mails/sign_in{kind}", context)
            for kind in ("_subject.txt", ".txt", ".html")
        )
    mail = EmailMultiAlternatives(" ".join(subject.split()), text, to=[entry.account.email])
    mail.attach_alternative(html, "text/html")
    mail.send()


def _was_in_before(entry: SignIn) -> bool:
    earlier = SignIn.objects.filter(account=entry.account_id, pk__lt=entry.pk)
    return earlier.filter(result__in=SUCCESSES).exists()
