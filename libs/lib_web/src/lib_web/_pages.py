"""Lists in pages: an opaque cursor, `items` and `next`, no total."""

import base64
import binascii
from functools import cache
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel, TypeAdapter

from lib_kernel import Invalid

T = TypeVar("T")

LARGEST_PAGE = 100


class CursorInvalid(Invalid):
    """The cursor did not come from an earlier page."""

    code = "cursor-invalid"
    title = "分页游标无效，请从第一页重新开始"


class Page(BaseModel, Generic[T]):
    """One page. `next` is the cursor of the following page, null on the last one."""

    items: list[T]
    next: str | None


Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="每页条数")]
Cursor = Annotated[str | None, Query(max_length=500, description="上一页返回的 next")]


def write_cursor(*position: Any) -> str:
    """Return a cursor for the sort position of a page's last row."""
    return base64.urlsafe_b64encode(orjson.dumps(position, default=str)).rstrip(b"=").decode()


def read_cursor(cursor: str | None, *kinds: type) -> Any:
    """Return the position a cursor holds, a tuple of values of `kinds`; None without a cursor.

    Raises:
        CursorInvalid: it is not a cursor of this list.
    """
    if cursor is None:
        return None
    try:
        position = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return _position(kinds).validate_json(position)
    except (binascii.Error, ValueError) as error:
        raise CursorInvalid from error


@cache
def _position(kinds: tuple[type, ...]) -> TypeAdapter[Any]:
    shape: Any = tuple.__class_getitem__(kinds)
    return TypeAdapter(shape)
