"""Background users: who comes, what they do, and what they do when nobody answers."""

from __future__ import annotations

import random
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.users.plans import MOST_TURNS, Plan, plan, requests_per_session
from tests.sandbox.product_pods import WITHIN_S, Process, Town, free_port, pause, send

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with Town() as town:
        _ = town.store("redis-service")
        yield town


def plans(count: int, seed: int = 1) -> list[Plan]:
    rng = random.Random(seed)
    return [plan(rng, 0.5) for _ in range(count)]


def crowd(town: Town, url: str, *options: str) -> Process:
    argv = [sys.executable, "-m", "sandbox.users", "--url", url, *options]
    return town._start(argv, {}, 0)


def told(users: Process) -> dict[str, int]:
    """End the users and return what they counted."""
    assert users.end() == 0
    words = users.lines()[-1].partition(" last trouble")[0].split()[1:]
    return {name: int(count) for name, _, count in (word.partition("=") for word in words)}


def test_the_same_seed_brings_the_same_people() -> None:
    assert plans(50) == plans(50) != plans(50, seed=2)


def test_sessions_have_one_to_six_turns_and_everything_people_do() -> None:
    many = plans(2000)
    assert {len(each.questions) for each in many} == set(range(1, MOST_TURNS + 1))
    share = {
        "signed in": sum(each.user is not None for each in many) / 2000,
        "streamed": sum(each.streamed for each in many) / 2000,
        "leaves": sum(each.leaves_after is not None for each in many) / 2000,
        "rates": sum(each.rating is not None for each in many) / 2000,
        "clicks": sum(each.clicks_example for each in many) / 2000,
    }
    assert share == pytest.approx(
        {"signed in": 0.2, "streamed": 0.4, "leaves": 0.067, "rates": 0.093, "clicks": 0.135}, abs=0.03
    )
    assert {each.rating for each in many} == {None, "positive", "negative"}


def test_the_mean_of_requests_per_session_is_what_plans_add_up_to() -> None:
    many = plans(2000, seed=9)
    assert requests_per_session(random.Random(1)) == pytest.approx(sum(each.requests for each in many) / 2000, rel=0.05)


def test_users_use_the_product_at_about_the_rate_and_nothing_goes_wrong(town: Town) -> None:
    pod = town.pod()
    users = crowd(town, pod.url, "--rate", "60", "--think", "0.01", "--seed", "3")
    pause(2.5)
    counted = told(users)
    assert 60 <= counted["requests"] <= 240
    assert counted["requests"] == counted["status_200"] + counted.get("status_202", 0)
    assert counted["completed"] > 10
    assert "ended_early" not in counted
    chats = pod.events("request_metrics")
    assert {event["tier"] for event in chats} == {"regular", "enhanced"}
    assert {event["ttft_ms"] is None for event in chats} == {True, False}
    assert max(event["turn"] for event in chats) >= 3
    assert len({event["session_id_hash"] for event in chats}) <= counted["sessions"]


def test_users_outlive_a_target_that_is_down_and_come_back(town: Town) -> None:
    port = free_port()
    users = crowd(town, f"http://127.0.0.1:{port}", "--rate", "60", "--think", "0")
    pause(1.2)
    assert users.popen.poll() is None
    assert users.lines() == []  # nobody fills a disk with complaints
    pod = town.pod(PORT=str(port))
    pause(1.0)
    assert pod.events("request_metrics")
    counted = told(users)
    assert counted["ended_early"] > 0
    assert counted["status_200"] > 0


@pytest.mark.parametrize(
    "options",
    [("--rate", "0"), ("--rate", "1000"), ("--think", "-1"), ("--url",)],
    ids=["none", "flood", "back", "nowhere"],
)
def test_options_that_cannot_be_are_refused(town: Town, options: tuple[str, ...]) -> None:
    assert crowd(town, "http://127.0.0.1:1", *options).popen.wait(WITHIN_S) == 2


def test_an_interrupt_ends_users_as_quietly_as_a_termination(town: Town) -> None:
    pod = town.pod()
    users = crowd(town, pod.url, "--rate", "20")
    pause(0.8)
    users.popen.send_signal(signal.SIGINT)
    assert users.popen.wait(WITHIN_S) == 0
    assert all(line.startswith("users: ") for line in users.lines())
    assert send("GET", f"{pod.url}/healthz").status_code == 200
