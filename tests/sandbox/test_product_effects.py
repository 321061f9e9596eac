"""Every effect that a fault may have is honoured by the handlers. One pod in this process, real stores."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from sandbox.product import schema
from sandbox.product.faults import Effects
from sandbox.product.latency import LEGACY_FACTOR, Model
from sandbox.product.logs import hashed
from sandbox.product.pod import Pod
from sandbox.product.server import application
from sandbox.product.settings import read
from tests.sandbox.product_pods import COMMIT, Town

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from aiohttp import web

    Client = TestClient[web.Request, web.Application]

QUESTION = "How do I plan a picnic?"
EVENTS = {"Accept": "text/event-stream"}
CALM = Effects(commit=COMMIT)


class Staged(Pod):
    """A pod whose answers are changed as a test says."""

    change: Effects = CALM

    def effects(self, request: web.Request) -> Effects:
        """Return what the test wants."""
        return self.change if request.path.startswith("/api/") or self.change.html else CALM


@pytest.fixture(scope="module")
def stores() -> Iterator[dict[str, str]]:
    with Town() as town:
        redis, mongo = town.store("redis-service"), town.store("mongodb-service")
        yield {"REDIS_HOST": f"127.0.0.1:{redis.port}", "MONGO_HOST": f"127.0.0.1:{mongo.port}"}


class Stage:
    """One pod, and what was seen of it."""

    def __init__(self, stores: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
        self._env = {"LATENCY_SCALE": "0", "CONV_DUAL_WRITE": "1", "BUILD_COMMIT": COMMIT, **stores}
        self._capsys = capsys

    def play(self, scene: Callable[[Client, Staged], Awaitable[Any]], **env: str) -> Any:
        """Run a scene with a client and its pod, and return what it returns."""

        async def run() -> Any:
            pod = Staged(read(self._env | env))
            async with TestClient(TestServer(application(pod))) as client:
                try:
                    return await scene(client, pod)
                finally:
                    pod.conversations.close()

        return asyncio.run(run())

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log events of this name since the last look."""
        lines = self._capsys.readouterr().out.splitlines()
        return [event for line in lines if line.startswith("{") and (event := json.loads(line))["event"] == name]


