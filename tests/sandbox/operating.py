"""What the tests of drills share: users who ask all the while, and what a change needs with kubectl."""

from __future__ import annotations

import json
import threading
import time
import tomllib
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.running import Running

WEIGHT = "nginx.ingress.kubernetes.io/canary-weight"
VERSION = "X-Onesource-Version"
QUESTION = {"question": "What helps against poor sleep?"}
ALWAYS = {"X-Canary": "always"}


class Users:
    """Asks at a steady rate, chat and version by turns, as new users; counts which build answered and what failed."""

    def __init__(self, url: str, per_s: float = 40.0) -> None:
        """Ask at the address."""
        self._url, self._pause = url, 4 / per_s
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(4)]
        self.failed: list[str] = []
        self.answered = Counter[str]()

    def __enter__(self) -> Users:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and wait for the answers under way."""
        self._ended.set()
        for thread in self._threads:
            thread.join(10)

    def anew(self) -> None:
        """Count from now."""
        self.answered = Counter[str]()

    def _run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=10) as kept:
            number = 0
            while not self._ended.wait(self._pause):
                number += 1
                kept.cookies.clear()
                try:
                    answer = kept.post("/api/chat/ask", json=QUESTION) if number % 2 else kept.get("/version")
                except httpx.HTTPError as trouble:
                    self.failed.append(repr(trouble))
                    continue
                if answer.status_code == 200:
                    self.answered[answer.headers[VERSION]] += 1
                else:
                    self.failed.append(str(answer.status_code))


def until(holds: Callable[[], object], within_s: float = 20.0) -> None:
    """Wait until something holds."""
    ends = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < ends, f"it did not come within {within_s} s"
        time.sleep(0.1)


def weigh(sandbox: Running, percent: int, context: str = "staging") -> None:
    """Give the canary Ingress a weight, and the ingress controller a moment."""
    _ = sandbox.kubectl(
        "annotate", "ingress", "onesource-canary", f"{WEIGHT}={percent}", "--overwrite", context=context, role="actor"
    )
    time.sleep(0.8)


def wake(sandbox: Running) -> None:
    """Start staging's sleeping canary."""
    _ = sandbox.kubectl("scale", "deployment/onesource-canary", "--replicas=1", role="actor")
    _ = sandbox.kubectl("rollout", "status", "deployment/onesource-canary", "--timeout=40s")
    until(lambda: httpx.get(sandbox.said.staging_url + "/version", headers=ALWAYS).json()["version"])


def sleep(sandbox: Running) -> None:
    """Put staging's canary back to sleep."""
    weigh(sandbox, 0)
    _ = sandbox.kubectl("scale", "deployment/onesource-canary", "--replicas=0", role="actor")
    until(lambda: not pods(sandbox, "track=canary"))


def share(url: str, commit: str, asks: int = 100, headers: dict[str, str] | None = None) -> float:
    """Return the share of a build among answers to new users; a failed one counts as another build."""
    seen: list[str | None] = []
    with httpx.Client(base_url=url, headers=headers) as kept:
        for _ in range(asks):
            kept.cookies.clear()
            seen.append(kept.get("/version").headers.get(VERSION))
    return seen.count(commit) / asks


def pods(sandbox: Running, selector: str, context: str = "staging") -> list[dict[str, Any]]:
    """Return the pods of a selector."""
    found = json.loads(sandbox.kubectl("get", "pods", "-l", selector, "-o", "json", context=context))
    return list(found["items"])


def profile(sandbox: Running) -> dict[str, Any]:
    """Return the profile that the sandbox wrote."""
    return tomllib.loads(sandbox.said.target.read_text(encoding="utf-8"))
