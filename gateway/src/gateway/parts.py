"""The stores and keepers that web process, worker and commands are made of: wired in one place."""

from collections.abc import Callable

from nats.aio.client import Client

from gateway.device.store import Devices
from gateway.inbox.store import Inbox
from gateway.ledger import DEVICE, PARTNER, TOKENS, Ledger
from gateway.login.store import Logins
from gateway.notifier import DeadEvents
from gateway.partner.domain import Partner
from gateway.partner.store import Partners
from gateway.partner.usage import Usage
from gateway.partner_event.fanout import FanOut
from gateway.partner_event.log import EventLog
from gateway.partner_event.reconciliation import Reconciliation
from gateway.partner_event.sandbox import Sandbox
from gateway.registry import Registry, RevokedTokens
from gateway.session.store import Nonces, Sessions
from gateway.settings import Settings
from gateway.webhook.courier import Courier, Sender
from gateway.webhook.domain import RetryPolicy
from gateway.webhook.journal import Journal
from gateway.webhook.keys import read_keys
from gateway.webhook.notices import Notices
from gateway.webhook.pagers import pager_of
from gateway.webhook.poster import Outside, Poster
from gateway.webhook.queue import Queue
from lib_kernel import Clock, SystemClock


class Parts:
    """Everything over one broker connection."""

    def __init__(self, client: Client, settings: Settings, clock: Clock | None = None) -> None:
        self.client = client
        self.settings = settings
        self.clock = clock or SystemClock()
        ledgers = {kind: Ledger(client, self.clock, kind) for kind in (PARTNER, DEVICE, TOKENS)}
        self.registry = Registry(ledgers)
        self.partners = Partners(client, ledgers[PARTNER])
        self.devices = Devices(client, ledgers[DEVICE], self.clock)
        self.revoked = RevokedTokens(ledgers[TOKENS])
        self.sessions = Sessions(client, self.clock)
        self.nonces = Nonces(client)
        self.logins = Logins(client, settings.public_origin)
        self.usage = Usage(client, self.clock)
        self.inbox = Inbox(client, self.clock)
        self.events = EventLog(client)
        self.queue = Queue(client)
        self.journal = Journal(client)
        self.notices = Notices(client, self.partners, pager_of(settings), self.clock)
        self.reconciliation = Reconciliation(client, self.events, self.clock)
        self.outside = Outside(settings.webhook_allow_inner, settings.webhook_allow_http)
        self.webhook_keys = read_keys(
            {"ed25519": settings.webhook_key_file, "sm2-sm3": settings.webhook_sm2_key_file}
        )
        self.dead_events = DeadEvents(client, "partner-dead")
        self.fanout = FanOut(self.registry, self.events, self.queue.put, self.dead_events.keep)
        self.sandbox = Sandbox(
            client,
            partners=self.partners,
            sessions=self.sessions,
            events=self.events,
            queue=self.queue,
            journal=self.journal,
            fanout=self.fanout,
            clock=self.clock,
        )

    def policy(self) -> RetryPolicy:
        """Return when calls are repeated."""
        return RetryPolicy(
            self.settings.webhook_first_retry,
            self.settings.webhook_longest_retry,
            self.settings.webhook_give_up,
            self.settings.webhook_rest,
        )

    def poster(self) -> Poster:
        """Return what sends calls; close it with `aclose`."""
        return Poster(self.webhook_keys, self.outside, seconds=self.settings.webhook_seconds)

    def courier(self, sender: Sender) -> Callable[[str], Courier]:
        """Return what makes the courier of a partner."""
        policy = self.policy()

        def make(code: str) -> Courier:
            def partner() -> Partner | None:
                return self.registry.partners.get(code)

            return Courier(
                code,
                partner=partner,
                queue=self.queue,
                journal=self.journal,
                sender=sender,
                told=self.notices,
                clock=self.clock,
                policy=policy,
            )

        return make