@pytest.fixture
def stage(stores: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Stage:
    return Stage(stores, capsys)


async def ask(
    client: Client, question: str = QUESTION, session: str = "", headers: dict[str, str] | None = None, tier: str = ""
) -> tuple[int, Any, float]:
    """Ask once; return status, document and seconds."""
    begun = time.perf_counter()
    body = {"question": question, "session_id": session}
    async with client.post(f"/api/chat/ask{tier}", json=body, headers=headers) as answer:
        return answer.status, await answer.json(), time.perf_counter() - begun


async def streamed(client: Client) -> list[tuple[float, str, Any]]:
    """Ask once for a stream; return each event as seconds, name and document."""
    begun, seen, name = time.perf_counter(), list[tuple[float, str, Any]](), ""
    async with client.post("/api/chat/ask", json={"question": QUESTION}, headers=EVENTS) as answer:
        async for line in answer.content:
            key, _, rest = line.decode().strip().partition(": ")
            name = rest if key == "event" else name
            if key == "data":
                seen.append((time.perf_counter() - begun, name, json.loads(rest)))
    return seen


def test_a_failed_request_says_in_the_log_which_turn_of_which_session_it_was(stage: Stage) -> None:
    async def scene(client: Client, pod: Staged) -> tuple[int, Any]:
        _ = await ask(client, session="failing")
        pod.change = Effects(commit=COMMIT, status=503)
        status, document, _ = await ask(client, session="failing")
        return status, document["error"]

    assert stage.play(scene) == (503, "unavailable")
    good, bad = stage.events("request_metrics")
    kept = ("endpoint", "tier", "session_id_hash", "status", "turn")
    assert [good[key] for key in kept] == ["/api/chat/ask", "regular", hashed("failing"), 200, 1]
    assert [bad[key] for key in kept] == ["/api/chat/ask", "regular", hashed("failing"), 503, 2]
    assert bad["latency_ms"] > 0


def test_requests_that_say_they_are_synthetic_are_logged_so_and_others_say_nothing(stage: Stage) -> None:
    async def scene(client: Client, pod: Staged) -> None:
        for headers in ({"X-Onesource-Synthetic": "1"}, {}):
            pod.change = CALM
            _ = await ask(client, headers=headers)
            for path, body in (("chat/feedback", {"rating": "up"}), ("telemetry/ui", {"event_type": "table_copy"})):
                async with client.post(f"/api/{path}", json=body, headers=headers) as answer:
                    assert answer.status == 202
            pod.change = Effects(commit=COMMIT, status=500)
            _ = await ask(client, headers=headers)

    stage.play(scene)
    lines = [json.loads(line) for line in stage._capsys.readouterr().out.splitlines() if line.startswith("{")]
    marked = [(event["event"], event.get("synthetic")) for event in lines]
    each = ["request_metrics", "user_feedback", "ui_telemetry", "request_metrics"]
    assert marked == [(name, True) for name in each] + [(name, None) for name in each]


def test_a_malformed_draft_is_repaired_and_every_record_says_why(stage: Stage) -> None:
    async def scene(client: Client, pod: Staged) -> tuple[int, Any, Any]:
        pod.change = Effects(commit=COMMIT, draft="block")
        status, document, _ = await ask(client)
        return status, document, pod.metrics

    status, document, metrics = stage.play(scene)
    assert (status, schema.problems(document)) == (200, [])
    assert (metrics.validated, metrics.repairs, dict(metrics.repair_reasons)) == (1, 1, {"bad_block": 1})
    assert [event["repair_reason"] for event in stage.events("request_metrics")] == ["bad_block"]


def test_an_answer_beyond_repair_fails_with_its_reasons_and_is_no_repair(stage: Stage) -> None:
    async def scene(client: Client, pod: Staged) -> tuple[int, Any]:
        pod.change = Effects(commit=COMMIT, draft="block", repairable=False)
        status, _, _ = await ask(client, session="broken")
        return status, pod.metrics

    status, metrics = stage.play(scene)
    assert status == 500
    assert (metrics.validated, metrics.repairs, metrics.validation_failures) == (1, 0, 1)
    out = stage._capsys.readouterr().out
    events = {event["event"]: event for event in map(json.loads, (x for x in out.splitlines() if x.startswith("{")))}
    assert sorted(events) == ["request_metrics", "schema_validation_failed"]
    assert events["schema_validation_failed"]["reasons"] == ["bad_block"]
    assert events["request_metrics"]["status"] == 500
    assert {event["session_id_hash"] for event in events.values()} == {hashed("broken")}


def test_an_unsaved_turn_is_counted_and_logged_and_the_conversation_goes_on(stage: Stage) -> None:
    async def scene(client: Client, pod: Staged) -> tuple[int, Any, Any]:
        pod.change = Effects(commit=COMMIT, unsaved=True)
        status, _, _ = await ask(client, "Remember that the code word is larch-5.", "unsaved")
        pod.change = CALM
        _, document, _ = await ask(client, "What is the code word?", "unsaved")
        return status, document, pod.metrics

    status, document, metrics = stage.play(scene)
    assert status == 200
    assert "larch-5" in json.dumps(document)
    assert (metrics.saves, metrics.save_errors) == (1, 1)
    assert [event["stores"] for event in stage.events("persist_error")] == [["mongo"]]


def test_a_turn_that_forgets_logs_that_it_knew_nothing_and_does_not_know_it(stage: Stage) -> None:
    async def scene(client: Client, pod: Staged) -> Any:
        _ = await ask(client, "Remember that the code word is larch-6.", "lost")
        pod.change = Effects(commit=COMMIT, forgets=True)
        _, document, _ = await ask(client, "What is the code word?", "lost")
        return document

    assert "larch-6" not in json.dumps(stage.play(scene)["blocks"])
    seen = [(event["turn"], event["msg_count_before"]) for event in stage.events("request_metrics")]
    assert seen == [(1, 0), (2, 0)]


def test_a_defect_past_the_guard_is_on_the_wire_and_in_no_count(stage: Stage) -> None:
    async def scene(client: Client, pod: Staged) -> tuple[Any, Any, Any]:
        pod.change = Effects(commit=COMMIT, wire="block")
        _, document, _ = await ask(client)
        return document, (await streamed(client))[-1][2], pod.metrics

    plain, stream, metrics = stage.play(scene)
    assert schema.problems(plain) == schema.problems(stream) == ["bad_block"]
    assert (metrics.validated, metrics.repairs, metrics.validation_failures) == (2, 0, 0)


def test_an_apology_is_sent_plain_and_streamed(stage: Stage) -> None:
    async def scene(client: Client, pod: Staged) -> list[Any]:
        pod.change = Effects(commit=COMMIT, canned=True)
        asked = [await ask(client, question) for question in (QUESTION, "What is a comet?")]
        return [document["blocks"] for _, document, _ in asked] + [(await streamed(client))[-1][2]["blocks"]]

    one, two, stream = stage.play(scene)
    assert one == two == stream
    assert "try again later" in one[0]["content"]


def test_another_session_is_named_and_the_real_one_kept(stage: Stage) -> None:
    async def scene(client: Client, pod: Staged) -> tuple[str, Any]:
        pod.change = Effects(commit=COMMIT, other_session=True)
        _, document, _ = await ask(client, "Remember that the code word is larch-7.", "real")
        pod.change = CALM
        return document["meta"]["session_id"], (await ask(client, "What is the code word?", "real"))[1]

    named, answer = stage.play(scene)
    assert named != "real"
    assert "larch-7" in json.dumps(answer)


def test_the_legacy_pipeline_answers_in_its_own_way_and_takes_longer(stage: Stage) -> None:
    legacy = Effects(commit=COMMIT, unified=False)

    async def scene(client: Client, pod: Staged) -> tuple[Any, list[float]]:
        pod.change = legacy
        _, document, _ = await ask(client, "Compare tea and coffee in a table")
        took: list[float] = []
        for change in (CALM, legacy):
            pod.model = Model(1, "pod", scale=1.0, unified=True)
            took.append(pod.takes_s("regular", change))
        return document, took

    document, (unified, longer) = stage.play(scene)
    assert "summary" not in document
    assert [block["type"] for block in document["blocks"]] == ["markdown", "code"]
    assert longer == pytest.approx(LEGACY_FACTOR * unified)


def test_a_modelled_time_is_changed_as_the_effects_say(stage: Stage) -> None:
    async def scene(client: Client, pod: Staged) -> list[float]:
        took: list[float] = []
        for change in (CALM, Effects(COMMIT, plus_s=0.2), Effects(COMMIT, takes_s=0.3), Effects(COMMIT, freeze_s=0.1)):
            pod.change = change
            took.append((await ask(client))[2])
        return took

    calm, plus, fixed, frozen = stage.play(scene)
    assert calm < 0.1
    assert 0.2 <= plus < 0.3
    assert 0.3 <= fixed < 0.4
    assert 0.2 <= frozen < 0.3  # before the model, and once more for a freeze that began meanwhile


def test_the_first_content_comes_later_and_the_last_as_ever(stage: Stage) -> None:
    async def scene(client: Client, pod: Staged) -> list[tuple[float, float]]:
        times: list[tuple[float, float]] = []
        for factor in (1.0, 1.4):
            pod.change = Effects(COMMIT, takes_s=1.0, first_factor=factor)
            seen = await streamed(client)
            times.append((seen[0][0], seen[-1][0]))
        return times

    (first, last), (late_first, late_last) = stage.play(scene)
    assert first == pytest.approx(0.28, abs=0.06)
    assert late_first == pytest.approx(0.392, abs=0.06)
    assert late_last == pytest.approx(last, abs=0.1)


def test_a_serial_pod_answers_one_after_the_other(stage: Stage) -> None:
    async def scene(client: Client, pod: Staged) -> list[float]:
        pod.change = Effects(COMMIT, takes_s=0.15, serial=True)
        return [took for _, _, took in await asyncio.gather(*(ask(client) for _ in range(4)))]

    took = sorted(stage.play(scene))
    assert took == pytest.approx([0.15, 0.3, 0.45, 0.6], abs=0.1)


def test_a_page_takes_the_place_of_an_answer_but_not_for_the_kubelet(stage: Stage) -> None:
    async def scene(client: Client, pod: Staged) -> list[tuple[int, str]]:
        pod.change = Effects(commit=COMMIT, html=True)
        seen: list[tuple[int, str]] = []
        for path, agent in (("/healthz", "curl"), ("/nowhere", "curl"), ("/readyz", "kube-probe/1.36")):
            async with client.get(path, headers={"User-Agent": agent}) as answer:
                seen.append((answer.status, answer.content_type))
        return seen

    assert stage.play(scene) == [(200, "text/html"), (200, "text/html"), (200, "application/json")]
