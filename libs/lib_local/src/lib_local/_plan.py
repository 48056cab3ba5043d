"""Where everything of a local run is, and which processes it has."""

import hashlib
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lib_local._people import (
    BANK,
    BANK_KEY_ID,
    BANK_SM2_KEY_ID,
    KIOSK,
    PARTNER_CITY,
    PARTNER_CITY_KEY_ID,
    SANDBOX,
    SANDBOX_KEY_ID,
    SANDBOX_SM2_KEY_ID,
)
from lib_local._supervisor import Command

SERVICES = ("catalog", "booking", "license", "seal", "complaint")
WITH_A_PAST = ("catalog", "booking", "license", "complaint")
OFFSETS = {
    "gateway": 0,
    "identity": 1,
    "postgres": 2,
    "nats": 3,
    "catalog": 11,
    "booking": 12,
    "license": 13,
    "seal": 14,
    "complaint": 15,
    "gateway-worker": 20,
    "catalog-worker": 21,
    "booking-worker": 22,
    "license-worker": 23,
    "seal-worker": 24,
    "complaint-worker": 25,
    "stand-ins": 26,
}


class PortTaken(RuntimeError):
    """Another program listens on a port that the platform needs."""


@dataclass(frozen=True)
class Plan:
    """One local run. `root` is the checkout, `folder` the run's state, `base` the gateway's port."""

    root: Path
    folder: Path
    base: int

    def port(self, name: str) -> int:
        """Return the port of a process."""
        return self.base + OFFSETS[name]

    @property
    def origin(self) -> str:
        """Return the gateway's address."""
        return f"http://127.0.0.1:{self.port('gateway')}"

    @property
    def issuer(self) -> str:
        """Return the demo identity provider's address."""
        return f"http://127.0.0.1:{self.port('identity')}"

    @property
    def city(self) -> Path:
        """Return the folder of the city's data."""
        return self.root / "deploy" / "demo" / "city"

    @property
    def clock_file(self) -> Path:
        """Return the file that moves the business clock."""
        return self.folder / "clock.json"

    def check_ports(self) -> None:
        """Raise PortTaken naming the first port that is in use and the setting that changes all."""
        for name in OFFSETS:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", self.port(name)))
                except OSError as error:
                    taken, other = self.port(name), self.base + 100
                    raise PortTaken(
                        f"端口 {taken}（{name}）已被占用，请换一组端口：make run PORT_BASE={other}"
                    ) from error

    def fingerprint(self) -> str:
        """Return a digest of migrations and data: while it stays the same, a start need not load again."""
        digest = hashlib.sha256()
        files = [*self.root.glob("svc-*/src/*/migrations/versions/*.py"), *self.city.rglob("*.json")]
        files += [*self.root.glob("svc-*/src/*/seed.py"), self.root / "gateway/src/gateway/seed.py"]
        files += self.root.glob("deploy/demo/history/*.py")
        for path in sorted(files):
            digest.update(str(path.relative_to(self.root)).encode() + path.read_bytes())
        return digest.hexdigest()


def environment(
    plan: Plan, database_url: Mapping[str, str], nats_url: str, nats_token: str
) -> dict[str, str]:
    """Return what every process of the run has in its environment."""
    keys = plan.folder / "keys"
    own = {f"{name.upper()}_DATABASE_URL": url for name, url in database_url.items()}
    addresses = {f"{name.upper()}_URL": f"http://127.0.0.1:{plan.port(name)}" for name in SERVICES}
    return {
        **own,
        **addresses,
        **_stand_ins(plan),
        "NATS_URL": nats_url,
        "NATS_TOKEN": nats_token,
        "INTERNAL_KEYS_FILE": str(keys / "internal-jwks.json"),
        "FIELD_KEYS_FILE": str(keys / "field-keys.json"),
        "PERSON_ID_KEY_FILE": str(keys / "person-id.key"),
        "SEAL_KEYS_DIR": str(keys / "seal"),
        "WEBHOOK_KEY_FILE": str(keys / "webhook.pem"),
        "WEBHOOK_SM2_KEY_FILE": str(keys / "webhook-sm2.pem"),
        "GATEWAY_WEBHOOK_ALLOW_INNER": "true",
        "GATEWAY_WEBHOOK_ALLOW_HTTP": "true",
        "GATEWAY_DRAIN_SECONDS": "0",
        "FILES_URL": f"file://{plan.folder / 'files'}",
        "CLOCK_FILE": str(plan.clock_file),
        "CITY_DATA_DIR": str(plan.city),
        "PUBLIC_ORIGIN": plan.origin,
        "OIDC_ISSUER": plan.issuer,
        "OIDC_AUDIENCE": "pingdingshan-gateway",
        "OIDC_JWKS_URL": f"{plan.issuer}/jwks.json",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
    }


