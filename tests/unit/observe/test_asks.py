"""Asking real servers: every ask is kept with what it came back with, at a bounded rate, never repeated."""

from __future__ import annotations

import asyncio
import socket
import threading
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.clock import SystemClock
from harness.observe import talks
from harness.observe.arms import Teller
from harness.observe.asks import MANNERS, Asker
from harness.observe.routing.ask import Door, pinned, plain, ways
from harness.observe.version_path import find
from harness.target import ArmFrom, Build, Environment, Probes, UrlPairRouting
from tests.unit.observe.servers import NEW, OLD, Product, free_port, serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from harness.evidence.rows import Probe
    from harness.target import Arm

BUILDS: dict[Arm, Build] = {"stable": Build("sha256:a", OLD), "canary": Build("sha256:b", NEW)}
FAST = Probes(rate_per_s=5_000, in_flight=8, timeout_s=0.5)


def teller(source: ArmFrom | None = None) -> Teller:
    return Teller(source or ArmFrom(), BUILDS)


def observed(
    work: Callable[[Asker], Awaitable[str]], limits: Probes = FAST, source: ArmFrom | None = None
) -> tuple[list[Probe], str]:
    kept: list[Probe] = []

    async def go() -> str:
        async with Asker(limits, teller(source), SystemClock(), kept.append) as asker:
            return await work(asker)

    said = asyncio.run(go())
    return sorted(kept, key=lambda probe: probe.seq), said


def many(url: str, count: int, limits: Probes = FAST, source: ArmFrom | None = None) -> tuple[list[Probe], str]:
    return observed(lambda asker: asker.many("plain", Door(url), "/version", count), limits, source)


def test_each_ask_is_kept_once_with_its_arm() -> None:
    product = Product()
    with serving(product.app) as url:
        probes, said = many(url, 200)
    assert said == ""
    assert [probe.seq for probe in probes] == list(range(200))
    assert [probe.arm for probe in probes].count("canary") == 20
    assert {probe.commit for probe in probes} == {OLD, NEW}
    assert all(probe.commit == probe.body_commit and probe.status == 200 for probe in probes)
    assert len(product.seen) == 200


def test_every_request_says_who_it_is_and_brings_no_cookie() -> None:
    product = Product()
    with serving(product.app) as url:
        _ = many(url, 20)
    for request in product.seen:
        assert request.headers["User-Agent"].startswith("onesource-verify/")
        assert request.headers["X-Onesource-Synthetic"] == "1"
        assert "Cookie" not in request.headers


def test_the_name_we_give_carries_the_projects_version() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert MANNERS["User-Agent"] == f"{project['name']}/{project['version']}"


def test_the_rate_is_kept() -> None:
    with serving(Product().app) as url:
        probes, _ = many(url, 30, Probes(rate_per_s=100, in_flight=8))
    assert 0.28 < probes[-1].due_s - probes[0].due_s < 0.6
    assert all(probe.sent_s >= probe.due_s for probe in probes)


def test_a_refused_target_is_asked_to_the_end_and_quickly() -> None:
    probes, said = many(f"http://127.0.0.1:{free_port()}", 300)
    assert said == ""
    assert {(probe.error, probe.status, probe.arm) for probe in probes} == {("refused", None, None)}
    assert len(probes) == 300


def test_a_silent_target_is_given_up_after_a_row_of_time_outs() -> None:
    with serving(Product(hang=True).app) as url:
        probes, said = many(url, 1_000, Probes(rate_per_s=5_000, in_flight=4, timeout_s=0.2))
    assert said == "stopped after 4 time-outs in a row"
    assert {probe.error for probe in probes} == {"timeout"}
    assert len(probes) < 20


@pytest.mark.parametrize(
    ("product", "error", "status"),
    [(Product(status=429), "rate-limited", 429), (Product(status=500), "", 500), (Product(named=False), "", 200)],
)
def test_an_answer_is_an_answer_whatever_it_says(product: Product, error: str, status: int) -> None:
    with serving(product.app) as url:
        probes, _ = many(url, 5)
    assert {(probe.error, probe.status) for probe in probes} == {(error, status)}
    assert all((probe.arm is None) == (not product.named) for probe in probes)


def test_a_connection_that_is_closed_unanswered_is_not_asked_again() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[int] = []

    def hang_up() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            _ = connection.recv(4096)
            taken.append(1)
            connection.close()

    thread = threading.Thread(target=hang_up, daemon=True)
    thread.start()
    try:
        probes, _ = many(f"http://127.0.0.1:{listener.getsockname()[1]}", 6)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(2)
    assert {probe.error for probe in probes} <= {"disconnected", "reset"}
    assert len(taken) == len(probes) == 6


