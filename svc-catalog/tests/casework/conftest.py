"""A second department and hall, and a bundle of items of two departments."""

from collections.abc import Callable
from typing import Any

import pytest
from catalog_cases import shop_city


@pytest.fixture
def more_city(make_item: Callable[..., dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the places, the item and the bundle."""
    return shop_city(make_item)
