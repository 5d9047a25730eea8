"""One value through one converter, and people to convert."""

import pytest

from common.types import ItemValue, Kind, UserRef
from integrations.kintone.form import FormField
from integrations.kintone.values import JsonValue
from mapping.converters import ValueRefusedError, converter

SATO = UserRef(name="佐藤花子", email="sato@example.com", login="sato")
SUZUKI = UserRef(name="鈴木一郎", email="suzuki@example.com", login="")


def convert(kind: str, field: FormField, value: ItemValue) -> JsonValue:
    """What is sent for the value."""
    return converter(Kind(kind), field)(value)


def refusal(kind: str, field: FormField, value: ItemValue) -> str:
    """The code by which the value is refused."""
    with pytest.raises(ValueRefusedError) as refused:
        convert(kind, field, value)
    return refused.value.code
