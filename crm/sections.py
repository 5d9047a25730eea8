"""Sections (所属部署): where in its own company a member is, as a path of names from the top down.

Not to be taken for `crm.models.Department`, which is a customer's.
"""

import re
import unicodedata
from typing import Final

from django.db.models import Q

#: Between two names of a path, as in 部署階層.
SEPARATOR: Final = "＞"
_SEPARATORS: Final = re.compile("[＞>]")


def read_section(text: str) -> str:
    """The path as it is stored: one kind of separator, no blanks around names, no empty name."""
    names = (name.strip() for name in _SEPARATORS.split(unicodedata.normalize("NFC", text)))
    return SEPARATOR.join(filter(None, names))


def at_or_below(section: str) -> Q:
    """The condition on members of this section and of those below it; of none where it is blank."""
    if not section:
        return Q(pk__in=())
    return Q(section=section) | Q(section__startswith=f"{section}{SEPARATOR}")
