"""What verifiers need of the own authority: its certificates and the revocation list, for everyone."""

from typing import Annotated

from fastapi import APIRouter, Response

from lib_service.web import ReadSession, component
from lib_web import AnyCaller, problems
from svc_seal.authority import Authority, certificates_pem
from svc_seal.certificate import store
from svc_seal.certificate.domain import NoRevocationList

router = APIRouter(prefix="/v1", tags=["证书与吊销列表"])


@router.get("/revocation-list", response_class=Response, responses=problems(NoRevocationList))
async def get_revocation_list(caller: AnyCaller, session: ReadSession) -> Response:
    """Return the newest revocation list in DER (吊销列表)."""
    found = await store.newest_list(session)
    headers = {"cache-control": "max-age=600", "etag": f'"crl-{found.number}"'}
    return Response(found.der, media_type="application/pkix-crl", headers=headers)


@router.get("/authority-certificates", response_class=Response)
async def get_authority_certificates(
    caller: AnyCaller, authority: Annotated[Authority, component(Authority)]
) -> Response:
    """Return the certificates of the issuing authority and the root as PEM (证书链)."""
    chain = (authority.ca.certificate, authority.root.certificate)
    return Response(certificates_pem(chain), media_type="application/x-pem-file")
