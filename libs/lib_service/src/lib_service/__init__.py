"""Wiring that the five services share: settings, runtime, worker.

The web part is `lib_service.web`, apart so that workers do not load the web framework.
"""

from lib_service._runtime import Runtime, Service
from lib_service._settings import ServiceSettings
from lib_service._worker import Work, no_work, run_worker, worker_tasks

__all__ = ["Runtime", "Service", "ServiceSettings", "Work", "no_work", "run_worker", "worker_tasks"]
