"""HTTP edge of a service: problems, caller, idempotency, cursors, tags, observation."""

from lib_web._auth import AnyCaller, Citizen, Service, caller_of, requires
from lib_web._bodies import DOCUMENT_BODY, FILE_BODY, UploadedDocument
from lib_web._caller import Caller, CallerKind
from lib_web._client import SisterClient, SisterUnavailable, tls_context
from lib_web._days import Day
from lib_web._etag import etag_of, matches, tagged, tagged_body
from lib_web._express import ExpressRoute
from lib_web._idempotency import (
    REPLAYED,
    AnswerReplayed,
    Keyed,
    KeyedRequest,
    KeyMalformed,
    KeyReused,
    Recorder,
    RepeatedRequest,
    idempotent,
    install_idempotency,
    keyed_request,
)
from lib_web._memory import freeze_startup
from lib_web._observe import Observe, default_route
from lib_web._pages import Cursor, Limit, Page, read_cursor, write_cursor
from lib_web._problems import (
    MEDIA_TYPE,
    FieldError,
    Problem,
    install_problems,
    problem_body,
    problem_of,
    problem_response,
    problems,
    status_of,
)
from lib_web._tokens import (
    HEADER,
    InternalTokenInvalid,
    InternalTokenMissing,
    InternalTokenSigner,
    InternalTokenVerifier,
)

__all__ = [
    "DOCUMENT_BODY",
    "FILE_BODY",
    "HEADER",
    "MEDIA_TYPE",
    "REPLAYED",
    "AnswerReplayed",
    "AnyCaller",
    "Caller",
    "CallerKind",
    "Citizen",
    "Cursor",
    "Day",
    "ExpressRoute",
    "FieldError",
    "InternalTokenInvalid",
    "InternalTokenMissing",
    "InternalTokenSigner",
    "InternalTokenVerifier",
    "KeyMalformed",
    "KeyReused",
    "Keyed",
    "KeyedRequest",
    "Limit",
    "Observe",
    "Page",
    "Problem",
    "Recorder",
    "RepeatedRequest",
    "Service",
    "SisterClient",
    "SisterUnavailable",
    "UploadedDocument",
    "caller_of",
    "default_route",
    "etag_of",
    "freeze_startup",
    "idempotent",
    "install_idempotency",
    "install_problems",
    "keyed_request",
    "matches",
    "problem_body",
    "problem_of",
    "problem_response",
    "problems",
    "read_cursor",
    "requires",
    "status_of",
    "tagged",
    "tagged_body",
    "tls_context",
    "write_cursor",
]
