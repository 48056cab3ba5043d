"""Writes a sealed sample licence with everything a verifier needs, without a running platform: `make sample`.

The authority is made fresh each time: the files belong together and to nothing else.
"""

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asn1crypto import pem
from specimens import ISSUED_AT, content

from lib_gm import Issued, SealFacts, Trust, check_signature, make_seal, parse_signature, sign_with_seal
from lib_ofd import Place, add_seal, read_signatures, render, render_pdf
from svc_license.kind.page import render_page
from svc_license.kind.store import kind_from
from svc_license.kind.template import parse_template
from svc_license.seed import kind_records
from svc_seal.authority import open_authority
from svc_seal.seal.domain import Kind
from svc_seal.seal.picture import DIAMETER_MM, draw

CITY = Path(__file__).parent / "city"
KIND = "食品经营许可证"
SIGNED_AT = ISSUED_AT + timedelta(minutes=1)


def write_sample(folder: Path, kind_name: str = KIND) -> list[Path]:
    """Write the licence, its pictures, its seal and the certificates above it; return their paths."""
    record = next(record for record in kind_records(CITY) if record["name"] == kind_name)
    kind = kind_from(record)
    with tempfile.TemporaryDirectory() as keys:
        authority = open_authority(Path(keys), ISSUED_AT - timedelta(days=1))
        signer: Issued = authority.issue_signer(kind.issuer_name, kind.seal_code, ISSUED_AT).issued
    picture = draw(Kind.UNIT, kind.issuer_name, kind.seal_code).png()
    seal = make_seal(
        SealFacts(
            es_id=kind.seal_code,
            name=kind.issuer_name,
            signers=(signer.certificate,),
            created_at=ISSUED_AT,
            valid_from=ISSUED_AT,
            valid_until=datetime(2031, 3, 4, tzinfo=UTC),
            picture=picture,
            width=DIAMETER_MM,
            height=DIAMETER_MM,
        ),
        authority.maker,
    )
    spot = parse_template(kind.template, kind.schema).seal
    place = Place(spot.x, spot.y, spot.size, spot.size)
    sealed = add_seal(
        render_page(content(kind), kind),
        seal,
        place,
        SIGNED_AT,
        lambda digest, path: sign_with_seal(seal, digest, path, signer, SIGNED_AT),
    )
    check(sealed, Trust.of([authority.root.certificate], [authority.ca.certificate]))
    files = {
        "license.ofd": sealed,
        "license.pdf": render_pdf(sealed, [(place, picture)]),
        "license.png": render(sealed, [(place, picture)]),
        "seal.png": picture,
        "seal.esl": seal,
        "root.pem": pem.armor("CERTIFICATE", authority.root.certificate),
        # Between the root and the signer: not in the file, and no verifier finds the way without it.
        "ca.pem": pem.armor("CERTIFICATE", authority.ca.certificate),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


def check(document: bytes, trust: Trust) -> None:
    """Raise ValueError unless the seal on the document is good."""
    [signature] = read_signatures(document)
    findings = check_signature(signature.value, trust)
    bad = [finding.text for finding in findings if not finding.ok]
    facts = parse_signature(signature.value)
    if bad or signature.changed or signature.uncovered or facts.data_hash != signature.xml_digest:
        raise ValueError(f"the sample does not verify: {bad}")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(".run/sample")
    for path in write_sample(target):
        print(path)
