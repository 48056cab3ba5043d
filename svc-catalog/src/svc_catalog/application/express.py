"""The lean way to the submission route: a campaign brings everybody on the same day."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response

from lib_gm import FieldCipher
from lib_web import ExpressRoute, KeyedRequest, Recorder
from svc_catalog.application.domain import Application
from svc_catalog.application.schemas import ApplicationCreate, ApplicationOut
from svc_catalog.application.sisters import LicenseWallet

CREATED = 201


class Counter:
    """Takes one submission: its unit of work, and the answer, which is written out once."""

    def __init__(self, runtime: Any, keyed: KeyedRequest | None) -> None:
        self._recorder = Recorder(keyed, ApplicationOut, CREATED) if keyed is not None else None
        self.uow = runtime.uow(self._recorder)

    def answer(self, filed: Application) -> Response:
        """Return the answer: the bytes that are kept under the key, if there is one."""
        body = self._recorder.body if self._recorder is not None else None
        if body is None:
            body = ApplicationOut.model_validate(filed).model_dump_json().encode()
        return Response(body, CREATED, media_type="application/json")


class SubmissionRoute(ExpressRoute):
    """A route whose handler takes `body`, `caller`, `counter`, `wallet`, `cipher` and `clock`."""

    scopes = ("citizen", "clerk")
    model = ApplicationCreate
    looks_late = True

    def supplies(self, request: Request, keyed: KeyedRequest | None) -> Mapping[str, Any]:
        """Return what a submission needs."""
        state = request.app.state
        return {
            "counter": Counter(state.runtime, keyed),
            "wallet": state.components[LicenseWallet],
            "cipher": state.components[FieldCipher],
            "clock": state.runtime.clock,
        }