def preparations(plan: Plan, shared: Mapping[str, str], last: date) -> list[list[Command]]:
    """Return for each service the one-shot commands, in order, that bring its database up and fill it.

    The last one gives it a year of activity up to the end of a day; `DEMO_PAST=off` leaves the city without.
    """
    has_past = os.environ.get("DEMO_PAST", "on") != "off"
    folder = str(plan.root / "deploy" / "demo")
    found = []
    for name in SERVICES:
        commands = [_once(plan, name, verb, shared) for verb in ("migrate", "seed")]
        if has_past and name in WITH_A_PAST:
            arguments = ["lib_local._history", folder, name, last.isoformat()]
            commands.append(Command(f"{name}-past", arguments, shared))
        found.append(commands)
    return found


def registration(plan: Plan, shared: Mapping[str, str]) -> Command:
    """Return the command that registers the demo bank and terminal with the gateway."""
    arguments = ["gateway.seed", str(plan.folder / "keys" / "registered.json")]
    return Command("register", arguments, {**shared, **_signing(plan, "gateway")})


def processes(plan: Plan, shared: Mapping[str, str]) -> list[Command]:
    """Return the long-running processes: for the gateway and each service a web process and a worker."""
    found = []
    for name in ("gateway", *SERVICES):
        module = "gateway" if name == "gateway" else f"svc_{name}"
        issuer = "gateway" if name == "gateway" else f"svc-{name}"
        mine = {**shared, **_signing(plan, issuer)}
        port, health = plan.port(name), plan.port(f"{name}-worker")
        options = ["--no-access-log", "--log-level", "warning", "--no-server-header"]
        web = ["uvicorn", f"{module}.main:app", *options] if name != "gateway" else ["gateway"]
        worker_environment = {**mine, "WORKER_HEALTH_PORT": str(health)}
        worker = [f"{module}.worker"]
        ready = f"http://127.0.0.1:{port}/health/ready"
        found.append(Command(name, [*web, "--port", str(port)], mine, ready))
        found.append(Command(f"{name}-worker", worker, worker_environment, f"http://127.0.0.1:{health}/"))
    port = plan.port("stand-ins")
    stand_ins = ["uvicorn", "stand_ins:app", "--app-dir", str(plan.root / "deploy" / "demo")]
    ready = f"http://127.0.0.1:{port}/parcels/ready/0"
    found.append(Command("stand-ins", [*stand_ins, "--port", str(port), *options], shared, ready))
    return found


def _stand_ins(plan: Plan) -> dict[str, str]:
    """Return where the stand-ins for departments, post and partner city are."""
    origin = f"http://127.0.0.1:{plan.port('stand-ins')}"
    return {
        "CATALOG_DEPARTMENTS_URL": origin,
        "CATALOG_CARRIER_URL": origin,
        "CATALOG_EXCHANGE_PARTNERS": json.dumps({PARTNER_CITY: f"{origin}/kunshan"}),
        "CATALOG_EXCHANGE_KEY_FILE": str(plan.folder / "keys" / "exchange.pem"),
        "STAND_IN_ORIGIN": origin,
        "STAND_IN_KEYS_DIR": str(plan.folder / "keys"),
    }


def registered_keys(public_pem: Mapping[str, str], point: str) -> list[dict[str, object]]:
    """Return the keys of the demo's bank, partner city and terminal as the gateway registers them."""
    sandbox = {"name": "邮储银行（沙箱）", "is_sandbox": True}
    return [
        _key("partners", BANK_KEY_ID, BANK, "ed25519", public_pem["bank"], None),
        _key("partners", BANK_SM2_KEY_ID, BANK, "sm2-sm3", public_pem["bank-sm2"], None),
        {**_key("partners", SANDBOX_KEY_ID, SANDBOX, "ed25519", public_pem["bank"], None), **sandbox},
        {**_key("partners", SANDBOX_SM2_KEY_ID, SANDBOX, "sm2-sm3", public_pem["bank-sm2"], None), **sandbox},
        _key("partners", PARTNER_CITY_KEY_ID, PARTNER_CITY, "ed25519", public_pem["kunshan"], None),
        _key("devices", KIOSK, KIOSK, "ed25519", public_pem["kiosk"], point),
    ]


def _key(
    bucket: str, key_id: str, owner: str, algorithm: str, pem: str, point: str | None
) -> dict[str, object]:
    return {
        "bucket": bucket,
        "key_id": key_id,
        "owner": owner,
        "algorithm": algorithm,
        "public_pem": pem,
        "point": point,
    }


def _once(plan: Plan, service: str, verb: str, shared: Mapping[str, str]) -> Command:
    arguments = [f"svc_{service}.{verb}"]
    return Command(f"{service}-{verb}", arguments, {**shared, **_signing(plan, f"svc-{service}")})


def _signing(plan: Plan, issuer: str) -> dict[str, str]:
    return {"INTERNAL_SIGNING_KEY_FILE": str(plan.folder / "keys" / f"internal-{issuer}.pem")}
