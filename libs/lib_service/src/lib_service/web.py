"""Web application and the dependencies that handlers ask for."""

from lib_service._web import (
    ClockDep,
    Components,
    ReadSession,
    TraceSession,
    component,
    module_app,
    recorded,
    service_app,
    unit_of_work,
)

__all__ = [
    "ClockDep",
    "Components",
    "ReadSession",
    "TraceSession",
    "component",
    "module_app",
    "recorded",
    "service_app",
    "unit_of_work",
]
