"""A mapping into the sandbox, and a moment to begin at."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mapping.models import Mapping
from tests.flows.conftest import enabled_mapping


@pytest.fixture
def noon() -> datetime:
    """12:00 in Japan on a Sunday."""
    return datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def company_mapping(kintone: Any, db: None) -> Mapping:
    """Companies into an app of the sandbox, by external ID; enabled before anything was fed in."""
    return enabled_mapping(kintone)
