"""Foreign reads and turns side by side against a real server, as it should be and in each way it should not."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from harness.clock import SystemClock
from harness.judge.isolation import ANOTHER, NOBODY, Isolation, isolated
from harness.observe import isolation
from harness.observe.isolation import distinct
from harness.observe.watching.tokens import Tokens
from harness.target import Environment, Probes, Target
from harness.verdict import Outcome, Reason, Verdict
from tests.unit.observe.chatroom import Chatroom
from tests.unit.observe.servers import free_port, serving

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "PER_S", 5_000.0)


def tried(room: Chatroom | str, folder: Path, users: int = 20) -> Isolation:
    file = folder / "tokens"
    _ = file.write_text("".join(f"hush-{number}\n" for number in range(users)), encoding="utf-8")

    def probe(url: str) -> Isolation:
        environment = Environment(url=url, token_file=str(file))
        target = Target("test", {"staging": environment}, probes=Probes(timeout_s=2.0))
        return asyncio.run(isolation.probe(target, environment, SystemClock(), seed=7))

    if isinstance(room, str):
        return probe(room)
    with serving(room.app) as url:
        return probe(url)


def judged(seen: Isolation) -> Verdict:
    return isolated(seen, foreign_reads=0, lost_turns=0)


def test_a_product_that_keeps_conversations_apart_and_whole_is_met(tmp_path: Path) -> None:
    room = Chatroom(think_s=0.02)
    seen = tried(room, tmp_path)
    assert judged(seen).outcome is Outcome.MET
    assert Counter((one.reader, one.status, one.known) for one in seen.reads) == {
        (ANOTHER, 403, True): 12,
        (NOBODY, 403, True): 12,
    }
    assert Counter((one.beside, one.remembered) for one in seen.turns) == {(True, True): 35, (False, True): 7}
    assert len(room.bodies) == 12 * 4 + 7 * (1 + 5 + 6)
    assert "hush" not in repr(seen)


def test_the_turns_side_by_side_really_are(tmp_path: Path) -> None:
    room = Chatroom(think_s=0.1)
    most = 0
    say = room.say

    async def counted(session: str, user: str, arm: str, question: str) -> tuple[int, str]:
        nonlocal most
        under_way[session] += 1
        most = max(most, under_way[session])
        try:
            return await say(session, user, arm, question)
        finally:
            under_way[session] -= 1

    under_way = Counter[str]()
    room.say = counted
    _ = tried(room, tmp_path)
    assert most == isolation.SIDE_BY_SIDE


@pytest.mark.parametrize("refuses", [401, 403, 404, 200])
def test_every_refusal_and_an_answer_that_knows_nothing_are_fine(tmp_path: Path, refuses: int) -> None:
    assert judged(tried(Chatroom(refuses=refuses), tmp_path)).outcome is Outcome.MET


def test_a_product_whose_ids_are_keys_is_violated(tmp_path: Path) -> None:
    seen = tried(Chatroom(leaky=True), tmp_path)
    verdict = judged(seen)
    assert verdict.outcome is Outcome.VIOLATED
    assert "24 of 24 foreign reads were told the owner's fact" in verdict.because
    assert len({one.asked for one in seen.reads}) > 2, "asked for the fact, and for all that was said"


def test_a_product_whose_turns_overwrite_each_other_is_violated(tmp_path: Path) -> None:
    verdict = judged(tried(Chatroom(overwrites=True, think_s=0.05), tmp_path))
    assert verdict.outcome is Outcome.VIOLATED
    assert "turns were lost" in verdict.because
    assert "foreign" not in verdict.because


def test_a_product_that_wants_turns_one_by_one_loses_nothing(tmp_path: Path) -> None:
    room = Chatroom(alone=True, think_s=0.02)
    seen = tried(room, tmp_path)
    assert judged(seen).outcome is Outcome.MET
    assert len(room.bodies) > 12 * 4 + 7 * (1 + 5 + 6), "refused turns were told again"


@pytest.mark.parametrize(("users", "reason"), [(0, Reason.NO_DATA), (1, Reason.NO_DATA)])
def test_without_two_users_nobody_can_read_anothers(tmp_path: Path, users: int, reason: Reason) -> None:
    seen = tried(Chatroom(), tmp_path, users=users)
    verdict = judged(seen)
    assert verdict.reason is reason
    assert f"{users} bearer tokens, two users need two" in verdict.because


def test_a_product_that_forgets_everything_has_no_secret_to_leak(tmp_path: Path) -> None:
    seen = tried(Chatroom(refuses=404, loses=1.0), tmp_path)
    assert not any(one.known for one in seen.reads)
    assert judged(seen).outcome is Outcome.VIOLATED, "its turns are lost"


@pytest.mark.parametrize(("status", "reason"), [(503, Reason.NO_DATA), (429, Reason.GENERATOR_INVALID)])
def test_a_product_that_does_not_answer_shows_nothing(tmp_path: Path, status: int, reason: Reason) -> None:
    assert judged(tried(Chatroom(status=status), tmp_path)).reason is reason


def test_a_target_that_is_down_or_nowhere_is_no_data(tmp_path: Path) -> None:
    assert judged(tried(f"http://127.0.0.1:{free_port()}", tmp_path)).reason is Reason.NO_DATA
    nowhere = tried("", tmp_path)
    assert nowhere.trouble == "the profile test gives no address that anybody asks"


def test_each_user_is_counted_once(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    _ = file.write_text("a\nb\nc\n", encoding="utf-8")
    assert distinct(Tokens(str(file), SystemClock()), 12) == ("a", "b", "c")
    assert distinct(Tokens(str(file), SystemClock()), 2) == ("a", "b")
    assert distinct(Tokens("", SystemClock()), 2) == ()
