"""The words of every problem, by code: heading (what happened), body (why, and what to do).

`%(name)s` are the problem's own params, and `field` (label or code), `type` (kintone's word for the
field's type), `item` and `value`.
"""

from mapping.words.entry import Words
from mapping.words.of_drift import DRIFT
from mapping.words.of_mappings import MAPPING
from mapping.words.of_remedies import REMEDIES
from mapping.words.of_runs import REFUSALS, RUNS
from mapping.words.of_values import VALUES

__all__ = ["DRIFT", "MAPPING", "REFUSALS", "REMEDIES", "RUNS", "VALUES", "Words"]
