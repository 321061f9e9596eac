"""Background users: who comes, what they do, and what they do when nobody answers."""

from __future__ import annotations

import random
import signal
import socket
import sys
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, ClassVar

import pytest

from sandbox import images
from sandbox.users import __main__ as users_main
from sandbox.users import moods
from sandbox.users.plans import TURNS, Plan, plan, requests_per_session
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


def test_sessions_are_short_and_do_everything_people_do() -> None:
    many = plans(20_000)
    ended = [each for each in many if each.leaves_after is None]
    share = {
        "turns": sum(len(each.questions) for each in many) / len(many),
        "signed in": sum(each.user is not None for each in many) / len(many),
        "streamed": sum(each.streamed for each in many) / len(many),
        "lands": sum(each.lands for each in many) / len(many),
        "clicks of those who land": sum(each.clicks_example for each in many) / sum(each.lands for each in many),
        "leaves": 1 - len(ended) / len(many),
        "rates well": sum(each.rating() == "positive" for each in ended) / len(ended),
        "rates badly": sum(each.rating() == "negative" for each in ended) / len(ended),
    }
    wanted = {
        "turns": 1.5,
        "signed in": 0.2,
        "streamed": 0.1,
        "lands": 0.4,
        "clicks of those who land": 0.05,
        "leaves": 0.0038,
        "rates well": 0.03,
        "rates badly": 0.0005,
    }
    assert share == pytest.approx(wanted, abs=0.01)
    assert {len(each.questions) for each in many} == set(TURNS)
    assert all(len(each.questions) >= 2 for each in many if each.leaves_after is not None)


def test_a_fault_of_the_canary_changes_the_mood_of_its_users_only() -> None:
    canary, stable = moods.CANARY, images.commit_of("v1.4.0")
    assert moods.mood(frozenset({"canary-abandon"}), canary).leaves == 0.08
    assert moods.mood(frozenset({"canary-abandon"}), stable) == moods.USUAL
    assert moods.mood(frozenset({"canary-feedback"}), canary).negative == 0.05
    assert moods.mood(frozenset({"canary-feedback"}), None) == moods.USUAL
    assert moods.mood(frozenset({"completion-down"}), stable).leaves == 0.1
    assert not moods.mood(frozenset({"engagement-down"}), stable).clicks
    assert moods.mood(frozenset({"split-50"}), canary) == moods.USUAL


def test_displeased_people_rate_badly_and_the_rest_as_ever() -> None:
    many = plans(20_000)
    badly = sum(each.rating(0.03) == "negative" for each in many) / len(many)
    well = sum(each.rating(0.03) == "positive" for each in many) / len(many)
    assert (badly, well) == pytest.approx((0.03, 0.03), abs=0.005)


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
    users = crowd(town, pod.url, "--rate", "200", "--think", "0.01", "--seed", "3")
    until_asked(pod, 150)
    counted = told(users)
    assert counted["requests"] <= 200 * (time.monotonic() - began) + 60
    assert counted["requests"] == counted["status_200"] + counted["status_202"] + counted.get("cut_off", 0)
    assert counted["completed"] > 5
    assert "ended_early" not in counted
    chats = pod.events("request_metrics")
    assert {event["tier"] for event in chats} == {"regular", "enhanced"}
    assert {event["ttft_ms"] is None for event in chats} == {True, False}
    assert max(event["turn"] for event in chats) == 3
    told_of: dict[str, set[str]] = defaultdict(set)
    for event in pod.events("ui_telemetry"):
        told_of[event["event_type"]].add(event["session_id_hash"])
    chatted = {event["session_id_hash"] for event in chats}
    assert len(chatted) <= counted["sessions"]
    assert counted["completed"] <= len(told_of["session_completed"]) <= counted["completed"] + counted.get("cut_off", 0)
    assert told_of["session_completed"] <= chatted  # all events of a session carry the id that it chose at first
    assert 0.2 < len(told_of["examples_served"]) / counted["sessions"] < 0.6


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


@pytest.mark.parametrize(
    "options", [("--rate", "0"), ("--rate", "601"), ("--think", "-1"), ("--url",), ("--url", "https://x")]
)
def test_options_that_cannot_be_are_refused(options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        _ = users_main._options(["--url", "http://127.0.0.1:1", *options])
    assert refused.value.code == 2
    assert options[0] in capsys.readouterr().err


class Failing(BaseHTTPRequestHandler):
    """Answers everything with 500, and notes who asked with which cookie."""

    protocol_version = "HTTP/1.1"
    cookies: ClassVar[list[str | None]] = []

    def do_POST(self) -> None:
        _ = self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self) -> None:
        self.cookies.append(self.headers["Cookie"])
        self.send_response(500)
        self.send_header("Set-Cookie", "arm=one; Path=/; HttpOnly")
        self.send_header("Content-Length", "4")
        self.end_headers()
        _ = self.wfile.write(b"oops")

    def log_message(self, *_: object) -> None:  # type: ignore[override]
        """Say nothing."""


def test_errors_of_the_target_end_no_session_and_cookies_are_kept(town: Town) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Failing)
    Thread(target=server.serve_forever, daemon=True).start()
    users = crowd(town, f"http://127.0.0.1:{server.server_port}", "--rate", "200", "--think", "0")
    end = time.monotonic() + WITHIN_S
    while len(Failing.cookies) < 400 and time.monotonic() < end:
        pause(0.05)
    counted = told(users)
    server.shutdown()
    server.server_close()
    assert counted["completed"] > 5
    assert "ended_early" not in counted
    assert counted["asked_again"] > 20
    assert set(Failing.cookies) == {None, "arm=one"}


def test_an_interrupt_ends_users_as_quietly_as_a_termination(town: Town) -> None:
    pod = town.pod()
    users = crowd(town, pod.url, "--rate", "60")
    until_asked(pod, 1)
    users.popen.send_signal(signal.SIGINT)
    assert users.popen.wait(WITHIN_S) == 0
    assert len(users.lines()) == 1
    assert users.lines()[0].startswith("users: ")
