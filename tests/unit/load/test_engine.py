"""The open loop against real servers: nothing omitted, everything accounted for, the generator's faults its own."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest

from harness.observe.asks import MANNERS
from harness.observe.load.account import Account, Tolerance
from harness.observe.load.plan import LONG_PROMPT, Plan, Scenario
from tests.unit.load.product import Chat, engine, run
from tests.unit.observe.servers import free_port

ONE = (Scenario("one"),)


def test_a_stall_of_a_second_shows_in_full_in_p95_and_p99() -> None:
    chat = Chat(think_s=0.02, stall_at=400)
    seen = run(Plan(100, ONE), chat, 10.0, in_flight=300)
    latencies = [sample.latency_s for sample in seen.samples if sample.latency_s is not None]
    assert seen.ran.total.scheduled == len(chat.bodies) == len(latencies) == 1000
    # What the product did by its own clock: 0.52 and 0.92 s on an idle machine, more where it was starved as well.
    due = sorted(sample.at_s for sample in seen.samples)
    truth = [chat.answered_at[nth] - at_s for nth, at_s in enumerate(due, 1)]
    wanted = np.quantile(truth, [0.95, 0.99])
    assert np.quantile(latencies, [0.95, 0.99]) == pytest.approx(wanted, rel=0.1)
    assert (wanted > np.array([0.52, 0.92]) * 0.9).all()
    assert seen.ran.total.capped == seen.ran.total.late == 0
    assert seen.ran.arrivals == {"one": 1000}


def test_a_request_above_the_cap_is_an_error_and_not_a_drop() -> None:
    seen = run(Plan(100, ONE), Chat(think_s=0.5), 1.0, in_flight=10)
    total = seen.ran.total
    assert total.scheduled == 100
    assert total.capped >= 70
    assert total.errors["capped"] == total.capped == sum(sample.error == "capped" for sample in seen.samples)
    assert total.most_in_flight == 10


def test_a_blocked_generator_invalidates_its_slice_and_not_the_next() -> None:
    def block() -> None:
        time.sleep(0.6)

    with engine(Plan(50, ONE), Chat(), tolerance=Tolerance(late_s=0.15)) as (made, seen):

        async def go() -> None:
            _ = asyncio.get_running_loop().call_later(0.2, block)
            _ = await made.run(3.0)

        asyncio.run(go())
    (first, why), *_, (_, later) = [(a, w) for a, w in seen.slices if a.scheduled]
    assert "generator" in why
    assert first.stalled_s == pytest.approx(0.6, abs=0.2)
    assert later == ""
    assert [account.scheduled for account, _ in seen.slices][:3] == [50, 50, 50]


def test_a_generator_blocked_while_nothing_was_due_is_found_too() -> None:
    with engine(Plan(1, ONE), Chat(think_s=0.2), tolerance=Tolerance(late_s=0.15)) as (made, seen):

        async def go() -> None:
            _ = asyncio.get_running_loop().call_later(0.1, time.sleep, 0.5)
            _ = await made.run(1.0)

        asyncio.run(go())
    assert seen.slices[0][0].behind == 0
    assert "starved of processor time" in seen.slices[0][1]


def test_what_is_hopelessly_late_is_not_sent_in_a_burst() -> None:
    chat = Chat()
    with engine(Plan(100, ONE), chat, tolerance=Tolerance(give_up_s=0.3)) as (made, seen):

        async def go() -> None:
            _ = asyncio.get_running_loop().call_later(0.1, time.sleep, 0.8)
            seen.ran = await made.run(1.0)

        asyncio.run(go())
    total = seen.ran.total
    assert total.late >= 30
    assert total.sent + total.late == total.scheduled == 100
    assert len(chat.bodies) == total.sent
    assert "never sent" in seen.slices[0][1]


def test_answering_429_is_the_generators_fault() -> None:
    seen = run(Plan(20, ONE), Chat(status=429), 0.5)
    assert seen.errors == {"rate-limited"}
    assert "429" in seen.slices[0][1]


def test_refusals_time_outs_and_5xx_are_errors() -> None:
    refused = run(Plan(20, ONE), f"http://127.0.0.1:{free_port()}", 0.2)
    assert refused.errors == {"refused"}
    assert refused.ran.total.failed == 4
    slow = run(Plan(20, ONE), Chat(think_s=5.0), 0.2, timeout_s=0.3)
    assert slow.errors == {"timeout"}
    assert all(sample.latency_s is None for sample in slow.samples)
    broken = run(Plan(20, ONE), Chat(status=503), 0.2)
    assert broken.errors == {"5xx"}
    assert broken.ran.total.answered == 4


@pytest.mark.parametrize(
    ("breaks", "error"),
    [
        ({"title": "short"}, "invalid"),
        ({"blocks": []}, "invalid"),
        ({"blocks": [{"type": "spell", "content": ""}]}, "invalid"),
        (
            {"blocks": [{"type": "table", "caption": "c", "headers": ["a"], "rows": [["1", "2"]]}]},
            "invalid",
        ),
        ({"meta": {"schema": "v1", "session_id": "s", "tier": "t", "tokens_used": 1}}, "invalid"),
        ({"meta": {"schema": "v2", "session_id": "s", "tier": "t", "tokens_used": 1}}, "other session"),
        ({}, ""),
    ],
)
def test_a_200_is_not_yet_an_answer(breaks: dict[str, object], error: str) -> None:
    assert run(Plan(20, ONE), Chat(breaks=breaks), 0.1).errors == {error}


def test_a_conversation_keeps_its_session_and_cookies_and_finishes_its_turns() -> None:
    chat = Chat()
    plan = Plan(10, (Scenario("five", turns=5, sessions=2, think_s=0.02),))
    seen = run(plan, chat, 0.3, drain_s=2.0)
    sessions = {body["session_id"] for body in chat.bodies}
    assert len(sessions) == 6
    assert all(name.startswith("verify-") for name in sessions)
    assert len({body["question"] for body in chat.bodies}) == len(chat.bodies) == seen.ran.total.scheduled == 30
    assert sum("Cookie" in headers for headers in chat.headers) == 24
    assert seen.ran.finished == {"five": 6}
    assert not seen.ran.cut
    assert {sample.arm for sample in seen.samples} == {"stable"}


def test_conversations_are_cut_between_turns_when_the_run_ends_and_said_so() -> None:
    seen = run(Plan(10, (Scenario("ten", turns=10, think_s=1.0),)), Chat(), 0.3)
    assert seen.ran.cut == {"ten": 3}
    assert seen.ran.total.scheduled == 3


def test_enhanced_requests_carry_long_prompts_and_the_bearer_of_the_moment() -> None:
    chat, tokens = Chat(), iter(["old", *["hush"] * 9])
    plan = Plan(20, (Scenario("long", "enhanced", prompt_bytes=LONG_PROMPT + 1),))
    seen = run(plan, chat, 0.2, bearer=lambda: next(tokens))
    assert all(len(body["question"].encode()) > 4096 for body in chat.bodies)
    assert [sample.error for sample in sorted(seen.samples, key=lambda s: s.at_s)] == ["HTTP 401", "", "", ""]
    assert all(headers["User-Agent"] == MANNERS["User-Agent"] for headers in chat.headers)
    assert all(headers["X-Onesource-Synthetic"] == "1" for headers in chat.headers)


def test_a_streamed_answer_is_stamped_at_its_first_content_and_not_before() -> None:
    seen = run(Plan(10, (Scenario("streamed", streamed=True),)), Chat(), 0.1)
    (stamps,) = seen.stamps
    assert stamps.connect_s > 0
    assert stamps.headers_s is not None
    assert stamps.headers_s < 0.1
    assert stamps.first_event_s is not None
    assert stamps.first_event_s < 0.1
    assert stamps.first_content_s == pytest.approx(0.16, abs=0.06)
    assert stamps.gap_s == pytest.approx(0.2, abs=0.06)
    assert stamps.pieces == 3
    assert stamps.last_s == pytest.approx(0.38, abs=0.1)
    whole, ttft = seen.samples
    assert (whole.stream, whole.latency_s, whole.error) == ("load", stamps.last_s, "")
    assert (ttft.stream, ttft.latency_s) == ("load-ttft", stamps.first_content_s)


def test_a_stream_that_ends_without_its_answer_is_cut_off() -> None:
    assert run(Plan(10, (Scenario("s", streamed=True),)), Chat(cut=True), 0.1).errors == {"cut off"}


def test_a_stopped_run_still_accounts_for_what_had_left() -> None:
    with engine(Plan(20, ONE), Chat(think_s=1.0)) as (made, seen):

        async def go() -> None:
            with pytest.raises(TimeoutError):
                _ = await asyncio.wait_for(made.run(5.0), 0.5)

        asyncio.run(go())
    total = Account()
    for account, _ in seen.slices:
        total.add(account)
    assert total.scheduled == total.failed == total.errors["interrupted"]
    assert 8 <= total.scheduled <= 10
    assert not seen.samples


def test_a_run_as_a_whole_is_judged_like_a_slice() -> None:
    seen = run(Plan(20, ONE), Chat(status=429), 1.0)
    assert seen.ran.total.length_s == pytest.approx(1.0, abs=0.3)
    assert seen.ran.total.invalid(Tolerance()).startswith("the target limits our rate")
    facts = seen.ran.total.facts()
    assert (facts["scheduled"], facts["errors"]) == (20, {"rate-limited": 20})
