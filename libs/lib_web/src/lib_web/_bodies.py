"""Bodies that are no JSON, as the OpenAPI document tells them."""

from typing import Any

# `openapi_extra=` of a route whose body is a file itself.
FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
