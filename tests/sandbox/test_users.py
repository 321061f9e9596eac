"""Background users: who comes, what they do, and what they do when nobody answers."""

from __future__ import annotations

import random
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING

import pytest

from sandbox.users import __main__ as users_main
from sandbox.users.plans import MOST_TURNS, Plan, plan, requests_per_session
from tests.sandbox.product_pods import WITHIN_S, Process, Town, pause

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


def until_asked(pod: Process, chats: int) -> None:
    """Wait until users asked the pod so many questions."""
    end = time.monotonic() + WITHIN_S
    while len(pod.events("request_metrics")) < chats:
        assert time.monotonic() < end, f"wanted {chats} questions within {WITHIN_S} s"
        pause(0.05)


def test_users_use_the_product_at_about_the_rate_and_nothing_goes_wrong(town: Town) -> None:
    pod = town.pod()
    began = time.monotonic()
    users = crowd(town, pod.url, "--rate", "60", "--think", "0.01", "--seed", "3")
    until_asked(pod, 50)
    counted = told(users)
    assert counted["requests"] <= 60 * (time.monotonic() - began) + 60
    assert counted["requests"] - 2 <= counted["status_200"] + counted.get("status_202", 0)  # some under way at the end
    assert counted["completed"] > 5
    assert "ended_early" not in counted
    chats = pod.events("request_metrics")
    assert {event["tier"] for event in chats} == {"regular", "enhanced"}
    assert {event["ttft_ms"] is None for event in chats} == {True, False}
    assert max(event["turn"] for event in chats) >= 3
    assert len({event["session_id_hash"] for event in chats}) <= counted["sessions"]


def test_users_outlive_a_target_that_is_down_and_come_back(town: Town) -> None:
    with socket.socket() as dead:
        dead.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        dead.bind(("127.0.0.1", 0))
        dead.listen()
        dead.settimeout(WITHIN_S)
        port = dead.getsockname()[1]
        users = crowd(town, f"http://127.0.0.1:{port}", "--rate", "60", "--think", "0")
        for _ in range(5):  # whoever connects is hung up on
            dead.accept()[0].close()
    pause(0.2)  # and now nobody even listens
    assert users.popen.poll() is None
    assert users.lines() == []  # nobody fills a disk with complaints
    pod = town.pod(PORT=str(port))
    until_asked(pod, 1)
    counted = told(users)
    assert counted["ended_early"] >= 5
    assert counted["status_200"] > 0


@pytest.mark.parametrize("options", [("--rate", "0"), ("--rate", "1000"), ("--think", "-1"), ("--url",)])
def test_options_that_cannot_be_are_refused(options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        _ = users_main._options(["--url", "http://127.0.0.1:1", *options])
    assert refused.value.code == 2
    assert options[0] in capsys.readouterr().err


def test_an_interrupt_ends_users_as_quietly_as_a_termination(town: Town) -> None:
    pod = town.pod()
    users = crowd(town, pod.url, "--rate", "60")
    until_asked(pod, 1)
    users.popen.send_signal(signal.SIGINT)
    assert users.popen.wait(WITHIN_S) == 0
    assert len(users.lines()) == 1
    assert users.lines()[0].startswith("users: ")
