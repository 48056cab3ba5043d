"""The main journey over HTTP, told in plain words: `make demo`, against a platform that runs.

One citizen: a food permit found, a place booked, reminded, checked in, called, accepted, approved, licensed
and sealed, verified by a bank with consent, badly rated, and the case that opens by itself solved and
confirmed. The business clock is moved, so that nobody waits for the appointment's day.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from lib_partner import SignedAuth, SigningKey

Say = Callable[[str], None]
WAIT_SECONDS = 30.0
LOOK_AGAIN = 0.1


class Failed(AssertionError):
    """A step did not go as the journey tells."""


@dataclass
class Journey:
    """Walks the journey with the credentials of `.run/demo.json`; `say` gets each step in plain words."""

    demo: dict[str, Any]
    say: Say
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    async def walk(self) -> dict[str, Any]:
        """Walk all steps; return what came out. Raises Failed."""
        try:
            for step in (
                self.find_item,
                self.book,
                self.apply,
                self.be_reminded,
                self.check_in,
                self.be_served,
                self.be_approved,
                self.get_licence,
                self.share_with_bank,
                self.rate_badly,
                self.see_case_solved,
            ):
                await step()
        finally:
            self.clock(None)
            for client in self.clients.values():
                await client.aclose()
        return self.facts

    # -- who speaks ------------------------------------------------------------------------------------------

    def person(self, channel: str, name: str) -> httpx.AsyncClient:
        """Return a client of a channel with a demo person's token."""
        key = f"{channel}/{name}"
        if key not in self.clients:
            token = self.demo["channels"][channel][name]["token"]
            self.clients[key] = httpx.AsyncClient(
                base_url=f"{self.demo['base_url']}/{channel}/v1/",
                headers={"Authorization": f"Bearer {token}"},
                timeout=20,
            )
        return self.clients[key]

    def signed(self, channel: str) -> httpx.AsyncClient:
        """Return a client of the bank or of the terminal, whose requests are signed."""
        if channel not in self.clients:
            credential = self.demo["channels"][channel]
            key = SigningKey(
                credential["key_id"], credential["algorithm"], credential["private_key_pem"].encode()
            )
            self.clients[channel] = httpx.AsyncClient(
                base_url=f"{self.demo['base_url']}/{channel}/v1/", auth=SignedAuth(key), timeout=20
            )
        return self.clients[channel]

    async def ask(self, client: httpx.AsyncClient, method: str, path: str, **options: Any) -> Any:
        """Return the JSON of a successful answer. Raises Failed with the problem's text."""
        answer = await client.request(method, path, **options)
        if not answer.is_success:
            raise Failed(f"{method} {answer.request.url.path}: {answer.status_code} {answer.text[:500]}")
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if is_json else answer.content

    async def wait_for(self, what: str, look: Callable[[], Awaitable[Any]]) -> Any:
        """Return what `look` finds once it finds something: events take a moment. Raises Failed."""
        for _ in range(round(WAIT_SECONDS / LOOK_AGAIN)):
            if found := await look():
                return found
            await asyncio.sleep(LOOK_AGAIN)
        raise Failed(f"等了 {WAIT_SECONDS:.0f} 秒也没有等到：{what}")

    def clock(self, to: datetime | None) -> None:
        """Move the business clock of the running platform to a moment, or set it right again."""
        path = Path(self.demo["clock_file"])
        if to is None:
            path.unlink(missing_ok=True)
            return
        draft = path.with_suffix(".journey")
        draft.write_text(json.dumps({"offset_seconds": (to - datetime.now(UTC)).total_seconds()}))
        draft.rename(path)

    async def message(self, kind: str, **facts: Any) -> dict[str, Any]:
        """Return the citizen's message of a kind that tells of these facts, once it is in the inbox."""
        client = self.person("mobile", "citizen_a")

        async def look() -> dict[str, Any] | None:
            items = (await self.ask(client, "GET", "inbox"))["items"]
            fitting = [m for m in items if m["kind"] == kind and facts.items() <= m["facts"].items()]
            return fitting[0] if fitting else None

        found: dict[str, Any] = await self.wait_for(f"消息 {kind}", look)
        return found

    # -- the steps -------------------------------------------------------------------------------------------

    async def find_item(self) -> None:
        """The citizen searches and reads what is needed."""
        mobile, journey = self.person("mobile", "citizen_a"), self.demo["journey"]
        found = await self.ask(mobile, "GET", "items", params={"q": "食品经营许可"})
        item = found["items"][0]
        if item["code"] != journey["journey_item"]:
            raise Failed(f"搜索的第一条是 {item['name']}")
        self.say(f"手机：搜索“食品经营许可”，找到“{item['name']}”（{item['department_name']}）")
        query = {"service_point": journey["journey_point"]}
        start = await self.ask(mobile, "GET", f"items/{item['code']}/start", params=query)
        materials = "、".join(material["name"] for material in start["item"]["materials"])
        self.say(f"手机：需要材料 {materials}；承诺 {item['promised_days']} 个工作日办结")
        self.facts["item"] = start["item"]

    async def book(self) -> None:
        """The citizen books half an hour at the county hall."""
        mobile, journey = self.person("mobile", "citizen_a"), self.demo["journey"]
        await self._give_up_open_appointments(mobile)
        path = f"service-points/{journey['journey_point']}/slots"
        listed = await self.ask(mobile, "GET", path, params={"group": journey["journey_group"]})
        free = [slot for slot in listed["items"] if slot["free"]]
        if not free:
            raise Failed("没有可约的时段")
        slot = free[-1]
        body = {"slot_id": slot["slot_id"], "item_code": journey["journey_item"]}
        headers = {"Idempotency-Key": uuid4().hex}
        booked = await self.ask(mobile, "POST", "appointments", json=body, headers=headers)
        place, when = booked["service_point_name"], booked["starts_at"][:16]
        self.say(f"手机：预约 {place} {when}，该时段还剩 {slot['free'] - 1} 个号")
        self.facts["appointment"] = booked

    async def _give_up_open_appointments(self, mobile: httpx.AsyncClient) -> None:
        """Cancel what an earlier walk that was broken off left open."""
        for old in (await self.ask(mobile, "GET", "appointments"))["items"]:
            if old["status"] == "booked":
                await self.ask(mobile, "POST", f"appointments/{old['id']}/cancellation")

    async def apply(self) -> None:
        """The citizen fills in the form at home."""
        person = self.demo["people"]["citizen_a"]
        item, appointment = self.facts["item"], self.facts["appointment"]
        form = {
            "operator_name": "叶县李记面馆",
            "credit_code": "92410422MA40000001",
            "legal_representative": person["name"],
            "premises": "叶县昆阳街道健康路12号",
            "business_form": "餐饮服务经营者",
            "business_items": "热食类食品制售",
        }
        materials = [{"name": m["name"], "proof": "手机上传"} for m in item["materials"] if m["required"]]
        body = {
            "item_code": item["code"],
            "service_point": appointment["service_point"],
            "appointment_id": appointment["id"],
            "applicant": {"name": person["name"], "id_number": person["id_number"], "phone": "13800000001"},
            "form": {name: form[name] for name in item["form"]["properties"]},
            "materials": materials,
        }
        headers = {"Idempotency-Key": uuid4().hex}
        mobile = self.person("mobile", "citizen_a")
        filed = await self.ask(mobile, "POST", "applications", json=body, headers=headers)
        self.say(f"手机：在线提交申请，办件编号 {filed['case_number']}")
        self.facts["application"] = filed

    async def be_reminded(self) -> None:
        """An hour before, a reminder comes."""
        appointment = self.facts["appointment"]
        self.clock(datetime.fromisoformat(appointment["starts_at"]) - timedelta(minutes=50))
        told = await self.message("booking.reminder.due.v1", appointment_id=appointment["id"], ahead="hour")
        self.say(f"（业务时钟拨到预约前 50 分钟）消息：{told['text']}")

    async def check_in(self) -> None:
        """The citizen puts the ID card on the hall's terminal and gets a number."""
        kiosk, person = self.signed("kiosk"), self.demo["people"]["citizen_a"]
        session = await self.ask(kiosk, "POST", "sessions", json={"id_number": person["id_number"]})
        headers = {"X-Session": session["session"], "Idempotency-Key": uuid4().hex}
        body = {"appointment_id": self.facts["appointment"]["id"]}
        ticket = await self.ask(kiosk, "POST", "check-ins", json=body, headers=headers)
        self.say(f"自助终端：刷身份证取号，排队号 {ticket['number']}")
        self.facts["ticket"] = ticket

    async def be_served(self) -> None:
        """A clerk calls the number, accepts the application and finishes."""
        clerk, ticket = self.person("staff", "clerk"), self.facts["ticket"]
        point = ticket["service_point"]
        window = await self._window(point)
        while True:  # Numbers that an earlier walk left in the queue are called first.
            called = await self.ask(clerk, "POST", f"service-points/{point}/windows/{window}/calls")
            await self.ask(clerk, "POST", f"tickets/{called['id']}/start")
            if called["id"] == ticket["id"]:
                break
            await self.ask(clerk, "POST", f"tickets/{called['id']}/finish")
        self.say(f"窗口：{window}叫号 {called['number']}，开始办理")
        path = f"applications/{self.facts['application']['id']}/acceptance"
        accepted = await self.ask(clerk, "POST", path)
        self.say(f"窗口：受理，承诺 {accepted['due_at'][:10]} 前办结")
        await self.ask(clerk, "POST", f"tickets/{ticket['id']}/finish")
        self.say("窗口：办结叫号")

    async def _window(self, point: str) -> str:
        found = await self.ask(self.person("mobile", "citizen_a"), "GET", f"service-points/{point}")
        group = self.demo["journey"]["journey_group"]
        return str(next(g["windows"][0] for g in found["groups"] if g["code"] == group))

    async def be_approved(self) -> None:
        """An officer of the department approves."""
        officer = self.person("staff", "officer")
        path = f"applications/{self.facts['application']['id']}/approval"
        approved = await self.ask(officer, "POST", path)
        self.say(f"审批人员：审批通过（{approved['status']}）")

    async def get_licence(self) -> None:
        """The licence is made, sealed and in the wallet."""
        told = await self.message("license.license.issued.v1", application_id=self.facts["application"]["id"])
        mobile = self.person("mobile", "citizen_a")
        license_ = await self.ask(mobile, "GET", f"licenses/{told['facts']['license_id']}")
        self.say(f"手机：卡包里有了“{license_['name']}”，标识 {license_['number']}")
        document = await self.ask(mobile, "GET", f"licenses/{license_['id']}/document")
        verdict = await self._verify(document)
        seal, checks = verdict["signatures"][0]["seal_name"], len(verdict["signatures"][0]["findings"])
        if not verdict["valid"]:
            raise Failed(f"印章验证未通过：{verdict}")
        self.say(f"公众：验证 OFD 文件的 SM2 电子印章“{seal}”，{checks} 项检查全部通过")
        self.facts["license"] = license_
        self.facts["document"] = document
        self.facts["preview"] = await self.ask(mobile, "GET", f"licenses/{license_['id']}/preview")

    async def _verify(self, document: bytes) -> Any:
        from base64 import b64encode

        public = self.clients.setdefault(
            "public", httpx.AsyncClient(base_url=f"{self.demo['base_url']}/public/v1/", timeout=20)
        )
        body = {"document": b64encode(document).decode()}
        return await self.ask(public, "POST", "document-verifications", json=body)

    async def share_with_bank(self) -> None:
        """The bank verifies the licence by a signed request, with the citizen's consent."""
        mobile, bank = self.person("mobile", "citizen_a"), self.signed("bank")
        license_ = self.facts["license"]
        now = datetime.now(UTC)
        consent = await self.ask(
            mobile,
            "POST",
            "consents",
            json={
                "license_id": license_["id"],
                "partner": self.demo["channels"]["bank"]["partner"],
                "purpose": "办理经营贷款",
                "expires_at": (now + timedelta(days=30)).isoformat(),
            },
            headers={"Idempotency-Key": uuid4().hex},
        )
        body = {
            "license_number": license_["number"],
            "consent_id": consent["id"],
            "purpose": "办理经营贷款",
        }
        seen = await self.ask(bank, "POST", "license-verifications", json=body)
        if not (seen["valid"] and seen["seal_valid"]):
            raise Failed(f"银行核验未通过：{seen}")
        self.say(f"银行：经授权核验证照有效，持证人 {seen['holder_name']} {seen['holder_number']}")
        reads = (await self.ask(mobile, "GET", f"licenses/{license_['id']}/reads"))["items"]
        self.say(f"手机：用证记录可见 {reads[0]['reader']} 查验，用途“{reads[0]['purpose']}”")

    async def rate_badly(self) -> None:
        """The citizen is invited to rate, and is not content."""
        mobile, application = self.person("mobile", "citizen_a"), self.facts["application"]
        path = f"applications/{application['id']}"

        async def delivered() -> bool:
            return bool((await self.ask(mobile, "GET", path))["status"] == "delivered")

        await self.wait_for("办件送达", delivered)

        async def invited() -> dict[str, Any] | None:
            items = (await self.ask(mobile, "GET", "ratings", params={"status": "invited"}))["items"]
            named = [r for r in items if r["service_name"] == application["item_name"]]
            return named[0] if named else None

        invitation = await self.wait_for("评价邀请", invited)
        body = {"level": 1, "tags": ["等候时间长"], "comment": "预约了还是等了很久"}
        headers = {"Idempotency-Key": uuid4().hex}
        rated = await self.ask(
            mobile, "POST", f"ratings/{invitation['id']}/submission", json=body, headers=headers
        )
        self.say(f"手机：收到评价邀请“{invitation['service_name']}”，评价“非常不满意”")
        self.facts["case_id"] = rated["case_id"]

    async def see_case_solved(self) -> None:
        """The case opened by itself is dispatched, solved and confirmed."""
        handler, mobile = self.person("staff", "case_handler"), self.person("mobile", "citizen_a")
        path = f"cases/{self.facts['case_id']}"
        case = await self.ask(handler, "GET", path)
        self.say(f"系统：差评自动生成诉求 {case['case_number']}，{case['due_at'][:10]} 前整改")
        department = self.demo["journey"]["journey_department"]
        await self.ask(handler, "POST", f"{path}/dispatch", json={"department": department})
        for step in ("acceptance", "start"):
            await self.ask(handler, "POST", f"{path}/{step}")
        await self.ask(handler, "POST", f"{path}/resolution", json={"note": "已增开窗口并回访致歉"})
        self.say("诉求办理员：派单、接单、办理、反馈“已增开窗口并回访致歉”")
        await self.message("complaint.case.resolved.v1", case_id=self.facts["case_id"])
        done = await self.ask(mobile, "POST", f"{path}/confirmation")
        self.say(f"手机：确认已解决，诉求 {done['status']}")
        self.facts["case"] = done


def main() -> int:
    """Walk the journey against the running platform; return the exit code."""
    path = Path(os.environ.get("RUN_DIR", ".run")) / "demo.json"
    if not path.exists():
        sys.stderr.write("平台没有运行：请先在另一个终端执行 make run\n")
        return 1
    steps = iter(range(1, 100))
    journey = Journey(
        json.loads(path.read_text(encoding="utf-8")),
        lambda text: print(f"{next(steps):>2}. {text}", flush=True),
    )
    try:
        asyncio.run(journey.walk())
    except Failed as error:
        sys.stderr.write(f"旅程中断：{error}\n")
        return 1
    print("全程走通。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
