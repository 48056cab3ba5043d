"""A second department and hall, and a bundle of items of two departments."""

from collections.abc import Callable
from typing import Any

import pytest
from catalog_cases import shop_city

from svc_catalog.settings import Settings


@pytest.fixture
def more_city(make_item: Callable[..., dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the places, the item and the bundle."""
    return shop_city(make_item)


@pytest.fixture
def settings_of_service(settings: Settings) -> Settings:
    """Return the service's settings under a name that Hypothesis does not use."""
    return settings
