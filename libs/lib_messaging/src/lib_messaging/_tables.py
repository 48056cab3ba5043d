"""Tables for messages, the same in each service's database."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, MetaData, Table, Text, Uuid

from lib_db import UtcDateTime


@dataclass(frozen=True)
class MessageTables:
    """`outbox`: events on their way out. `inbox`: events already handled. `dead`: events given up on."""

    outbox: Table
    inbox: Table
    dead: Table


def message_tables(metadata: MetaData) -> MessageTables:
    """Declare the message tables in a service's metadata."""
    outbox = Table(
        "outbox",
        metadata,
        Column("id", Uuid, primary_key=True, comment="event id, also Nats-Msg-Id"),
        Column("seq", BigInteger, Identity(), nullable=False),
        Column("type", Text, nullable=False),
        Column("envelope", Text, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("sent_at", UtcDateTime),
    )
    Index("ix_outbox_unsent", outbox.c.seq, postgresql_where=outbox.c.sent_at.is_(None))
    Index("ix_outbox_sent_at", outbox.c.sent_at, postgresql_where=outbox.c.sent_at.is_not(None))
    inbox = Table(
        "inbox",
        metadata,
        Column("durable", Text, primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column("handled_at", UtcDateTime, nullable=False, index=True),
    )
    dead = Table(
        "dead_letter",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("durable", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("envelope", Text, nullable=False),
        Column("reason", Text, nullable=False, comment="class of the error, never its text"),
        Column("deliveries", Integer, nullable=False),
        Column("failed_at", UtcDateTime, nullable=False),
        Column("replayed_at", UtcDateTime),
    )
    Index("ix_dead_letter_open", dead.c.failed_at, postgresql_where=dead.c.replayed_at.is_(None))
    return MessageTables(outbox, inbox, dead)
