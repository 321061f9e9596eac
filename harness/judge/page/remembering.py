"""Does the page remember a conversation as the API does: is a fact that was told recalled, and only there?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.judge.page.asked import Sent  # noqa: TC001  msgspec reads the annotations when it runs
from harness.judge.page.choice import once
from harness.judge.page.finding import NOWHERE, Around, Excused, Finding, Spot, decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.verdict import Verdict

TELL, ASIDE, RECALL, NEW, AGAIN = "told", "asked beside", "recalled", "asked anew", "asked after a reload"
ONE: Final = (TELL, ASIDE, RECALL)  # turns of one conversation, in their order


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer. `session` is the conversation that the answer names, "" for none.

    `text` is what the answer shows, cut; `says` tells whether the fact stands in it as a whole and no other of its
    kind beside it, `mentions` whether it stands in it anyhow, `written` whether the answer's document says it.
    """

    name: str
    sent: Sent
    session: str = ""
    text: str = ""
    says: bool = False
    mentions: bool = False
    written: bool = False
    spot: Spot = NOWHERE


@dataclass(frozen=True, slots=True)
class RememberingSeen:
    """One fact told and asked for. `names`: where a question's body names its conversation, () for nowhere.

    What is said after a reload is kept and not judged: products differ in it by intent.
    """

    value: str
    names: tuple[str, ...]
    turns: tuple[Turn, ...]
    around: Around


def judge(record: RememberingSeen, excused: Excused) -> Verdict:
    """Decide BY-04 from one fact.

    Every question after the first carries the conversation that the first answer named; the recalled answer shows the
    fact; a new conversation is another one and does not know it.
    """
    turns = {turn.name: turn for turn in record.turns}
    judged = [turns[name] for name in (*ONE, NEW) if name in turns]
    found = once([*_sessions(record, judged), *_recalled(record, turns.get(RECALL)), *_anew(record, turns)])
    again = turns.get(AGAIN)
    right = f"{record.value} recalled and not known anew"
    if again is not None:
        right += f"; after a reload it is {'known' if again.says else 'not known'}"
    return decide(found, record.around, excused, checked=len(judged), of="turns", right=right)


def _conversation(turns: Sequence[Turn]) -> str:
    """Return the conversation's id: as the first answer names it, else as the first question does that has one."""
    own = [turn for turn in turns if turn.name in ONE]
    answered = own[0].session if own else ""
    return answered or next((turn.sent.session for turn in own if turn.sent.session), "")


def _sessions(record: RememberingSeen, turns: Sequence[Turn]) -> Iterator[Finding]:
    if not record.names:
        return
    wanted = _conversation(turns)
    for turn in turns:
        if turn.name not in (ASIDE, RECALL):
            continue
        if not turn.sent.session:
            yield Finding(
                "no-session",
                f"the question that was {turn.name} names no conversation ({', '.join(record.names)})",
                turn.spot,
                wanted=wanted or "the conversation of the first answer",
                got="none",
                state=turn.name,
                fix="send the session of the first answer with every later question",
            )
        elif turn.sent.session != wanted:
            yield Finding(
                "other-session",
                f"the question that was {turn.name} names another conversation than the first answer",
                turn.spot,
                wanted=wanted,
                got=turn.sent.session,
                state=turn.name,
                fix="keep the session of the first answer until a new conversation is begun",
            )


def _recalled(record: RememberingSeen, turn: Turn | None) -> Iterator[Finding]:
    if turn is None or turn.says:
        return
    if turn.written:
        yield Finding(
            "not-shown",
            f"the answer says {record.value}, and the page does not show it",
            turn.spot,
            wanted=record.value,
            got=turn.text,
            state=turn.name,
            fix="show every block of the answer",
        )
        return
    yield Finding(
        "forgotten",
        f"{record.value} was told two turns before, and the answer does not say it: {turn.text[:120]!r}",
        turn.spot,
        wanted=record.value,
        got=turn.text,
        state=turn.name,
        fix="send the session with every question, and read the conversation's turns for each answer",
    )


def _anew(record: RememberingSeen, turns: dict[str, Turn]) -> Iterator[Finding]:
    turn = turns.get(NEW)
    if turn is None:
        return
    before = _conversation([turns[name] for name in ONE if name in turns])
    if before and turn.sent.session == before:
        yield Finding(
            "session-kept",
            "the first question of a new conversation names the one before",
            turn.spot,
            wanted="none, or a new one",
            got=turn.sent.session,
            state=turn.name,
            fix="forget the session when a new conversation is begun",
        )
    if turn.mentions:
        yield Finding(
            "told-anew",
            f"a new conversation knows {record.value}, which was told in the one before",
            turn.spot,
            wanted="an answer without it",
            got=turn.text,
            state=turn.name,
            fix="begin a new conversation with no turn of another one",
        )
