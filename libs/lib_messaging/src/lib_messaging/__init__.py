"""Outbox, relay, inbox and consumers over NATS JetStream."""

from lib_messaging._consumer import Consumer, InboxProcessor, Processor, consume, on
from lib_messaging._envelope import Envelope, wrap
from lib_messaging._provision import ensure_consumer, ensure_streams
from lib_messaging._relay import Relay
from lib_messaging._replay import replay_dead_letters
from lib_messaging._tables import MessageTables, message_tables
from lib_messaging._uow import SqlOutbox, SqlUnitOfWork
from lib_messaging._worker import Periodic, connect, keep_doing, run_until_stopped, stop_tasks

__all__ = [
    "Consumer",
    "Envelope",
    "InboxProcessor",
    "MessageTables",
    "Periodic",
    "Processor",
    "Relay",
    "SqlOutbox",
    "SqlUnitOfWork",
    "connect",
    "consume",
    "ensure_consumer",
    "ensure_streams",
    "keep_doing",
    "message_tables",
    "on",
    "replay_dead_letters",
    "run_until_stopped",
    "stop_tasks",
    "wrap",
]
