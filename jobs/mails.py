"""Mails, from words that are ready to the mail server."""

from dataclasses import dataclass

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from jobs.mail_texts import MailText


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail, ready to be handed over."""

    subject: str
    text: str
    html: str
    recipients: tuple[str, ...]


def render(text: MailText, *, recipients: tuple[str, ...]) -> Mail:
    """The mail that says this, in the active language."""
    context = {"mail": text}
    return Mail(
        subject=one_line(render_to_string("mails/subject.txt", context)),
        text=render_to_string("mails/alert.txt", context).strip() + "\n",
        html=render_to_string("mails/alert.html", context),
        recipients=recipients,
    )


def one_line(text: str) -> str:
    """The text as a subject can hold it."""
    return " ".join(text.split("\n")).strip()


def hand_over(mail: Mail) -> None:
    """Give the mail to the mail server.

    Raises:
        OSError: it cannot be used, or does not take this mail.
    """
    message = EmailMultiAlternatives(mail.subject, mail.text, to=mail.recipients)
    message.attach_alternative(mail.html, "text/html")
    message.send()
