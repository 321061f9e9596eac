"""What the product does under its flags: are the examples drawn anew, do answers suggest actions, is there a summary?

Told by what an address or a pod answers, not by what is configured. An answer that is none (an error, an apology,
another session's) shows nothing either way and is not counted.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

import aiohttp
import msgspec

from harness.judge.flags import FALSE, MIXED, TRUE
from harness.observe.asks import kind_of
from harness.observe.documents.figures import document_of
from harness.observe.load.substance import CANNED, Substance
from harness.observe.load.validity import read as read_answer
from harness.observe.talks import PREFIX

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import TypeAlias

    from harness.observe.pods import Reply
    from harness.target import Target

    Ask: TypeAlias = Callable[[str], Awaitable[Reply]]

EXAMPLES: Final = "/api/prompts/examples"
LOADS: Final = 2  # of the examples, at each place
ANSWERS: Final = 20  # through the ingress, each to another question
AT_ONCE: Final = 5
MOSTLY: Final = 0.9  # of the answers show a flag that is on: one of a hundred may be spoilt by something else
QUESTIONS: Final = (
    "Which steps lead to a good sourdough bread?",
    "How do I plan a monthly budget?",
    "What should I know about heat pumps?",
    "How does a walking routine help against poor sleep?",
    "What are the risks of a home battery?",
)


@dataclass(frozen=True, slots=True)
class Told:
    """A flag's value by behaviour ("" and why it can't be told), from `shown` of `of` looks, and the texts seen."""

    value: str = ""
    why: str = ""
    shown: int = 0
    of: int = 0
    texts: tuple[str, ...] = ()


@dataclass(slots=True)
class Answers:
    """What answers carried, and what else came back."""

    substance: Substance

    good: int = 0
    actions: int = 0
    unified: int = 0
    labels: list[str] = field(default_factory=list[str])
    other: Counter[str] = field(default_factory=Counter[str])


async def examples(ask: Ask) -> Told:
    """Load the examples twice: drawn anew each time and from a seed is on, the same and without one is off."""
    loads = [await ask(f"{EXAMPLES}?n=5") for _ in range(LOADS)]
    seeded, lists = 0, list[tuple[str, ...]]()
    for reply in loads:
        found = document_of(reply)
        if isinstance(found, str):
            return Told(why=f"{EXAMPLES}: {found}")
        given: object = found.get("examples")
        texts = cast("list[object]", given) if isinstance(given, list) else []
        if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
            return Told(why=f"{EXAMPLES}: wanted examples, a list of texts, got none")
        lists.append(tuple(str(text) for text in texts))
        seeded += found.get("seed") is not None
    fresh = len(set(lists)) == len(lists)
    texts = tuple(dict.fromkeys(text for one in lists for text in one))
    if fresh and seeded == LOADS:
        return Told(TRUE, "", seeded, LOADS, texts)
    if len(set(lists)) == 1 and not seeded:
        return Told(FALSE, "", 0, LOADS)
    return Told(MIXED, "", seeded, LOADS, texts)


async def answers(session: aiohttp.ClientSession, url: str, target: Target, count: int = ANSWERS) -> Answers:
    """Ask so many questions, each in a conversation of its own; return what their answers carried."""
    found = Answers(Substance(target.answers.apologies))
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await _one(session, url, number, target, found)

    _ = await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return found


def actions(found: Answers) -> Told:
    """Tell by the answers whether actions are suggested."""
    return _by(found, found.actions, tuple(dict.fromkeys(found.labels)))


def unified(found: Answers) -> Told:
    """Tell by the answers whether the unified pipeline gave them."""
    return _by(found, found.unified, ())


def _by(found: Answers, shown: int, texts: tuple[str, ...]) -> Told:
    if not found.good:
        said = ", ".join(f"{count} {what}" for what, count in found.other.most_common(3))
        return Told(why=f"no good answer ({said or 'nothing was asked'})")
    value = FALSE if not shown else TRUE if shown >= MOSTLY * found.good else MIXED
    return Told(value, "", shown, found.good, texts)


async def _one(session: aiohttp.ClientSession, url: str, number: int, target: Target, found: Answers) -> None:
    session_id = f"{PREFIX}{uuid.uuid4().hex}"
    question = f"{QUESTIONS[number % len(QUESTIONS)]} ({number + 1})"
    try:
        body = {"question": question, "session_id": session_id}
        async with session.post(url + target.api.ask, json=body, allow_redirects=False) as answer:
            status, text = answer.status, await answer.read()
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as trouble:
        found.other[kind_of(trouble)] += 1
        return
    if status != 200:
        found.other[f"HTTP {status}"] += 1
        return
    kind, whole = read_answer(text, session_id)
    if whole is None:
        found.other[kind] += 1
        return
    if found.substance.kind(whole, question) == CANNED:
        found.other["apology"] += 1
        return
    document = msgspec.json.decode(text, type=dict[str, Any])
    labels = _labels(document.get("meta"))
    found.good += 1
    found.actions += bool(labels)
    found.unified += bool(document.get(target.answers.unified))
    found.labels += labels


def _labels(meta: object) -> list[str]:
    """Return the labels of the suggested actions."""
    given: object = cast("dict[str, object]", meta).get("suggested_actions") if isinstance(meta, dict) else None
    actions: Sequence[object] = cast("list[object]", given) if isinstance(given, list) else ()
    labels = [cast("dict[str, object]", one).get("label") if isinstance(one, dict) else one for one in actions]
    return [str(label) for label in labels if label]