def test_an_unknown_host_and_a_bad_address_are_kinds_of_failure() -> None:
    assert {probe.error for probe in many("http://no-such-host.invalid", 1)[0]} <= {"unknown host", "timeout"}
    assert {probe.error for probe in many("http://127.0.0.1:99999", 1)[0]} == {"bad address"}


@pytest.mark.parametrize(
    ("source", "arms"),
    [
        (ArmFrom(kind="header"), {"stable"}),
        (ArmFrom(kind="body"), {"stable"}),
        (ArmFrom(kind="body", body=("elsewhere",)), {None}),
        (ArmFrom(kind="header", header="X-Other"), {None}),
        (ArmFrom(kind="none"), {None}),
    ],
)
def test_the_arm_comes_from_where_the_profile_says(source: ArmFrom, arms: set[str | None]) -> None:
    with serving(Product(always=OLD).app) as url:
        probes, _ = many(url, 3, source=source)
    assert {probe.arm for probe in probes} == arms


def test_two_builds_of_one_commit_have_no_arm() -> None:
    same: dict[Arm, Build] = {"stable": Build("sha256:a", OLD), "canary": Build("sha256:b", OLD)}
    assert Teller(ArmFrom(), same).arm(OLD, OLD) is None


def test_a_pinned_conversation_keeps_its_session_its_pin_and_its_cookies() -> None:
    product = Product()
    with serving(product.app) as url:
        door = Door(url, cookies={"canary": "always"}, wanted="canary")
        probes, said = observed(
            lambda asker: talks.hold(asker, "talk-cookie-canary", door, "/api/chat/ask", count=3, turns=4)
        )
    assert said == ""
    assert len(probes) == 12
    assert {probe.arm for probe in probes} == {"canary"}
    sessions = {probe.conversation for probe in probes}
    assert len(sessions) == 3
    assert {body["session_id"] for body in product.bodies} == sessions
    assert all(session.startswith("verify-") for session in sessions)
    later = [request for request in product.seen if "affinity" in request.cookies]
    assert len(later) == 9, "every turn but the first brings the cookie that the target set"


def test_a_conversation_without_an_answer_ends_and_says_so() -> None:
    door = Door(f"http://127.0.0.1:{free_port()}", wanted="canary")
    probes, said = observed(lambda asker: talks.hold(asker, "talk", door, "/ask", count=2, turns=5))
    assert said == "2 of 2 conversations ended early"
    assert [probe.turn for probe in probes] == [1, 1]


def test_two_plain_addresses_are_asked_each_at_its_own() -> None:
    old, new = Product(always=OLD), Product(always=NEW)
    with serving(old.app) as stable_url, serving(new.app) as canary_url:
        environment = Environment(routing=UrlPairRouting(stable_url, canary_url))
        assert ways(environment) == ("url",)
        assert plain(environment) is None
        assert pinned(environment, "header", "canary") is None
        versions: dict[Arm, str] = {"stable": OLD, "canary": NEW}
        for arm, version in versions.items():
            door = pinned(environment, "url", arm)
            assert door is not None
            probes, _ = observed(lambda asker, door=door: asker.many("url", door, "/version", 20))
            assert {(probe.commit, probe.arm, probe.wanted) for probe in probes} == {(version, arm, arm)}


def test_the_version_is_looked_for_where_it_answers_in_the_right_shape() -> None:
    with serving(Product().app) as url:
        found = asyncio.run(find(url, ("/api/version", "/version"), teller(), 1.0))
    assert (found.path, found.matched) == ("/version", True)
    assert found.tried["/api/version"] == "HTTP 404"


def test_a_page_for_every_path_is_not_a_version() -> None:
    with serving(Product(page=True).app) as url:
        found = asyncio.run(find(url, ("/api/version", "/version"), teller(), 1.0))
    assert not found.matched
    assert found.tried["/version"] == "HTTP 200 text/html, wanted JSON"


def test_a_target_that_is_down_or_silent_has_no_version_path() -> None:
    down = asyncio.run(find(f"http://127.0.0.1:{free_port()}", ("/version",), teller(), 1.0))
    assert (down.matched, down.silent, down.tried) == (False, False, {"/version": "refused"})
    with serving(Product(hang=True).app) as url:
        assert asyncio.run(find(url, ("/version",), teller(), 0.2)).silent
