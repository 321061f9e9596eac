"""A message goes out, is tried again where that helps, and never tells anybody the address it goes to."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from harness.clock import FakeClock
from harness.report.deciding.model import Blocker, Counts, Decision
from harness.report.showing import notify

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.report.deciding.model import Decided

CLOCK = FakeClock()
NOW = CLOCK.wall()
SECRET = "T0KEN"
ADDRESS = f"https://chat.example/hooks/{SECRET}"
EVIL = "first\r\n\x1b[31m<!channel> @here \u202e end"


def made(decision: Decided = "INCONCLUSIVE", because: str = "no answer") -> Decision:
    return Decision(
        decision=decision,
        phase="canary",
        rehearsal=False,
        coverage=1.0,
        lines=(),
        planned=(),
        blockers=(Blocker("NO_DATA", because, "P2-SLO-01"),),
        counts=Counts(),
        environment="production",
        run=None,
        started=None,
        finished=None,
        decided_at=NOW,
        expires_at=NOW,
        policy_sha256="0" * 64,
        files={},
        folder="reports/0199",
        again="pytest -m canary",
    )


def violated(because: str = "P95 is 9 s", **changed: Any) -> notify.Message:
    facts: dict[str, Any] = {
        "line": "P2-SLO-01",
        "says": "P95 stays below 2 s",
        "because": because,
        "phase": "canary",
        "run": "0199",
        "environment": "production",
        "target": "onesource",
        "rehearsal": False,
        "next_step": "gate rollback canary --target onesource --act",
        "page": "reports/0199",
        "at": NOW,
    }
    return notify.of_violation(**facts | changed)


class Chat:
    """An address that answers as it is told, one after the other, and keeps what came."""

    def __init__(self, *answers: int | Exception) -> None:
        self._answers = [*answers]
        self.came: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.came.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer, text=f"you asked {request.url}")


def send(chat: Callable[[httpx.Request], httpx.Response], *addresses: str, clock: FakeClock | None = None) -> list[str]:
    transport = httpx.MockTransport(chat)
    return notify.send(addresses or (ADDRESS,), violated(), clock=clock or FakeClock(), transport=transport)


def test_a_message_is_posted_as_json_with_every_field() -> None:
    chat = Chat(200)
    assert send(chat) == []
    (request,) = chat.came
    assert (request.method, str(request.url)) == ("POST", ADDRESS)
    assert request.headers["Content-Type"] == "application/json"
    fields = ["event", "phase", "line", "decision", "because", "run", "environment", "target", "next", "page", "at"]
    assert [*json.loads(request.content)] == [*fields, "text"]


def test_the_environment_names_the_addresses() -> None:
    there = {"HOOKS": f"  {ADDRESS}\n https://b.example/x "}
    assert notify.addresses("HOOKS", there) == (ADDRESS, "https://b.example/x")
    assert notify.addresses("OTHER", there) == ()
    assert notify.addresses("", {"": ADDRESS}) == ()


def test_each_address_gets_it_and_each_failure_is_a_line() -> None:
    chat = Chat(200, 404, 204)
    assert send(chat, ADDRESS, "https://b.example/x", "https://c.example/x") == [
        "notification: address 2 of 3 did not take it: HTTP 404 (1 try)"
    ]
    assert len(chat.came) == 3


@pytest.mark.parametrize("trouble", [500, 503, 429, httpx.ConnectError(ADDRESS)], ids=repr)
def test_what_may_pass_is_tried_three_times_at_most(trouble: int | Exception) -> None:
    clock = FakeClock()
    began = clock.now()
    chat = Chat(trouble, trouble, trouble, 200)
    (said,) = send(chat, clock=clock)
    assert len(chat.came) == 3
    assert said.endswith("(3 tries)")
    assert clock.now() - began == 2 * notify.EVERY_S
    assert send(Chat(trouble, 200)) == []


@pytest.mark.parametrize("trouble", [302, 400, 403, httpx.ReadTimeout(ADDRESS), ValueError(ADDRESS)], ids=repr)
def test_what_will_not_pass_is_tried_once(trouble: int | Exception) -> None:
    chat = Chat(trouble, 200)
    assert len(send(chat)) == 1
    assert len(chat.came) == 1


NO_ADDRESSES = (
    f"nowhere://{SECRET}",
    f"https://[{SECRET}",
    SECRET,
    f"https://{SECRET}.\x00/",
    f"http://h:{SECRET}/",
)


@pytest.mark.parametrize("address", NO_ADDRESSES, ids=repr)
def test_an_address_that_is_none_fails_as_a_line_too(address: str) -> None:
    (said,) = notify.send([address], violated(), clock=FakeClock())
    assert said.startswith("notification: address 1 of 1 did not take it: ")
    assert SECRET not in said


FAILURES = (httpx.ConnectError(ADDRESS), httpx.ReadTimeout(ADDRESS), RuntimeError(ADDRESS))


@pytest.mark.parametrize("answer", [200, 302, 404, 500, *FAILURES], ids=repr)
def test_nobody_learns_the_address(answer: int | Exception, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        said = send(Chat(answer, answer, answer))
    assert SECRET not in "".join(said)
    assert "chat.example" not in "".join(said)
    assert SECRET not in caplog.text
    assert not logging.getLogger("httpx").disabled


def test_a_decision_says_what_why_where_and_what_next() -> None:
    told = notify.of_decision(made())
    assert (told.event, told.decision, told.phase, told.line) == ("decision", "INCONCLUSIVE", "canary", "P2-SLO-01")
    assert told.page == "reports/0199/verdict.html"
    assert told.next == "pytest -m canary"
    assert told.at == "2026-01-01T00:00:00.000Z"
    assert told.text == (
        "INCONCLUSIVE: canary on production. NO_DATA P2-SLO-01: no answer. "
        "Next: pytest -m canary (see reports/0199/verdict.html)"
    )


def test_a_violation_says_that_nothing_is_decided_yet() -> None:
    told = violated(rehearsal=True)
    assert (told.event, told.decision, told.line) == ("violated", None, "P2-SLO-01")
    assert told.text.startswith("VIOLATED: P2-SLO-01 in canary on production (REHEARSAL), not decided yet.")
    assert "gate rollback canary" in told.text


SAID = (violated(EVIL), notify.of_decision(made(because=EVIL)))


@pytest.mark.parametrize("message", SAID, ids=["violated", "decided"])
def test_what_a_test_said_steers_no_chat(message: notify.Message) -> None:
    for said in (message.because, message.text):
        assert [char for char in said if ord(char) < 0x20 or char in "\x7f\u202e"] == []
    assert "<!channel>" not in message.text
    assert "@here" not in message.text
    assert "first" in message.text


def test_a_long_reason_is_cut() -> None:
    assert len(violated("x" * 100_000).text) < 4_000
