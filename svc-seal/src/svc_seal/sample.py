"""Writes a seal to look at, without a running platform: `python -m svc_seal.sample FOLDER`.

`seal.png` and `seal.svg` are its picture, `seal.esl` is the seal (SESeal V4), `ca.pem` and `root.pem` are the
certificates it is verified with, `sealed.ofd` is a page with the seal on it.
"""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from lib_gm import SealFacts, make_seal, sign_with_seal
from lib_ofd import Document, Place, Text, add_seal, centred
from svc_seal.authority import certificates_pem, open_authority
from svc_seal.seal.domain import VALIDITY, Kind
from svc_seal.seal.picture import DIAMETER_MM, draw

NAME = "平顶山市市场监督管理局"
CODE = "4104000000001"


def write_sample(folder: Path, now: datetime) -> list[Path]:
    """Write the files and return their paths. The keys are made for the occasion and thrown away."""
    folder.mkdir(parents=True, exist_ok=True)
    drawing = draw(Kind.UNIT, NAME, CODE)
    with tempfile.TemporaryDirectory() as keys:
        authority = open_authority(Path(keys), now)
        signer = authority.issue_signer(NAME, CODE, now).issued
    facts = SealFacts(
        es_id=CODE,
        name=NAME,
        signers=(signer.certificate,),
        created_at=now,
        valid_from=now,
        valid_until=now + VALIDITY,
        picture=drawing.png(),
        width=DIAMETER_MM,
        height=DIAMETER_MM,
    )
    seal = make_seal(facts, authority.maker)
    page = Document(UUID(int=0), "样张", now, width=210, height=297)
    page.add(centred(105, 60, "电子印章样张", 10), Text(30, 90, f"印章名称：{NAME}", 6))
    sealed = add_seal(
        page.build(),
        seal,
        Place(140, 200, DIAMETER_MM, DIAMETER_MM, ""),
        now,
        lambda digest, path: sign_with_seal(seal, digest, path, signer, now),
    )
    files = {
        "seal.png": facts.picture,
        "seal.svg": drawing.svg(),
        "seal.esl": seal,
        "sealed.ofd": sealed,
        "ca.pem": certificates_pem([authority.ca.certificate]),
        "root.pem": certificates_pem([authority.root.certificate]),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m svc_seal.sample FOLDER")
    for path in write_sample(Path(sys.argv[1]), datetime.now(UTC)):
        sys.stdout.write(f"{path}\n")
