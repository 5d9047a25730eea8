"""How words stand together: what lies between two of them differs from language to language."""

from collections.abc import Iterable

from django.utils.translation import gettext as _


def listed(words: Iterable[str]) -> str:
    """「会社、部署」, "Company, Department"."""
    return _("、").join(words)


def one_after_another(sentences: Iterable[str]) -> str:
    """The sentences as one text; those that are "" are left out."""
    text = ""
    for sentence in filter(None, sentences):
        text = _("%(before)s%(sentence)s") % {"before": text, "sentence": sentence}
    return text.strip()


def in_brackets(words: str) -> str:
    """「（営業部）」, " (Sales)"."""
    return _("（") + words + _("）")
