"""What the words of one problem are."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Words:
    """What happened; why, and what to do."""

    heading: Promise
    body: Promise
    without: Promise | None = None
    """The body for problems that lack a param which `body` names."""
