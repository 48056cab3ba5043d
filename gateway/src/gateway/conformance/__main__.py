"""接入自检: `python -m gateway.conformance --base-url https://… --key key.pem --key-id bank-1`.

Runs every rule of the contract against the sandbox with a sandbox partner's key and prints a line for each:
what was expected and what was seen. Exit code 0: all passed; 1: some did not; 2: the rules could not be run.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

import httpx

from gateway.conformance import requests, setup, signatures, webhooks
from gateway.conformance.bench import Bench, Outcome, Rule, Unusable
from gateway.conformance.receiver import PATH, receiving
from lib_partner import WebhookVerifier


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="gateway.conformance", description="银行接入自检（须用沙箱机构的密钥）"
    )
    parser.add_argument("--base-url", required=True, help="网关地址，如 https://gov.example")
    parser.add_argument("--key", required=True, type=Path, help="沙箱机构的私钥文件（PKCS#8 PEM）")
    parser.add_argument("--key-id", required=True, help="密钥编号")
    parser.add_argument("--algorithm", default="ed25519", choices=["ed25519", "sm2-sm3"])
    parser.add_argument("--listen", default="127.0.0.1:0", help="本机接收推送的地址，如 0.0.0.0:8443")
    parser.add_argument(
        "--webhook-url", default="", help="沙箱能访问到本机接收地址的网址（默认直接用本机地址）"
    )
    parser.add_argument("--no-webhooks", action="store_true", help="不检查推送（沙箱访问不到本机时）")
    parser.add_argument("--patience", type=float, default=90.0, help="等待推送的秒数")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出")
    return parser.parse_args(given)


async def check(arguments: argparse.Namespace) -> list[Outcome]:
    """Run all rules. Raises Unusable."""
    base_url, listen = setup.origin_of(arguments.base_url), setup.listening_at(arguments.listen)
    key = setup.read_key(arguments.key, arguments.key_id, arguments.algorithm)
    async with httpx.AsyncClient(base_url=base_url, timeout=30, transport=setup.Patient()) as http:
        bench = Bench(base_url, key, http, patience=arguments.patience)
        await setup.check_usable(bench)
        # Left-overs of earlier checks would only make this one slower.
        await bench.send("POST", "/bank/v1/sandbox-reset")
        outcomes = await _run(bench, signatures.RULES + requests.RULES)
        if not arguments.no_webhooks:
            outcomes += await _webhooks(bench, listen, arguments.webhook_url)
    return outcomes


async def _webhooks(bench: Bench, listen: tuple[str, int], webhook_url: str) -> list[Outcome]:
    host, port = listen
    try:
        async with receiving(host, port) as (receiver, found):
            url = webhook_url or f"http://{host}:{found}{PATH}"
            play = webhooks.Play(bench, receiver, url, await WebhookVerifier.fetch(bench.base_url))
            if (seen := await play.subscribe()) != "200":
                return [Outcome("W00", f"登记推送地址 {url}", "200", seen)]
            try:
                return await _run(bench, webhooks.rules(play))
            finally:
                body = json.dumps({"webhook": None}).encode()
                await bench.send("PUT", "/bank/v1/webhook", body)
    except OSError as error:
        raise Unusable(f"不能在 {host}:{port} 接收推送（{error.strerror}），请换 --listen") from error


async def _run(bench: Bench, rules: list[Rule]) -> list[Outcome]:
    outcomes = []
    for rule in rules:
        try:
            seen = await rule.check(bench)
        except (httpx.HTTPError, ValueError, KeyError, TypeError, IndexError) as error:
            seen = f"检查中断 {type(error).__name__}"
        outcomes.append(Outcome(rule.number, rule.title, rule.expected, seen))
    return outcomes


def report(outcomes: list[Outcome]) -> str:
    """Return a line for each rule and a last one with the sum."""
    lines = []
    for outcome in outcomes:
        mark = "通过" if outcome.is_passed else "不符"
        seen = outcome.seen if outcome.is_passed else f"期望 {outcome.expected}  得到 {outcome.seen}"
        lines.append(f"{mark}  {outcome.number}  {outcome.title}  —  {seen}")
    passed = sum(outcome.is_passed for outcome in outcomes)
    return "\n".join([*lines, f"共 {len(outcomes)} 项，通过 {passed} 项，不符 {len(outcomes) - passed} 项"])


def main(given: list[str] | None = None) -> int:
    """Check, report, and return the exit code."""
    arguments = _arguments(given)
    try:
        outcomes = asyncio.run(check(arguments))
    except Unusable as error:
        print(f"无法自检：{error}", file=sys.stderr)  # noqa: T201 - a command talks to its user
        return 2
    if arguments.json:
        shown = [{**vars(outcome), "is_passed": outcome.is_passed} for outcome in outcomes]
        print(json.dumps(shown, ensure_ascii=False, indent=1))  # noqa: T201 - as above
    else:
        print(report(outcomes))  # noqa: T201 - as above
    return 0 if all(outcome.is_passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
