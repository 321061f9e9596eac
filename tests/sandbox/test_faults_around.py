"""Faults around the product, in a running sandbox: what users of it notice, and that nothing of it stays."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

import httpx

from harness import target
from sandbox import apply
from sandbox.cluster.restarts import HABITS
from sandbox.faults.around import AROUND
from sandbox.faults.catalogue import FAULTS
from sandbox.faults.objects import PREFIX, with_faults
from sandbox.faults.operations import OPERATIONS
from sandbox.users.moods import mood

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.running import Running

QUESTION = {"question": "What helps against poor sleep?"}


def test_names_that_code_asks_for_are_in_the_catalogue() -> None:
    habits = HABITS.keys() - {fault.name for fault in OPERATIONS}
    named = {*habits, "redis-down", "logs-rotated", "logs-traceback", "logs-skewed", "canary-starved", "no-affinity"}
    moods = {"canary-abandon", "canary-feedback", "engagement-down", "completion-down"}
    collectors = {fault.name for fault in AROUND if fault.where == "collector"}
    assert named | moods | collectors == {fault.name for fault in AROUND} <= FAULTS.keys()
    assert mood(frozenset(moods), None).leaves


def test_without_affinity_the_primary_ingress_sets_no_cookie() -> None:
    objects = apply.manifests("production")
    before, after = (with_faults(objects, frozenset(on)) for on in ((), ("no-affinity",)))
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {("Ingress", "onesource-ingress")}
    assert PREFIX + "affinity" in before["Ingress", "onesource-ingress"]["metadata"]["annotations"]
    assert not after["Ingress", "onesource-ingress"]["metadata"]["annotations"]


def test_tokens_of_synthetic_users_lie_in_a_file_that_only_its_owner_reads(sandbox: Running) -> None:
    path = sandbox.said.state / "tokens"
    assert path.stat().st_mode & 0o777 == 0o600
    tokens = path.read_text(encoding="utf-8").splitlines()
    assert (tokens[0], len(set(tokens))) == ("test-verify-0", len(tokens))
    most_per_s = max(watch.requests_per_s or 0 for watch in target.load("sandbox").watch.values())
    assert most_per_s < 0.75 * len(tokens) * 30 / 60  # each may ask 30 times a minute, and chance is not even
    assert f'token_file = "{path}"' in sandbox.said.target.read_text(encoding="utf-8")
    answer = httpx.post(
        sandbox.said.url + "/api/chat/ask-enhanced", json=QUESTION, headers={"Authorization": f"Bearer {tokens[399]}"}
    )
    assert answer.status_code == 200


def test_each_pods_own_figures_are_read_through_the_api(sandbox: Running) -> None:
    pods = sandbox.kubectl(
        "get", "pods", "-l", "component=backend", "-o", "name", context="production", role="reader"
    ).split()
    assert len(pods) == 5
    for pod in pods:
        path = f"/api/v1/namespaces/default/{pod.replace('pod/', 'pods/')}:8001/proxy/api/metrics/observability"
        found = json.loads(sandbox.kubectl("get", "--raw", path, context="production", role="reader"))
        assert "persistence" in found


class Asking:
    """Asks one question after the other from several threads until told to stop, and keeps what went wrong."""

    def __init__(self, url: str) -> None:
        """Ask at the address."""
        self.good, self.slowest_s = 0, 0.0
        self.bad: list[str] = []
        self._url = url + "/api/chat/ask"
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(4)]

    def __enter__(self) -> Asking:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop and wait for the answers under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join(15)

    def _run(self) -> None:
        with httpx.Client(timeout=10) as client:
            while not self._stop.wait(0.02):
                began = time.monotonic()
                try:
                    answer = client.post(self._url, json=QUESTION)
                except httpx.HTTPError as trouble:
                    self.bad.append(repr(trouble))
                    continue
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                if answer.status_code == 200:
                    self.good += 1
                else:
                    self.bad.append(f"{answer.status_code} {answer.text[:100]}")


def _until(holds: Callable[[], bool], within_s: float) -> None:
    ends = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < ends, f"it did not come within {within_s} s"
        time.sleep(0.2)


def _restarts(sandbox: Running) -> list[int]:
    shown = sandbox.kubectl(
        "get", "pods", "-l", "component=backend", "-o", "jsonpath={.items[*].status.containerStatuses[0].restartCount}"
    )
    return sorted(map(int, shown.split()))


def test_a_restart_in_good_order_drops_no_request_and_redis_down_stops_no_conversation(sandbox: Running) -> None:
    """Both at once, in staging and in production: each takes its time."""
    ready = sandbox.said.url + "/readyz"
    assert _restarts(sandbox) == [0, 0]
    with Asking(sandbox.said.staging_url) as staging:
        sandbox.switch("counters-reset", "redis-down")
        with Asking(sandbox.said.url) as production:
            _until(lambda: production.good > 200, 20)
            checks = httpx.get(ready).json()["health_checks"]
        assert (checks["redis"]["status"], checks["conversation_store"]["status"]) == ("unhealthy", "healthy")
        _until(lambda: _restarts(sandbox) == [0, 1], 30)
        time.sleep(2)
        sandbox.switch()
    assert (staging.bad, production.bad) == ([], [])
    assert staging.good > 500
    assert production.slowest_s < 2
    assert _restarts(sandbox) == [0, 0]  # the restarted pod was replaced: the next look finds nothing of it
    assert httpx.get(ready).json()["health_checks"]["redis"]["status"] == "healthy"


def test_the_way_to_the_arms_is_restored(sandbox: Running) -> None:
    def cookies() -> bool:
        return "onesource-arm" in " ".join(httpx.get(sandbox.said.url + "/version").headers.get_list("set-cookie"))

    assert cookies()
    sandbox.switch("no-affinity", "canary-starved")
    assert not cookies()
    sandbox.switch()
    assert cookies()
