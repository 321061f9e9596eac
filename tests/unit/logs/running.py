"""The source of logs in a thread of its own, in front of an API of this process whose connections can be cut."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from harness.clock import SystemClock
from harness.observe.logs.source import LogSource
from harness.target import Environment, Logs, Target
from tests.unit.logs.cluster import Wire
from tests.unit.logs.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from harness.judge.answers import Arm
    from harness.observe.logs.seen import LogsSeen
    from tests.kube.backend import Backend

ARMS: dict[str, Arm] = {"v1": "stable", "v2": "canary"}


class Running:
    """A running source and what it handed on."""

    def __init__(self, backend: Backend, idle_s: float, context: str) -> None:
        self.kept = Kept()
        self._backend, self._idle_s, self._context = backend, idle_s, context
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()

    async def _run(self) -> None:
        port = int(self._backend.url.rpartition(":")[2])
        async with Wire(port) as self.wire:
            kubeconfig = self._backend.folder / "wired"
            text = self._backend.kubeconfig.read_text().replace(f":{port}", f":{self.wire.port}")
            _ = kubeconfig.write_text(text)
            environment = Environment(kubeconfig=str(kubeconfig), context=self._context)
            target = Target("t", {"production": environment}, logs=Logs(selector="app=onesource", idle_s=self._idle_s))
            self.source = LogSource(target, environment, self.kept, SystemClock(), ARMS.get)
            self._task = asyncio.create_task(self.source.run())
            await asyncio.sleep(0)  # it has begun: what is said from now on counts
            self._ready.set()
            with suppress(asyncio.CancelledError):
                await self._task

    @property
    def seen(self) -> LogsSeen:
        return self.source.seen()

    def cut(self) -> None:
        _ = self._loop.call_soon_threadsafe(self.wire.cut)

    def until(self, ready: Callable[[], bool]) -> None:
        ends = time.monotonic() + 10
        while not ready():
            assert time.monotonic() < ends, self.seen
            assert not self._task.done()
            time.sleep(0.02)


@contextmanager
def running(backend: Backend, idle_s: float = 600.0, context: str = "reader") -> Generator[Running]:
    """Run until the end of the block, then finish."""
    made = Running(backend, idle_s, context)
    thread = threading.Thread(target=lambda: made._loop.run_until_complete(made._run()), daemon=True)
    thread.start()
    assert made._ready.wait(5)
    try:
        yield made
    finally:
        _ = made._loop.call_soon_threadsafe(made._task.cancel)
        thread.join(5)
        made._loop.close()
        _ = made.source.finish()
