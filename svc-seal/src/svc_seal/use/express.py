"""The lean way to the routes that use seals: whoever issues thousands of licences asks thousands of times."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from lib_web import ExpressRoute, KeyedRequest
from svc_seal.use.desk import SealingDesk
from svc_seal.use.schemas import DigestsIn, SealRequest


class UseRoute(ExpressRoute):
    """A route whose handler takes `body`, `caller` and `desk`; a use is known again by its `use_key`."""

    scopes = ("service", "staff")

    def supplies(self, request: Request, keyed: KeyedRequest | None) -> Mapping[str, Any]:
        """Return the desk."""
        return {"desk": request.app.state.components[SealingDesk]}


class DocumentRoute(UseRoute):
    """Seals a document."""

    model = SealRequest


class DigestRoute(UseRoute):
    """Signs digests."""

    model = DigestsIn
