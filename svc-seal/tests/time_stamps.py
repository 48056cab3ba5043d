"""A time-stamp authority (RFC 3161) that answers over HTTP, for tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper


@dataclass
class Authority:
    """A running authority that can be made to misbehave; `asked` counts requests."""

    certificate: bytes
    url: str
    stamps_something_else: bool = False
    is_down: bool = False
    asked: int = 0


@contextmanager
def time_stamp_authority(stamped_at: datetime) -> Iterator[Authority]:
    """Run an authority whose stamps all name one moment; its certificate is its own root (PEM)."""
    key = rsa.generate_private_key(65537, 2048)
    certificate = _certificate(key, stamped_at)
    stamper = DummyTimeStamper(
        asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
        keys.PrivateKeyInfo.load(
            key.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        ),
        fixed_dt=stamped_at,
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            authority.asked += 1
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["content-length"])))
            if authority.is_down:
                self.send_error(503)
                return
            if authority.stamps_something_else:
                asked["message_imprint"]["hashed_message"] = bytes(32)
            reply = stamper.request_tsa_response(asked).dump()
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            """Keep silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    authority = Authority(
        certificate.public_bytes(serialization.Encoding.PEM), f"http://127.0.0.1:{server.server_port}/tsa"
    )
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield authority
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _certificate(key: rsa.RSAPrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "测试时间戳机构")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )
