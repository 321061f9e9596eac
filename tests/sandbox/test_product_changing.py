"""Faults of drills in the product: the rules alone, then what a pod makes of each kind of effect."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from sandbox.product.faults import Effects, Facts, effects
from sandbox.product.faults.changing import CHANGING
from sandbox.product.faults.when import CANDIDATE
from sandbox.product.neighbours import Neighbours
from sandbox.product.pod import Pod
from sandbox.product.server import application
from sandbox.product.settings import read
from tests.sandbox.product_pods import COMMIT, Town

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from aiohttp import web

    Client = TestClient[web.Request, web.Application]

THIS = CANDIDATE  # some faults are of the candidate's pods alone
TRUTH = Effects(commit=THIS)
CALM = Effects(commit=COMMIT)
TELL, RECALL = "Remember that the code word is larch-7.", "What is the code word?"
CHAT: dict[str, Any] = {"tier": "regular", "turn": 12}


def at(fault: str, *, track: str = "stable", **more: Any) -> Effects:
    """The effects of one fault on a request with these facts."""
    return effects(frozenset({fault}), Facts(THIS, "other", track, None, **more))


WORST: dict[str, Any] = {
    **CHAT,
    "first": True,
    "draining": True,
    "draw": 0.0,
    "store": "mongo",
    "weight": 50,
    "own": frozenset({"FEATURE_DYNAMIC_PROMPTS", "FEATURE_SUGGESTED_ACTIONS"}),
}


@pytest.mark.parametrize("fault", sorted(CHANGING))
def test_a_fault_is_of_one_environment(fault: str) -> None:
    found = {
        environment
        for environment in ("staging", "production", "development")
        for track in ("stable", "canary")
        if at(fault, track=track, environment=environment, **WORST) != TRUTH
    }
    assert found in ({"staging"}, {"production"})


@pytest.mark.parametrize(
    ("fault", "environment", "spared"),
    [
        ("rollback-drops", "staging", {"draining": False}),
        ("promotion-drops", "production", {"track": "canary"}),
        ("flag-change-drops", "staging", {"tier": ""}),
        ("rollback-forgets", "staging", {"store": "redis"}),
        ("rollback-forgets", "staging", {"turn": 1}),
        ("canary-5xx-burst", "production", {"weight": 49, "track": "canary"}),
        ("canary-5xx-burst", "production", {"draw": 0.06, "track": "canary"}),
        ("memory-one-pod", "production", {"first": False}),
        ("memory-ten-turns", "production", {"turn": 9}),
        ("memory-across-versions", "production", {"turn": 1}),
        ("flag-flapping", "staging", {"first": False}),
        ("healthy-not-ready", "staging", {"first": False}),
        ("flags-stay-off", "staging", {"own": frozenset({"TRACK"})}),
    ],
)
def test_a_fault_spares_what_it_is_not_about(fault: str, environment: str, spared: dict[str, Any]) -> None:
    assert at(fault, environment=environment, **(WORST | spared)) == TRUTH


def test_a_switch_in_the_deployment_stays_off_one_feature_at_a_time() -> None:
    one = at("flags-stay-off", environment="staging", own=frozenset({"FEATURE_DYNAMIC_PROMPTS"}))
    assert (one.examples, one.actions, one.shown) == (False, None, ())


class Staged(Pod):
    """A pod whose answers are changed as a test says."""

    change: Effects = CALM

    def effects(self, request: web.Request) -> Effects:
        """Return what the test wants."""
        del request
        return self.change


@pytest.fixture(scope="module")
def stores() -> Iterator[dict[str, str]]:
    with Town() as town:
        redis, mongo = town.store("redis-service"), town.store("mongodb-service")
        yield {"REDIS_HOST": f"127.0.0.1:{redis.port}", "MONGO_HOST": f"127.0.0.1:{mongo.port}"}


def play(stores: dict[str, str], scene: Callable[[Client, Staged], Awaitable[Any]], **env: str) -> Any:
    """Run a scene with a pod of its own."""

    async def run() -> Any:
        told = {"LATENCY_SCALE": "0", "CONV_DUAL_WRITE": "1", "BUILD_COMMIT": COMMIT, **stores, **env}
        pod = Staged(read(told))
        async with TestClient(TestServer(application(pod))) as client:
            try:
                return await scene(client, pod)
            finally:
                pod.conversations.close()

    return asyncio.run(run())


async def ask(client: Client, question: str, session: str, user: str = "") -> tuple[int, str]:
    """Ask once; return the status and the answer as text."""
    headers = {"Authorization": f"Bearer test-{user}"} if user else {}
    body = {"question": question, "session_id": session}
    async with client.post("/api/chat/ask", json=body, headers=headers) as answer:
        return answer.status, await answer.text()


async def document(client: Client, path: str) -> tuple[int, Any]:
    """Read a document and its status."""
    async with client.get(path) as answer:
        return answer.status, await answer.json()


def test_features_are_shown_and_used_as_a_fault_says(stores: dict[str, str]) -> None:
    async def scene(client: Client, pod: Staged) -> list[tuple[Any, bool, bool]]:
        found: list[tuple[Any, bool, bool]] = []
        shown = (("dynamic_prompts", True), ("suggested_actions", True))
        for change in (CALM, Effects(COMMIT, examples=True, actions=True), Effects(COMMIT, shown=shown)):
            pod.change = change
            flags = (await document(client, "/version"))[1]["feature_flags"]
            fresh = (await document(client, "/api/prompts/examples"))[1]["seed"] is not None
            actions = "suggested_actions" in (await ask(client, "How large is a garden?", ""))[1]
            found.append(((flags["dynamic_prompts"], flags["suggested_actions"]), fresh, actions))
        return found

    calm, unread, lying = play(stores, scene, FEATURE_DYNAMIC_PROMPTS="0", FEATURE_SUGGESTED_ACTIONS="0")
    assert calm == ((False, False), False, False)
    assert unread == ((False, False), True, True)
    assert lying == ((True, True), False, False)


def test_a_pipeline_that_was_switched_off_can_go_on(stores: dict[str, str]) -> None:
    async def scene(client: Client, pod: Staged) -> list[bool]:
        found: list[bool] = []
        for change in (CALM, Effects(COMMIT, unified=True)):
            pod.change = change
            found.append('"summary"' in (await ask(client, "How large is a garden?", ""))[1])
        return found

    assert play(stores, scene, USE_UNIFIED_PIPELINE="0") == [False, True]


def test_a_pod_is_healthy_and_says_that_it_is_not_ready(stores: dict[str, str]) -> None:
    async def scene(client: Client, pod: Staged) -> list[int]:
        pod.change = Effects(COMMIT, unready=True)
        return [(await document(client, path))[0] for path in ("/healthz", "/readyz")]

    assert play(stores, scene) == [200, 503]


def test_a_conversation_that_is_not_mirrored_is_unknown_to_the_other_store_and_nobody_notices(
    stores: dict[str, str],
) -> None:
    async def tell(client: Client, pod: Staged) -> Any:
        pod.change = Effects(COMMIT, unmirrored=True)
        _ = await ask(client, TELL, "unmirrored")
        pod.change = CALM
        _ = await ask(client, TELL, "mirrored")
        return (await document(client, "/api/metrics/observability"))[1]["persistence"]["persistence_errors"]

    async def recall(client: Client, _: Staged) -> list[bool]:
        return ["larch-7" in (await ask(client, RECALL, session))[1] for session in ("unmirrored", "mirrored")]

    assert play(stores, tell) == 0
    assert play(stores, recall) == [True, True]
    assert play(stores, recall, CONV_STORE_PRIMARY="mongo") == [False, True]


def test_parallel_turns_overwrite_each_other(stores: dict[str, str]) -> None:
    async def scene(client: Client, pod: Staged) -> list[int]:
        kept: list[int] = []
        for session, change in (("lost", Effects(COMMIT, overwrites=True, takes_s=0.1)), ("kept", CALM)):
            pod.change = CALM
            _ = await ask(client, TELL, session)
            pod.change = change
            told = (f"Remember that garden {n} is {n} m wide." for n in range(4))
            _ = await asyncio.gather(*(ask(client, text, session) for text in told))
            kept.append(len((await pod.conversations.read(session, "anonymous")).messages))
        return kept

    assert play(stores, scene) == [4, 10]


def test_whoever_knows_an_id_reads_the_conversation(stores: dict[str, str]) -> None:
    async def scene(client: Client, pod: Staged) -> list[tuple[int, bool]]:
        found: list[tuple[int, bool]] = []
        _ = await ask(client, TELL, "anns", "ann")
        for change in (CALM, Effects(COMMIT, foreign=True), CALM):
            pod.change = change
            status, text = await ask(client, RECALL, "anns", "bob")
            found.append((status, "larch-7" in text))
        return [*found, ((await ask(client, RECALL, "anns", "ann"))[0], True)]

    assert play(stores, scene) == [(404, False), (200, True), (404, False), (200, True)]


def test_a_build_knows_only_its_own_turns_and_an_echo_knows_the_question(stores: dict[str, str]) -> None:
    parted = Effects(COMMIT, parted=True)

    async def tell(client: Client, _: Staged) -> tuple[int, str]:
        return await ask(client, TELL, "parted")

    async def recall(client: Client, pod: Staged) -> list[bool]:
        found: list[bool] = []
        for change in (parted, CALM, Effects(COMMIT, echoes=True)):
            pod.change = change
            found.append("larch-7" in (await ask(client, RECALL, "parted"))[1])
        return found

    _ = play(stores, tell, BUILD_COMMIT="c" * 40)
    assert play(stores, recall) == [False, True, False]
    _ = play(stores, tell)
    assert play(stores, recall) == [True, True, False]


def test_an_echo_says_what_was_asked(stores: dict[str, str]) -> None:
    async def scene(client: Client, pod: Staged) -> Any:
        pod.change = Effects(COMMIT, echoes=True)
        return json.loads((await ask(client, RECALL, ""))[1])["blocks"]

    assert play(stores, scene) == [{"type": "markdown", "content": f"You asked: {RECALL}"}]


def test_a_pod_that_is_not_ready_still_stands_before_its_neighbours(tmp_path: Path) -> None:
    def first(port: int) -> bool:
        told = {"POD_IP": "127.0.0.1", "PORT": str(port), "SANDBOX_DNS": str(tmp_path / "dns.json")}
        return Neighbours(read(told)).first()

    both = [["127.0.0.1", 8001], ["127.0.0.1", 8002]]
    _ = (tmp_path / "dns.json").write_text(json.dumps({"onesource.staging": both[1:]}))
    assert [first(port) for port in (8001, 8002)] == [True, True]  # nobody tells them of each other
    _ = (tmp_path / "standing.json").write_text(json.dumps({"onesource.staging": both}))
    assert [first(port) for port in (8001, 8002)] == [True, False]


def test_a_pod_reads_the_canarys_weight_again_when_it_changes(tmp_path: Path) -> None:
    around = Neighbours(read({"SANDBOX_DNS": str(tmp_path / "dns.json")}))
    assert around.weight() == 0
    for text in ("10", "50"):
        half = tmp_path / f"half-{text}"
        _ = half.write_text(text)
        _ = half.replace(tmp_path / "weight")
        assert around.weight() == int(text)
    assert Neighbours(read({})).weight() == 0
