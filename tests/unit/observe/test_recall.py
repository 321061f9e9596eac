"""Facts that are told and asked for: what counts as remembered, and what the reported interval is worth."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from fixtures import memory as memories
from fixtures.evidence import Evidence
from harness.clock import FakeClock, SystemClock
from harness.errors import UsageError
from harness.evidence import names
from harness.evidence.store import Reader
from harness.judge.memory import LATER, NEXT, PODS, VERSION, Recollections, remembers
from harness.observe import chatting, context
from harness.observe.chatting import Chatter, Pace, Reply, Voice
from harness.observe.collector.__main__ import main
from harness.observe.facts import ASKED, FILLERS, THINGS, WORDINGS, fact, filler
from harness.observe.recall import Talker, recalls
from harness.observe.spoken import cut, mentions, normalised, remembered, words
from harness.target import Build, Environment, NginxRouting, Probes, Target, UrlPairRouting
from harness.verdict import Outcome, Reason
from tests.unit.observe.chatroom import Chatroom
from tests.unit.observe.servers import NEW, OLD, free_port, serving

if TYPE_CHECKING:
    from pathlib import Path

VALUE = "K7-Q2R-94"


@pytest.mark.parametrize(
    "text",
    [
        "Your boat lies at K7-Q2R-94.",
        "k7-q2r-94",
        "It is **K7-Q2R-94**, as you said",
        "`K7 Q2R 94`",
        "K7\u2011Q2R\u201194",
        "K7\u2013Q2R\u201394",
        "K7 \u2212 Q2R \u2212 94",
        "K7Q2R94!",
        "\uff2b\uff17-\uff31\uff12\uff32-\uff19\uff14",
        "K7-\u00adQ2R-\u200b94",
        "the mooring\u2014K7-Q2R-94\u2014is yours",
        "K7-\n Q2R-94",
        "(K7_Q2R_94)",
    ],
)
def test_a_value_counts_in_any_case_and_spelling_of_blanks_and_dashes(text: str) -> None:
    assert remembered(text, VALUE)
    assert mentions(text, VALUE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Nothing was said of it.",
        "XK7-Q2R-94",
        "K7-Q2R-945",
        "AB-K7-Q2R-94",
        "K7-Q2R-94-X1",
        "K7-Q2R-49",
        "K7, Q2R, 94",
        "K7",
    ],
)
def test_a_part_or_a_longer_word_is_not_the_value(text: str) -> None:
    assert not remembered(text, VALUE)


def test_a_list_of_what_everybody_said_is_not_remembering() -> None:
    everything = "K7-Q2R-94, P3-Z5D-77 and A9-Z9B-97"
    assert not remembered(everything, VALUE)
    assert remembered(everything, VALUE, ["P3-Z5D-77", "A9-Z9B-97"]), "a conversation that was told all three"
    assert remembered("K7-Q2R-94, again K7 Q2R 94", VALUE)


def test_a_leak_is_seen_inside_of_other_words_too() -> None:
    assert mentions("id=xK7Q2R94y", VALUE)
    assert not mentions("K7-Q2R-49", VALUE)


def test_what_is_said_is_title_summary_and_blocks_but_not_what_the_server_adds() -> None:
    document = {
        "title": "A title",
        "summary": "In short",
        "blocks": [
            {"type": "list", "content": "", "items": ["one", {"text": "two"}]},
            {"type": "table", "caption": "Prices", "headers": ["a"], "rows": [["K7-Q2R-94", 3]]},
        ],
        "meta": {"session_id": VALUE},
    }
    assert words(json.dumps(document).encode()) == "A title\nIn short\n\none\ntwo\nPrices\na\nK7-Q2R-94"
    assert words(b"[1]") == words(b"<html>") == words(b"\xff") == ""
    assert cut("a\n b " * 200) == ("a b " * 200)[:200]
    assert normalised("A\u2010B *c*") == "a-b  c "


def test_no_question_and_no_filler_contains_a_value_so_that_an_echo_cannot_pass() -> None:
    for number in range(500):
        one = fact(3, number)
        assert one.value in one.statement
        assert not mentions(one.question, one.value)
        assert not remembered(f"You asked: {one.question}", one.value)
        assert not mentions(filler(3, number, number % 10), one.value)


def test_facts_are_new_in_each_session_and_follow_from_the_seed() -> None:
    values = {fact(seed, number).value for seed in (1, 2) for number in range(500)}
    assert len(values) == 1_000
    assert fact(1, 7) == fact(1, 7)
    assert {len(value) for value in values} == {9}


def test_wordings_things_and_questions_vary() -> None:
    drawn = [fact(5, number) for number in range(300)]
    assert len({one.statement.replace(one.value, "") for one in drawn}) > len(WORDINGS) * len(THINGS) / 2
    assert len({one.question for one in drawn}) > len(THINGS) * len(ASKED) / 2
    assert len({filler(5, 1, turn) for turn in range(9)}) == 9
    assert len({name for name, _ in THINGS}) == len(THINGS)


def test_fillers_and_questions_are_about_different_things() -> None:
    things = {word for name, _ in THINGS for word in name.split()}
    assert not {word.strip("?").lower() for text in FILLERS for word in text.split()} & things


def given(url: str, *, canary: bool = True, **probes: Any) -> tuple[Target, Environment]:
    environment = Environment(
        url=url,
        deployments={"stable": "onesource", "canary": "onesource-canary"} if canary else {"stable": "onesource"},
        routing=NginxRouting("main", "main-canary") if canary else None,
    )
    limits = msgspec.convert({"timeout_s": 2.0} | probes, Probes)
    builds = {"stable": Build("sha256:a", OLD), "canary": Build("sha256:b", NEW)}
    return Target("test", {"production": environment}, builds=builds, probes=limits), environment  # pyright: ignore[reportArgumentType]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "PER_S", 5_000.0)


def probed(room: Chatroom, *, sessions: int = 64, canary: bool = True, seed: int = 7) -> Recollections:
    with serving(room.app) as url:
        target, environment = given(url, canary=canary)
        found = asyncio.run(context.probe(target, environment, SystemClock(), seed=seed, turns=10, sessions=sessions))
    return replace(found, pods=3)


def outcome(seen: Recollections) -> tuple[Outcome, Reason | None]:
    verdict = remembers(seen, turns=10, alpha=0.0025)
    return verdict.outcome, verdict.reason


def test_a_product_that_remembers_is_met_in_every_way() -> None:
    room = Chatroom()
    seen = probed(room)
    assert outcome(seen) == (Outcome.MET, None)
    assert seen.planned == {NEXT: 16, LATER: 16, PODS: 16, VERSION: 16}
    assert len({one.session for one in seen.probes}) == 64
    assert all(one.session.startswith("verify-") for one in seen.probes)
    by_way = {way: [one for one in seen.probes if one.way == way] for way in seen.planned}
    assert {one.turns for one in by_way[LATER]} == {10}
    assert {one.turns for one in by_way[PODS]} == {1, 2, 3, 4}
    assert {(one.told_by, one.asked_by) for one in by_way[VERSION]} == {(OLD, NEW), (NEW, OLD)}
    assert len(room.bodies) == 16 * 2 + 16 * 11 + 4 * (2 + 3 + 4 + 5) + 16 * 2
    assert room.seen[0].headers["X-Onesource-Synthetic"] == "1"


def test_pages_bring_their_cookies_and_those_who_want_another_pod_none() -> None:
    room = Chatroom()
    seen = probed(room, sessions=8)
    way = {one.session: one.way for one in seen.probes}
    with_cookies = {way[body["session_id"]] for body, ask in zip(room.bodies, room.seen, strict=True) if ask.cookies}
    assert with_cookies == {NEXT, LATER}


@pytest.mark.parametrize(
    ("room", "way"),
    [
        (Chatroom(lasts=9), LATER),
        (Chatroom(parted=True), VERSION),
        (Chatroom(echoes=True), NEXT),
        (Chatroom(loses=0.34), ""),
    ],
    ids=["ten turns", "across versions", "echo", "one pod of three"],
)
def test_a_product_that_forgets_is_violated(room: Chatroom, way: str) -> None:
    seen = probed(room)
    verdict = remembers(seen, turns=10, alpha=0.0025)
    assert verdict.outcome is Outcome.VIOLATED
    assert way in verdict.because


def test_a_product_that_says_all_that_anybody_ever_said_remembers_nothing() -> None:
    assert outcome(probed(Chatroom(babbles=True)))[0] is Outcome.VIOLATED


def test_a_target_without_a_canary_has_three_ways() -> None:
    seen = probed(Chatroom(), canary=False)
    assert seen.planned == {NEXT: 22, LATER: 21, PODS: 21}
    assert outcome(seen) == (Outcome.MET, None)


def test_two_plain_addresses_have_the_versions_way_alone() -> None:
    environment = Environment(routing=UrlPairRouting("http://old", "http://new"), deployments={"canary": "c"})
    assert [len(context.doors_of(environment, way)) for way in (NEXT, LATER, PODS, VERSION)] == [0, 0, 0, 2]
    first, second = context.doors_of(environment, VERSION)
    assert (first.told.url, first.asked.url) == (second.asked.url, second.told.url) == ("http://old", "http://new")


def test_sessions_that_were_not_answered_are_made_good_once() -> None:
    seen = probed(Chatroom(hiccups=40))
    lost = [one for one in seen.probes if one.error]
    assert lost
    assert {one.error.partition(": ")[2] for one in lost} == {"HTTP 500"}
    assert len(seen.probes) > 64
    assert not any(one.remembered for one in lost)
    assert outcome(seen) == (Outcome.MET, None)


@pytest.mark.parametrize(
    ("room", "said", "reason"),
    [
        (Chatroom(status=503), "telling: HTTP 503", Reason.NO_DATA),
        (Chatroom(status=429), "telling: rate-limited", Reason.GENERATOR_INVALID),
        (Chatroom(breaks={"meta": {}}), "telling: invalid", Reason.NO_DATA),
        (Chatroom(breaks={"summary": "Please try again later."}), "telling: apology", Reason.NO_DATA),
    ],
    ids=["503", "429", "invalid", "apology"],
)
def test_a_product_that_does_not_answer_says_nothing_of_its_memory(room: Chatroom, said: str, reason: Reason) -> None:
    seen = probed(room, sessions=8)
    assert {one.error for one in seen.probes} == {said}
    assert len(seen.probes) == 8, "nobody is asked again where nobody answered"
    assert outcome(seen) == (Outcome.UNKNOWN, reason)


def test_a_target_that_is_down_or_nowhere_is_no_data() -> None:
    target, environment = given(f"http://127.0.0.1:{free_port()}")
    down = asyncio.run(context.probe(target, environment, SystemClock(), seed=1, turns=10, sessions=8))
    assert {one.error for one in down.probes} == {"telling: refused"}
    nowhere = asyncio.run(context.probe(target, Environment(), SystemClock(), seed=1, turns=10))
    assert (nowhere.probes, nowhere.trouble) == ((), "the profile test gives no address that anybody asks")


def test_who_waits_for_the_evidence_gets_it_in_time() -> None:
    with serving(Chatroom(think_s=0.2).app) as url:
        target, environment = given(url, patience_s=1.0)
        seen = asyncio.run(context.probe(target, environment, SystemClock(), seed=1, turns=10, sessions=32))
    assert {one.error.partition(": ")[2] for one in seen.probes if one.error} == {chatting.OUT_OF_TIME}
    assert any(not one.error for one in seen.probes)


# What the interval is worth, with a chat in process: no server, no clock.


class InProcess:
    """Asks a chatroom directly, in the place of a Chatter."""

    def __init__(self, room: Chatroom) -> None:
        self._room = room

    async def __aenter__(self) -> InProcess:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def ask(self, voice: Voice, question: str) -> Reply:
        arm = NEW if voice.headers.get("X-Canary") == "always" else OLD
        _, said = await self._room.say(voice.session_id, voice.token, arm, question)
        return Reply("", 200, said, arm)


@pytest.mark.parametrize("rate", [0.0, 0.005, 0.05, 0.5])
def test_the_reported_interval_covers_the_truth_in_182_of_200_runs(
    rate: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, environment = given("http://product")
    covered = exact = 0
    for seed in range(200):
        room = Chatroom(loses=rate, seed=seed)
        monkeypatch.setattr(context, "Chatter", lambda *_, room=room, **__: InProcess(room))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        seen = asyncio.run(context.probe(target, environment, SystemClock(), seed=seed, turns=2))
        facts = remembers(replace(seen, pods=3), turns=2, alpha=0.0025).facts
        low, high = facts["low"], facts["high"]
        assert isinstance(low, float)
        assert isinstance(high, float)
        covered += low <= rate <= high
        exact += {one.session for one in seen.probes if not one.remembered} == room.lost
    assert exact == 200, "each session that lost its fact is counted as one that forgot, and no other"
    assert covered >= 182


# What the collector keeps, and what a test is handed.


def collected(run: Path, url: str, environment: str, phase: str) -> int:
    given = {
        "name": "test",
        "environments": {environment: {"url": url, "token_file": str(run / "tokens")}},
        "watch": {"staging": {"for_s": 1.0, "window_s": 1.0, "slice_s": 1.0}},
        "rehearsal": True,
    }
    _ = (run / "tokens").write_text("".join(f"hush-{number}\n" for number in range(20)), encoding="utf-8")
    _ = (run / "target.json").write_bytes(msgspec.json.encode(msgspec.convert(given, Target)))
    return main(["--run", str(run), "--phase", phase])


def evidence(run: Path) -> Evidence:
    return Evidence(Reader(run), FakeClock(), 1.0)


def test_the_context_phase_is_probed_without_a_watch_and_handed_over_whole(tmp_path: Path) -> None:
    with serving(Chatroom().app) as url:
        _ = collected(tmp_path, url, "production", "context")
    seen = memories._tried(evidence(tmp_path), names.MEMORY, Recollections)
    assert len(seen.probes) == 64
    assert all(one.remembered for one in seen.probes)
    verdict = remembers(seen, turns=10, alpha=0.0025)
    assert verdict.reason is Reason.NO_DATA, "there is no cluster to count the pods of"
    assert "how many pods answer could not be read" in verdict.because
    assert "hush" not in (tmp_path / "evidence.db").read_bytes().decode("latin-1")


def test_a_collector_that_ended_before_or_broke_is_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = memories._tried(evidence(tmp_path), names.MEMORY, Recollections)
    assert nothing.trouble == "the collector ended without having tried it"

    async def broken(*_: object, **__: object) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(context, "probe", broken)
    assert collected(tmp_path, "http://127.0.0.1:1", "production", "context") == 1
    seen = memories._tried(evidence(tmp_path), names.MEMORY, Recollections)
    assert seen.trouble == "LookupError: a bug"
    assert remembers(seen, turns=10, alpha=0.0025).reason is Reason.NO_DATA


# Conversations of a drill.


def talker(url: str, token_file: str = "") -> Talker:
    target, environment = given(url)
    return Talker(target, msgspec.structs.replace(environment, token_file=token_file), SystemClock(), seed=4)


def test_conversations_of_a_drill_are_told_and_asked_again(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    _ = tokens.write_text("hush-1\nhush-2\n", encoding="utf-8")
    room = Chatroom()
    with serving(room.app) as url:
        talking = talker(url, str(tokens))
        told = (*talking.tell(3), *talking.tell(2))
        before, after = talking.ask(told, "before"), talking.ask(told, "after")
    assert len({one.wanted for one in told}) == 5
    assert "hush" not in repr(told)
    assert [one.token for one in told] == ["hush-1", "hush-2", "hush-1", "hush-2", "hush-1"]
    assert all(one.remembered and not one.error for one in (*before, *after))
    assert {one.when for one in before} == {"before"}
    assert all(one.wanted in one.answer and one.wanted not in one.asked for one in after)


def test_conversations_that_are_lost_are_not_remembered_and_those_unanswered_say_why() -> None:
    lost, down = Chatroom(), Chatroom()
    with serving(lost.app) as url:
        talking = talker(url)
        told = talking.tell(4)
        lost.lasts = 1
        assert {(one.remembered, one.error) for one in talking.ask(told, "after")} == {(False, "")}
    with serving(down.app) as url:
        talking = talker(url)
        told = talking.tell(4)
        down.status = 502
        assert {(one.remembered, one.error) for one in talking.ask(told, "after")} == {(False, "HTTP 502")}
        assert talking.tell(3) == ()


def test_a_drill_without_an_address_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="give the environment's url"):
        _ = Talker(Target("test", {}), Environment(), SystemClock())


def test_a_talker_may_be_used_where_a_loop_runs() -> None:
    with serving(Chatroom().app) as url:

        async def within() -> int:
            return len(talker(url).tell(2))

        assert asyncio.run(within()) == 2


def test_an_answer_in_another_session_without_the_fact_has_forgotten_it() -> None:
    assert recalls(Reply("other session", 200, "Nothing."), VALUE) == (False, "")
    assert recalls(Reply("other session", 200, VALUE), VALUE) == (True, "")
    assert recalls(Reply("invalid", 200, "Nothing."), VALUE) == (False, "invalid")
    assert recalls(Reply("HTTP 500", 500, VALUE), VALUE) == (False, "HTTP 500")


def test_the_pace_is_kept_and_several_may_leave_together() -> None:
    clock, at = SystemClock(), list[float]()

    async def leave() -> None:
        pace = Pace(50.0, clock)
        for count in (1, 5, 1):
            await pace.book(count)
            at.append(clock.now())

    asyncio.run(leave())
    assert at[1] - at[0] == pytest.approx(0.02, abs=0.015)
    assert at[2] - at[1] == pytest.approx(0.1, abs=0.03)


def test_a_token_is_sent_and_never_shown() -> None:
    room = Chatroom()
    with serving(room.app) as url:
        target, _ = given(url)
        voice = Voice("verify-1", url, "hush")

        async def ask() -> Reply:
            async with Chatter(target, SystemClock()) as chatter:
                return await chatter.ask(voice, "What comes next?")

        reply = asyncio.run(ask())
    assert room.seen[0].headers["Authorization"] == "Bearer hush"
    assert "hush" not in repr((voice, reply))
