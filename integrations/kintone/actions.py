"""What each of kintone's codes means for us: the one table (kintone-api.md §4.3).

kintone publishes no list of codes; this one is gathered. A code that is not in it is taken for a
refusal of the records sent with it.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import TypeAlias

from integrations.kintone.errors import ConfigReason


class Action(Enum):
    """What to do about an answer."""

    RETRY = auto()
    """Try again at once, a few times; then it is for later."""
    LATER = auto()
    """It may work later, but not within seconds."""
    REJECT = auto()
    """These records are refused: set the guilty ones aside, send the others."""
    RETRY_THEN_REJECT = auto()
    """Try again a few times; what still fails then concerns the records."""
    BUG = auto()
    """kintone could not make sense of our request."""


#: A `ConfigReason` means: stop, a person must change this.
Verdict: TypeAlias = Action | ConfigReason

ACTION_BY_CODE: Mapping[str, Verdict] = {
    # Who are we?
    "CB_AU01": ConfigReason.LOGIN,  # not logged in
    "CB_WA01": ConfigReason.LOGIN,  # wrong login name or password
    "CB_TW02": ConfigReason.TWO_FACTOR,  # password refused: the user has two-factor authentication
    "GAIA_IA02": ConfigReason.TOKEN,  # no such token of the app, or the app is not deployed since
    "GAIA_DA03": ConfigReason.TOKEN,  # two tokens of the same app
    "GAIA_AP15": ConfigReason.TOKEN,  # a token of another app
    # May we?
    "GAIA_NO01": ConfigReason.PERMISSION,  # this token may not call this
    "CB_NO02": ConfigReason.PERMISSION,  # no right on the app, or an app outside the guest space
    "CB_NO01": ConfigReason.PERMISSION,
    "GAIA_FU01": ConfigReason.FIELD,  # no right to edit a field
    "GAIA_BF02": ConfigReason.FIELD,  # only the app's administrators set CREATOR and the like
    "GAIA_UN10": ConfigReason.FIELD,  # a field of a type that cannot be written
    # Is the app as we think?
    "GAIA_AP01": ConfigReason.APP,  # no such app
    "GAIA_IL23": ConfigReason.GUEST_SPACE,  # an app of a guest space, asked for without it
    "GAIA_IQ27": ConfigReason.UPDATE_KEY,  # the update key does not forbid duplicates
    "GAIA_IQ11": ConfigReason.UPDATE_KEY,  # no such field
    "GAIA_LO03": ConfigReason.LOOKUP_SOURCE,  # a lookup's source key does not forbid duplicates
    "GAIA_FC01": ConfigReason.FIELD,  # no such field code
    # These records
    "CB_VA01": Action.REJECT,  # values refused, named in `errors`
    "CB_IJ01": Action.REJECT,  # a value of the wrong JSON type; names no record
    "GAIA_LO04": Action.REJECT,  # lookup: no such record in the source, or we may not see it
    "GAIA_LO02": Action.REJECT,  # lookup, otherwise
    "GAIA_IL26": Action.REJECT,  # no such user
    "GAIA_IL28": Action.REJECT,  # no such organisation
    "GAIA_BL01": Action.REJECT,  # file key not found
    "GAIA_RE01": Action.REJECT,  # no record of that id
    "GAIA_RE20": Action.REJECT,  # no record of that update key
    "GAIA_IQ28": Action.REJECT,  # an update key twice in one request
    "GAIA_SI01": Action.REJECT,  # a row id twice in one table
    "GAIA_IL03": Action.REJECT,  # process management …
    "GAIA_NT01": Action.REJECT,
    "GAIA_SA01": Action.REJECT,
    "GAIA_SA04": Action.REJECT,
    "GAIA_ST02": Action.REJECT,
    "GAIA_RE02": Action.REJECT,  # comments …
    "GAIA_RE03": Action.REJECT,
    "GAIA_RE12": Action.REJECT,
    # We send no revisions, so a conflict is somebody else writing at the same moment.
    "GAIA_CO02": Action.RETRY_THEN_REJECT,
    "GAIA_UN03": Action.RETRY_THEN_REJECT,
    # Not now
    "GAIA_TO04": Action.RETRY,  # more than 100 requests at once in the domain
    "GAIA_DA02": Action.RETRY,  # database locked
    "GAIA_RE18": Action.RETRY,  # database locked
    "GAIA_LT01": Action.RETRY,  # database locked
    "GAIA_NO02": Action.LATER,  # the app is in maintenance mode
    "GAIA_CO03": Action.LATER,  # the app's settings are being changed
    "GAIA_TM12": Action.LATER,  # 10 cursors open; they live for minutes
    # Our mistake
    "CB_IL02": Action.BUG,
    "GAIA_TO03": Action.BUG,  # too many parameters
    "GAIA_QU01": Action.BUG,  # limit > 500
    "GAIA_QU02": Action.BUG,  # offset > 10,000
    "GAIA_IQ03": Action.BUG,  # query …
    "GAIA_IQ07": Action.BUG,
    "GAIA_IQ10": Action.BUG,
    "GAIA_IQ23": Action.BUG,
    "GAIA_IQ25": Action.BUG,
    "GAIA_IL08": Action.BUG,
    "GAIA_IR02": Action.BUG,
    "GAIA_IL42": Action.BUG,
}

#: Said by kintone when fewer requests at once would get on better: too many, or locks.
TOO_MUCH_AT_ONCE = frozenset({"GAIA_TO04", "GAIA_DA02", "GAIA_RE18", "GAIA_LT01"})

#: Where kintone gives a code that is not in the table. 520 is what 400 was until 2024.
ACTION_BY_STATUS: Mapping[int, Verdict] = {
    401: ConfigReason.LOGIN,
    409: Action.RETRY_THEN_REJECT,
    429: Action.RETRY,
}

#: Where the answer is no JSON of kintone's, but a page of something in front of it (§7).
ACTION_BY_PAGE: Mapping[int, Verdict] = {
    401: ConfigReason.BASIC_AUTH,
    403: ConfigReason.IP_ADDRESS,
    404: ConfigReason.SUBDOMAIN,
    408: Action.RETRY,
    413: Action.REJECT,  # too large together: fewer records may pass
    429: Action.RETRY,
}
