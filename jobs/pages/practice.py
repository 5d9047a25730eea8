"""練習用kintone: step 1 filled in with the stand-in that `manage.py up` started beside us."""

from typing import Any, cast

from django.conf import settings
from django.utils.translation import gettext as _

from common.types import RecordType
from jobs.pages.forms import ConnectionForm
from jobs.pages.forms_apps import AppFormSet, BaseAppFormSet, initial_apps


def is_there() -> bool:
    """Whether there is a kintone to practise with."""
    return bool(settings.PRACTICE_KINTONE)


def filled_in() -> tuple[ConnectionForm, BaseAppFormSet]:
    """The forms of step 1 with nothing left to enter; the password is sealed, as if typed before.

    Only where `is_there`.
    """
    known: dict[str, Any] = settings.PRACTICE_KINTONE or {}
    form = ConnectionForm(
        initial={
            "name": _("練習用kintone"),
            "subdomain": known["subdomain"],
            "login": known["login"],
        }
    )
    form.typed["password"] = known["password"]
    apps = initial_apps([], daily={})
    for one in apps:
        one["app"] = known["apps"].get(RecordType(str(one["record_type"])).value)
    return form, cast("BaseAppFormSet", AppFormSet(initial=apps, prefix="apps"))
