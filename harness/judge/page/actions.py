"""Suggested actions: do they come with an answer, once each, and does pressing one ask exactly what it says, once?

The answer's document is the oracle: what it offers is what must be shown, whatever a model chose to suggest.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from harness.judge.page.asked import Asked  # noqa: TC001  msgspec reads the annotations when it runs
from harness.judge.page.choice import Choice, Pressed, once, same, short, wrong_asks, wrong_texts
from harness.judge.page.finding import Around, Excused, Finding, decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.verdict import Verdict

KIND = "the suggested action"
PAYLOADS = ("payload", "question", "prompt", "text", "value")


@dataclass(frozen=True, slots=True)
class Offer:
    """One suggested action of an answer: its label, and the question that it stands for."""

    label: str
    asks: str


@dataclass(frozen=True, slots=True)
class Turn:
    """The page after one answer. `how` it was asked for: typed, or by pressing a suggestion (then `pressed` is there).

    `shown` are the suggestions of the newest answer, `old` those of earlier ones that are still there, `loose` what
    reads like an offer of this answer and stands in no group of suggestions.
    """

    how: str
    asked: Asked
    shown: tuple[Choice, ...] = ()
    old: tuple[Choice, ...] = ()
    loose: tuple[Choice, ...] = ()
    pressed: Pressed | None = None


@dataclass(frozen=True, slots=True)
class ActionsSeen:
    """One conversation. `flag`: whether suggestions are switched on; None where nobody knows."""

    flag: bool | None
    turns: tuple[Turn, ...]
    around: Around


def offers(asked: Asked) -> tuple[Offer, ...]:
    """Return the suggested actions of an answer, as its document has them; those without a label left out."""
    meta: Mapping[str, Any] = asked.document.get("meta") or {}
    found: Sequence[Mapping[str, Any]] = meta.get("suggested_actions") or ()
    return tuple(_offer(one) for one in found if str(one.get("label") or "").strip())


def _offer(action: Mapping[str, Any]) -> Offer:
    label = str(action["label"]).strip()
    other = next((action[name] for name in PAYLOADS if isinstance(action.get(name), str) and action[name]), label)
    return Offer(label, other)


def judge(record: ActionsSeen, excused: Excused) -> Verdict:
    """Decide BB-06 from one conversation.

    With the flag on (or not known): each answer's offers are shown, once each, in words; nothing else is; none can be
    pressed while an answer is under way; pressing asks the offer's question once, by pointer and by keyboard. With the
    flag off nothing is shown.
    """
    turns = record.turns
    if record.flag is False:
        found = once(_though_off(turns))
        return decide(found, record.around, excused, checked=len(turns), of="answers without suggested actions")
    found = once([*_none(record), *_each(turns), *_left(turns), *_asked(turns)])
    ways = [turn.how for turn in turns if turn.pressed]
    right = f"each asked its own question once by {', '.join(ways)}" if ways else ""
    shown = sum(len(turn.shown) for turn in turns)
    return decide(found, record.around, excused, checked=shown, of="suggested actions", right=right)


def _though_off(turns: Sequence[Turn]) -> Iterator[Finding]:
    for number, turn in enumerate(turns, 1):
        if there := (*turn.shown, *turn.old, *turn.loose):
            yield Finding(
                "shown-though-off",
                f"the flag is off, and {len(there)} suggested actions are shown: {short(there[0].text)}",
                there[0].spot,
                wanted="none",
                got=str(len(there)),
                state=f"answer {number}",
                fix="show only what the answer offers",
            )


def _none(record: ActionsSeen) -> Iterator[Finding]:
    if record.flag and not any(offers(turn.asked) for turn in record.turns):
        yield Finding(
            "none-offered",
            f"the flag is on, and none of {len(record.turns)} answers came with a suggested action",
            wanted="one or more",
            got="none",
            fix="let the service suggest something, or switch the flag off",
        )


def _each(turns: Sequence[Turn]) -> Iterator[Finding]:
    """Give what differs between an answer's offers and what is shown under it; what can't be read offers nothing."""
    for number, turn in enumerate(turns, 1):
        state = f"answer {number}"
        if turn.asked.document:
            yield from _compared(turn, {same(offer.label): offer.label for offer in offers(turn.asked)}, state)
        yield from wrong_texts(turn.shown, KIND, state)
        for one in turn.shown:
            if turn.asked.sent and same(one.text) == same(turn.asked.sent[-1].question):
                yield Finding(
                    "asks-the-same",
                    f"{KIND} {short(one.text)} is the question that was just asked",
                    one.spot,
                    wanted="another question",
                    got=one.text,
                    state=state,
                    fix="leave out what was just asked",
                )
            if not one.usable:
                yield Finding(
                    "not-usable",
                    f"{KIND} {short(one.text)} can't be pressed though the answer is whole",
                    one.spot,
                    wanted="a button that can be used",
                    got="a disabled one",
                    state=state,
                    fix="enable it when the answer is complete",
                )


def _compared(turn: Turn, labels: Mapping[str, str], state: str) -> Iterator[Finding]:
    if labels and not turn.shown:
        yield _not_shown(turn, labels, state)
        return
    shown = {same(one.text) for one in turn.shown}
    if lost := [label for plain, label in labels.items() if plain not in shown]:
        yield Finding(
            "missing",
            f"the answer offers {short(lost[0])}, and it is not shown",
            turn.shown[0].spot,
            wanted=", ".join(labels.values()),
            got=", ".join(one.text for one in turn.shown),
            state=state,
            fix="show every suggested action of the answer",
        )
    if more := [one for one in turn.shown if one.text and same(one.text) not in labels]:
        yield Finding(
            "not-offered",
            f"{KIND} {short(more[0].text)} is shown, and the answer does not offer it",
            more[0].spot,
            wanted=", ".join(labels.values()) or "none",
            got=more[0].text,
            state=state,
            fix="show only what the answer offers",
        )


def _not_shown(turn: Turn, labels: Mapping[str, str], state: str) -> Finding:
    if turn.loose:
        return Finding(
            "no-group",
            f"{len(turn.loose)} suggested actions stand in no group that has a name",
            turn.loose[0].spot,
            wanted="a group with a name, such as 'Suggested next questions'",
            got="buttons alone",
            state=state,
            criterion="WCAG 1.3.1 Info and Relationships (A)",
            fix="put them into an element with role group and a name (or correct ui.suggestions in the profile)",
        )
    return Finding(
        "not-shown",
        f"the answer offers {len(labels)} suggested actions, and none is on the page",
        wanted=", ".join(labels.values()),
        got="none",
        state=state,
        fix="draw the suggested actions of the answer under it",
    )


def _left(turns: Sequence[Turn]) -> Iterator[Finding]:
    """Give what goes on being offered although the conversation went on, or is about to."""
    for number, turn in enumerate(turns, 1):
        if turn.old:
            yield Finding(
                "old-left",
                f"{KIND} {short(turn.old[0].text)} of an earlier answer is still offered under a newer one",
                turn.old[0].spot,
                wanted="only those of the newest answer",
                got=f"{len(turn.old)} of earlier answers",
                state=f"answer {number}",
                fix="take an answer's suggestions away when the next question is asked",
            )
        pressed = turn.pressed
        live = [one for one in pressed.meanwhile if one.usable] if pressed and pressed.held else []
        if live:
            yield Finding(
                "usable-while-busy",
                f"{KIND} {short(live[0].text)} can be pressed while an answer is under way",
                live[0].spot,
                wanted="none, or disabled ones",
                got=f"{len(live)} that look usable",
                state=turn.how,
                fix="take them away, or disable them, until the answer is whole",
            )


def _asked(turns: Sequence[Turn]) -> Iterator[Finding]:
    pressed: list[Pressed] = []
    wanted: list[str] = []
    for before, turn in pairwise(turns):
        if turn.pressed is not None:
            text = turn.pressed.choice.text
            stands_for = {same(offer.label): offer.asks for offer in offers(before.asked)}
            pressed.append(turn.pressed)
            wanted.append(stands_for.get(same(text), text))
    yield from wrong_asks(pressed, KIND, wanted)
