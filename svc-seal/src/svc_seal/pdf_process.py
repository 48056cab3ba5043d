"""Works on PDF files in processes that can be killed: a crafted file may keep a parser busy for ever.

Each piece of work has so many seconds of processor time and so much memory; a process that wants more ends,
and a new one takes its place. Nothing else of the service waits for it.
"""

import atexit
import importlib
import queue
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from lib_kernel import Unavailable

T = TypeVar("T")

PROCESSES = 2
CPU_SECONDS = 10
# A machine with much to do gives processor time slowly; the clock only catches what waits without computing.
CLOCK_SECONDS = 60.0
START_SECONDS = 120.0
MEMORY = 400 * 1024**2
MOST_WAITING = 32


class PdfWorkFailed(ValueError):
    """The work raised an error: the file is not what it should be."""


class PdfTooHard(PdfWorkFailed):
    """The work took too long or too much memory and was ended."""


class PdfBusy(Unavailable):
    """Too many PDF files wait already."""

    code = "pdf-busy"
    title = "PDF 文件处理繁忙，请稍后再试"


class _Child:
    """One process with a line to it."""

    def __init__(self, cpu_seconds: int, memory: int) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", __name__, str(theirs.fileno()), str(cpu_seconds), str(memory)]
            # Our own interpreter and module; nothing in the command comes from outside.
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])  # noqa: S603
        self._line = Connection(ours.detach())
        if not self._line.poll(START_SECONDS):
            self.end()
            raise PdfBusy
        self._line.recv()

    def run(self, function: Callable[..., T], args: tuple[Any, ...]) -> T:
        try:
            self._line.send((function.__module__, function.__qualname__, args))
            if not self._line.poll(CLOCK_SECONDS):
                raise PdfTooHard("no answer in time")
            good, answer = self._line.recv()
        except (EOFError, OSError) as error:
            raise PdfTooHard("ended at a limit") from error
        if not good:
            raise PdfWorkFailed(answer)
        found: T = answer
        return found

    def end(self) -> None:
        self._line.close()
        self._process.kill()
        self._process.wait()


@dataclass
class PdfProcesses:
    """A few processes, started when first needed."""

    count: int = PROCESSES
    cpu_seconds: int = CPU_SECONDS
    memory: int = MEMORY
    _idle: "queue.LifoQueue[_Child | None]" = field(init=False)
    _waiting: threading.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._idle = queue.LifoQueue()
        self._waiting = threading.Semaphore(MOST_WAITING)
        for _ in range(self.count):
            self._idle.put(None)
        atexit.register(self.close)

    def run(self, function: Callable[..., T], *args: Any) -> T:
        """Return what a module's function returns; arguments and result go through pickle.

        Raises:
            PdfWorkFailed: the function raised an error.
            PdfTooHard: it was ended at a limit.
            PdfBusy: too many wait already.
        """
        if not self._waiting.acquire(blocking=False):
            raise PdfBusy
        try:
            child = self._idle.get()
            try:
                child = child or _Child(self.cpu_seconds, self.memory)
                return child.run(function, args)
            except PdfTooHard:
                if child is not None:
                    child.end()
                child = None
                raise
            finally:
                self._idle.put(child)
        finally:
            self._waiting.release()

    def close(self) -> None:
        """End the processes that are idle."""
        for _ in range(self._idle.qsize()):
            child = self._idle.get()
            if child is not None:
                child.end()
            self._idle.put(None)


def serve(descriptor: int, cpu_seconds: int, memory: int) -> None:
    """Work until the other end closes the line."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The end of the service is told by the line; a terminal's Ctrl-C is not for this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = Connection(descriptor)
    line.send("ready")
    while True:
        try:
            module, name, args = line.recv()
        except (EOFError, OSError):
            return
        function = getattr(importlib.import_module(module), name)
        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = int(used.ru_utime + used.ru_stime)
        # At the limit the kernel ends the process, wherever it is: no parser can catch that.
        resource.setrlimit(resource.RLIMIT_CPU, (spent + cpu_seconds + 1, resource.RLIM_INFINITY))
        try:
            answer = (True, function(*args))
        except BaseException as error:
            answer = (False, type(error).__name__)
        line.send(answer)


if __name__ == "__main__":
    serve(*(int(argument) for argument in sys.argv[1:4]))
