"""What is proposed, and why."""

from dataclasses import dataclass
from enum import StrEnum

from common.types import Kind
from integrations.kintone.form import FormField
from mapping.rulespec import RuleSpec


class Why(StrEnum):
    """What speaks for a proposal; the words stand in `mapping.suggestion_texts`."""

    SAME_LABEL = "same_label"
    LABEL = "label"
    CODE = "code"
    LOOKUP_KEY = "lookup_key"
    OPTIONS = "options"
    PARTS = "parts"
    VALUES_FIT = "values_fit"


class Doubt(StrEnum):
    """What a person should look at before taking a proposal: one that has any is not ticked."""

    NOT_ALL_READ = "not_all_read"
    ONLY_CODE = "only_code"
    CODE_DIFFERS = "code_differs"
    ONLY_OPTIONS = "only_options"
    LOOKUP_UNSEEN = "lookup_unseen"
    LOOKUP_KEY_DIFFERS = "lookup_key_differs"
    SOME_REFUSED = "some_refused"
    ALL_REFUSED = "all_refused"
    ALL_EMPTY = "all_empty"
    UNTRIED = "untried"
    MAY_LOSE = "may_lose"
    JOINED = "joined"
    FLAG_WORDS = "flag_words"
    FLAG_NEEDS_VALUES = "flag_needs_values"
    THIRTEEN_DIGITS = "thirteen_digits"
    TABLE_REPLACED = "table_replaced"
    SEVERAL_FIELDS = "several_fields"
    TEMPLATE = "template"
    KEY_NOT_FILLED = "key_not_filled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An item of the record type, as the suggestions need it."""

    key: str
    label: str
    """In Japanese: labels and codes of kintone are compared with it."""
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A field that nothing fills yet; `path` is its code, with its table's before a dot."""

    path: str
    table: str
    table_label: str
    field: FormField

    @property
    def label(self) -> str:
        """What a person reads beside it."""
        return self.field.label or self.field.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A rule that a person would probably choose."""

    rule: RuleSpec
    path: str
    score: float
    whys: tuple[Why, ...]
    doubts: tuple[Doubt, ...]

    @property
    def is_sure(self) -> bool:
        """Whether it is ticked from the beginning."""
        return not self.doubts


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySuggestion:
    """A field that could be the update key."""

    path: str
    doubts: tuple[Doubt, ...]

    @property
    def is_sure(self) -> bool:
        """Whether it is ticked from the beginning."""
        return not self.doubts


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """All that is proposed for a mapping; rules in the order of the items."""

    rules: tuple[Suggestion, ...] = ()
    key: KeySuggestion | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to take."""
        return bool(self.rules or self.key)
