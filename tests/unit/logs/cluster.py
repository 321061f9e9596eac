"""Pods of an API in this process, their logs written by hand, and a way to cut the connections to it."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from harness.clock import SystemClock
from harness.observe.logs.api import LogApi
from harness.observe.logs.follow import Follower
from harness.target import Environment
from sandbox.cluster.logs import log_path, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from harness.observe.logs.api import Container
    from harness.observe.logs.follow import Followed, Take
    from tests.kube.backend import Backend


class Pod:
    """A running pod; all that it ever wrote is kept, by instance."""

    def __init__(self, backend: Backend, name: str) -> None:
        self.backend, self.name, self.instance = backend, name, 0
        state = {"name": "main", "image": "talker:1", "ready": True, "restartCount": 0}
        state |= {"state": {"running": {}}, "lastState": {}, "started": True}
        pod: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": {"app": "onesource"}},
            "spec": {"nodeName": "n1", "containers": [{"name": "main", "image": "talker:1"}]},
            "status": {"phase": "Running", "podIP": "10.0.0.1", "containerStatuses": [state]},
        }
        made = backend.on_loop(lambda store: store.create("pods", pod))
        self.meta = made["metadata"]
        self.said: list[str] = []
        self._last = 0
        self.file.parent.mkdir(parents=True)
        self.file.touch()

    @property
    def file(self) -> Path:
        return log_path(self.backend.logs, self.meta, "main", self.instance)

    def say(self, *texts: str, step_ns: int = 1000, at_ns: int = 0) -> None:
        """Write lines; with a step of 0 they have the same time."""
        start = at_ns or max(time.time_ns(), self._last + 1000)
        self._last = start + step_ns * len(texts)
        lines = "".join(f"{stamp(start + i * step_ns)} stdout F {text}\n" for i, text in enumerate(texts))
        with self.file.open("a") as file:
            _ = file.write(lines)
        self.said += texts

    def restart(self) -> None:
        """Let a next instance follow this one."""
        self.instance += 1
        self.file.touch()

        def change(obj: dict[str, Any]) -> None:
            obj["status"]["containerStatuses"][0]["restartCount"] = self.instance

        _ = self.backend.on_loop(lambda store: store.mutate("pods", "default", self.name, change))

    def rotate(self) -> None:
        """Put the log aside and begin another file, as a node does with one that has grown too big."""
        _ = self.file.rename(self.file.with_suffix(".old"))
        self.file.touch()

    def delete(self) -> None:
        _ = self.backend.on_loop(lambda store: store.delete("pods", "default", self.name))


class Wire:
    """A relay in front of the API whose connections can be cut; TLS passes through it."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await asyncio.sleep(0.05)

    def cut(self) -> None:
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._open |= {writer, back}
        with suppress(OSError):
            _ = await asyncio.gather(_pump(reader, back), _pump(there, writer))
        self._open -= {writer, back}
        writer.close()
        back.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


class Watched:
    """A follower in a thread of its own, with a wire to cut; lines by pod, as they were handed on."""

    def __init__(self, backend: Backend, since: str = "") -> None:
        self.lines: dict[str, list[str]] = {}
        self._backend, self._since = backend, since
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()

    def _take(self, of: Container) -> Take:
        mine = self.lines.setdefault(of.pod, [])

        def take(lines: Sequence[bytes], at_s: float) -> None:
            assert abs(at_s - time.time()) < 7200
            mine.extend(line.decode() for line in lines)

        return take

    async def _run(self) -> None:
        port = int(self._backend.url.rpartition(":")[2])
        async with Wire(port) as self.wire:
            kubeconfig = self._backend.folder / "wired"
            text = self._backend.kubeconfig.read_text().replace(f":{port}", f":{self.wire.port}")
            _ = kubeconfig.write_text(text)
            async with LogApi(Environment(kubeconfig=str(kubeconfig), context="reader")) as api:
                made = Follower(api, "app=onesource", SystemClock(), self._take, since=self._since)
                self.followed: Followed = made.followed
                self._task = asyncio.create_task(made.run(every_s=0.1))
                self._ready.set()
                with suppress(asyncio.CancelledError):
                    await self._task

    def cut(self) -> None:
        _ = self._loop.call_soon_threadsafe(self.wire.cut)

    def until(self, ready: Callable[[], bool]) -> None:
        ends = time.monotonic() + 8
        while not ready():
            assert time.monotonic() < ends, (self.lines, self.followed)
            assert not self._task.done()
            time.sleep(0.02)


@contextmanager
def watched(backend: Backend, since: str = "") -> Generator[Watched]:
    made = Watched(backend, since)
    thread = threading.Thread(target=lambda: made._loop.run_until_complete(made._run()), daemon=True)
    thread.start()
    assert made._ready.wait(5)
    try:
        yield made
    finally:
        _ = made._loop.call_soon_threadsafe(made._task.cancel)
        thread.join(5)
        made._loop.close()
