"""Builds the parts of a web process and joins them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial

from fastapi import FastAPI
from nats.aio.client import Client
from starlette.applications import Starlette

from gateway.attempts import FailedAttempts
from gateway.availability import Availability
from gateway.cache import ReadCache, follow_changes
from gateway.channel_docs import ChannelDocs, Document, Read
from gateway.core import Gateway, InternalTokens
from gateway.guards import InFlight, RateLimit
from gateway.identity import Authenticator, TrustedProxies
from gateway.inbox.feed import Feed
from gateway.indicators import Gatherer, indicator_routes
from gateway.intake import Intake
from gateway.login.http import Entrance
from gateway.login.provider import IdentityProvider
from gateway.oidc import TokenVerifier
from gateway.own import own_app
from gateway.partner.admission import Admission
from gateway.parts import Parts
from gateway.routes import TABLE
from gateway.routing import RouteTable, read_table
from gateway.screens import screens
from gateway.settings import Settings
from gateway.store import connected
from gateway.upstream import Upstream
from gateway.visits import Visits
from lib_kernel import clock_from
from lib_log import configure_logging
from lib_messaging import stop_tasks
from lib_web import InternalTokenSigner, SisterClient, freeze_startup


def lifespan_of(settings: Settings) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Return what opens the parts at start and closes them at stop."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        configure_logging("gateway", settings.log_level)
        async with AsyncExitStack() as stack:
            client = await connected(settings.nats_url)
            stack.push_async_callback(client.close)
            await _open(app, settings, client, stack)
            freeze_startup()
            yield

    return lifespan


async def _open(app: Starlette, settings: Settings, client: Client, stack: AsyncExitStack) -> None:
    """Build the parts; what must be closed goes on the stack."""
    clock = clock_from(settings.clock_file)
    signer = InternalTokenSigner.from_file("gateway", settings.internal_signing_key_file)
    sisters = {name: SisterClient("gateway", urls[0], signer) for name, urls in settings.upstreams().items()}
    for sister in sisters.values():
        stack.push_async_callback(sister.aclose)
    parts, table = Parts(client, settings), read_table(TABLE)
    cache, availability = ReadCache(settings.cache_bytes), Availability(sisters["catalog"])
    visits = Visits(client, clock)
    in_flight = InFlight(
        settings.most_in_flight, settings.most_streams, most_of_one=settings.most_streams_of_one
    )
    going_on = [
        *parts.registry.follow(),
        parts.usage.follow(),
        parts.usage.run(),
        visits.write(),
        follow_changes(client, [cache.expire, availability.expire]),
        in_flight.watch(),
    ]
    stack.push_async_callback(stop_tasks, [asyncio.create_task(each) for each in going_on])
    stack.push_async_callback(parts.usage.flush)
    feed = Feed(client, parts.inbox)
    await feed.start()
    stack.callback(feed.close)
    attempts = FailedAttempts(settings.failures_per_second, settings.failure_burst)
    own = own_app(parts, feed, sisters, settings.person_id_key_file, attempts)
    own.include_router(screens(sisters, settings.person_id_key_file.read_bytes().strip()))
    own.include_router(indicator_routes())
    own.state.gatherer = Gatherer(sisters, visits, clock)
    authenticator = _authenticator(settings, parts, attempts)
    app.state.parts, app.state.feed, app.state.in_flight = parts, feed, in_flight
    app.state.registry, app.state.docs = parts.registry, ChannelDocs(table, _documents(own, sisters))
    app.state.entrance = Entrance(authenticator, parts.logins, IdentityProvider(settings), attempts)
    app.state.gateway = Gateway(
        intake=_intake(settings, table),
        authenticator=authenticator,
        admission=Admission(parts.registry, parts.usage),
        tokens=InternalTokens(signer),
        upstream=_upstream(settings, stack),
        cache=cache,
        availability=availability,
        own=own,
        visits=visits,
        rate=RateLimit(settings.requests_per_second, settings.burst),
        in_flight=in_flight,
    )


def _intake(settings: Settings, table: RouteTable) -> Intake:
    return Intake(
        table,
        public_origin=settings.public_origin,
        largest_body=settings.largest_body,
        body_seconds=settings.body_seconds,
    )


def _upstream(settings: Settings, stack: AsyncExitStack) -> Upstream:
    upstream = Upstream(
        settings.upstreams(), silence=settings.upstream_seconds, patience=settings.patience_seconds
    )
    stack.push_async_callback(upstream.aclose)
    return upstream


def _authenticator(settings: Settings, parts: Parts, attempts: FailedAttempts) -> Authenticator:
    return Authenticator(
        TokenVerifier(settings, parts.registry.revoked),
        parts.registry,
        sessions=parts.sessions,
        logins=parts.logins,
        nonces=parts.nonces,
        proxies=TrustedProxies(settings.trusted_proxies),
        attempts=attempts,
        clock=parts.clock,
    )


def _documents(own: FastAPI, sisters: Mapping[str, SisterClient]) -> dict[str, Read]:
    async def mine() -> Document:
        return own.openapi()

    return {
        "gateway": mine,
        **{name: partial(sister.get, "/openapi.json") for name, sister in sisters.items()},
    }
