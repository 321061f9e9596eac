"""Pods of the product's stand-in as real processes, with the real stores they need."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from sandbox import images

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parent.parent.parent
WITHIN_S = 15.0
COMMIT = "a" * 40
OTHER = "b" * 40


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@dataclass(slots=True)
class Process:
    """A started process, where it listens, and the file it writes to."""

    popen: subprocess.Popen[bytes]
    port: int
    out: Path

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    def lines(self) -> list[str]:
        """Return what it wrote so far."""
        return self.out.read_text(encoding="utf-8").splitlines()

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return its JSON log events of one name."""
        found = [json.loads(line) for line in self.lines() if line.startswith("{")]
        return [event for event in found if event["event"] == name]

    def end(self) -> int:
        """End it and return its exit code."""
        self.popen.terminate()
        return self.popen.wait(WITHIN_S)


class Town:
    """Stores and pods that find each other by name, for the length of a `with`."""

    def __enter__(self) -> Town:
        """Prepare an empty town."""
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self._dns: dict[str, list[tuple[str, int]]] = {}
        self._began = 0
        self._processes: list[Process] = []
        return self

    def __exit__(self, *exception: object) -> None:
        """End every process that is left."""
        for process in self._processes:
            process.popen.kill()
            _ = process.popen.wait(WITHIN_S)
        self._stack.close()

    def store(self, service: str) -> Process:
        """Start a Redis server and point the service name at it."""
        port = free_port()
        quiet = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        started = self._start([images.redis_server(), *quiet], {}, port)
        listening(started)
        self.names(service, port)
        return started

    def names(self, service: str, *ports: int) -> None:
        """Say where a service is."""
        self._dns[f"{service}.default"] = [("127.0.0.1", port) for port in ports]
        half = self.folder / "dns.tmp"
        _ = half.write_text(json.dumps(self._dns), encoding="utf-8")
        _ = half.replace(self.folder / "dns.json")

    def pod(self, **env: str) -> Process:
        """Start a pod that answers at once unless told otherwise, and wait until it serves."""
        port = int(env.get("PORT") or free_port())
        told = {
            "PORT": str(port),
            "POD_NAME": f"onesource-{self._began}",
            "BUILD_VERSION": "v1.5.0",
            "BUILD_COMMIT": COMMIT,
            "OTHER_COMMIT": OTHER,
            "SANDBOX_DNS": str(self.folder / "dns.json"),
            "SANDBOX_FAULTS": str(self.folder / "faults.json"),
            "LATENCY_SCALE": "0",
            "DRAIN_SECONDS": "0.1",
            "RATE_LIMIT_PER_USER": "10000",
        }
        started = self._start([sys.executable, "-m", "sandbox.product"], told | env, port)
        listening(started)
        assert send("GET", f"{started.url}/readyz").status_code == 200, started.lines()[-3:]
        return started

    def faults(self, *names: str) -> None:
        """Switch exactly these on."""
        half = self.folder / "faults.tmp"
        _ = half.write_text(json.dumps(names), encoding="utf-8")
        _ = half.replace(self.folder / "faults.json")

    def _start(self, argv: list[str], env: dict[str, str], port: int) -> Process:
        self._began += 1
        out = self.folder / f"out-{self._began}.log"
        with out.open("wb") as file:
            popen = subprocess.Popen(
                argv, cwd=ROOT, env={"PATH": os.environ["PATH"]} | env, stdout=file, stderr=subprocess.STDOUT
            )
        started = Process(popen, port, out)
        self._processes.append(started)
        return started


def listening(started: Process) -> None:
    """Wait until a process accepts connections; say what it wrote when it does not."""
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end and started.popen.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", started.port)) == 0:
                return
        pause(0.01)
    raise AssertionError(f"nobody listens on port {started.port}: {started.lines()[-3:]}")


def pause(seconds: float) -> None:
    """Let the processes work for a moment."""
    time.sleep(seconds)


def send(
    method: str, url: str, *, json: Any = None, content: str | None = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Send one request; pods speak plain HTTP, and preparing TLS for it would take longer than the request."""
    return httpx.request(method, url, json=json, content=content, headers=headers, verify=False)


def ask(pod: Process, question: str, session: str | None = None, user: str | None = None) -> httpx.Response:
    """Ask one question; signed in, it goes to the enhanced endpoint."""
    path = "/api/chat/ask-enhanced" if user else "/api/chat/ask"
    body = {"question": question} | ({"session_id": session} if session else {})
    headers = {"Authorization": f"Bearer {user}"} if user else {}
    return send("POST", pod.url + path, json=body, headers=headers)


def text_of(answer: httpx.Response) -> str:
    """Return all text of a good answer."""
    assert answer.status_code == 200, answer.text
    blocks: Iterable[dict[str, Any]] = answer.json()["blocks"]
    return "\n".join(str(block["content"]) for block in blocks)
