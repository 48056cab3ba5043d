"""Bodies that are files, as such or as base64 in JSON."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Base64Bytes, BaseModel, ConfigDict, ValidationError

from lib_kernel import Invalid

JSON = "application/json"
FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
# `openapi_extra=` of a route whose body is a file itself.
FILE_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": FILE}}


class DocumentIn(BaseModel):
    """A document in base64."""

    model_config = ConfigDict(extra="forbid")

    document: Base64Bytes


# `openapi_extra=` of a route that takes an `UploadedDocument`.
DOCUMENT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": DocumentIn.model_json_schema()}, **FILE},
    }
}


async def _uploaded(request: Request) -> bytes:
    body = await request.body()
    kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if kind.startswith("multipart/"):
        # With the form around it, it would be another file.
        text = "不支持表单上传，请以文件本身为请求体（application/octet-stream），或以 JSON 提交 base64"
        raise Invalid(text, field="content-type")
    if kind != JSON:
        return body
    try:
        return DocumentIn.model_validate_json(body).document
    except ValidationError as error:
        located = [{**found, "loc": ("body", *found["loc"])} for found in error.errors(include_url=False)]
        raise RequestValidationError(located) from error


# The document of a request: the body itself, or base64 in JSON.
UploadedDocument = Annotated[bytes, Depends(_uploaded)]
