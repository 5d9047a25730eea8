"""A mapping's drift, as commands tell it beside what they were asked for."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from mapping.drift_texts import as_sentences, summary
from mapping.mappings import drift_of
from mapping.models import Mapping


def tell_drift(mapping: Mapping, write: Callable[[str], object]) -> None:
    """Write what is not in kintone's form as the rules were made on; nothing if all is."""
    found = drift_of(mapping)
    if found:
        write(_("kintoneのフォームが変更されました。%(summary)s") % {"summary": summary(found)})
        for sentence in as_sentences(found):
            write(f"  {sentence}")
