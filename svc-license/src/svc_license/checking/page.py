"""The page people see who scan a licence's QR code with an ordinary phone."""

from datetime import datetime
from html import escape

from lib_kernel import CITY_ZONE
from svc_license.checking.domain import CheckedLicense

STANDINGS = {
    "valid": "有效",
    "suspended": "已暂扣",
    "revoked": "已注销或吊销",
    "expired": "已过期",
    "superseded": "已换发新版本",
}


def result_page(found: CheckedLicense, number: str, now: datetime) -> str:
    """Return the page of a licence that was found."""
    rows = [
        ("证照名称", found.license_name),
        ("发证机关", found.issuer),
        ("持证人", found.holder_name),
        ("有效期至", found.valid_until.isoformat() if found.valid_until else "长期"),
        ("证照标识", number),
        ("核验时间", now.astimezone(CITY_ZONE).strftime("%Y-%m-%d %H:%M:%S")),
    ]
    body = "".join(
        f"<tr><th scope=row>{escape(title)}</th><td>{escape(text)}</td></tr>" for title, text in rows
    )
    standing = STANDINGS.get(found.status, found.status)
    mark = "ok" if found.valid else "bad"
    return _page(f"<h1>证照核验结果：<span class={mark}>{escape(standing)}</span></h1><table>{body}</table>")


def failure_page(title: str, detail: str) -> str:
    """Return the page of a check that failed."""
    return _page(f"<h1>{escape(title)}</h1><p>{escape(detail)}</p>")


def _page(body: str) -> str:
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><title>证照核验</title>'
        f'<link rel="stylesheet" href="/assets/city.css"></head><body><main>{body}</main></body></html>'
    )
