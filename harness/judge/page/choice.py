"""What a page offers to choose from: suggested actions and examples, and how their texts can be wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harness.judge.page.asked import Asked
from harness.judge.page.finding import NOWHERE, Finding, Spot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CLICK, DOUBLE, ENTER = "click", "double click", "Enter"
SHOWN = 60  # characters of a text in a sentence


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be chosen: its text as people read it, and whether it could be pressed.

    `place` is its number among those of its kind on the page; `newest` says that it belongs to the newest answer.
    """

    text: str
    spot: Spot = NOWHERE
    place: int = 0
    usable: bool = True
    newest: bool = True


@dataclass(frozen=True, slots=True)
class Pressed:
    """A choice that was pressed, in one of three ways, and what was asked because of it.

    `asked.by` says the way, or why it could not be done. `held` are the questions that were kept from the server for
    a moment, `meanwhile` what could be chosen at that time.
    """

    how: str
    choice: Choice
    asked: Asked = field(default_factory=lambda: Asked("", ""))
    held: int = 0
    meanwhile: tuple[Choice, ...] = ()

    @property
    def failed(self) -> str:
        """Why it could not be pressed, "" if it could."""
        return "" if self.asked.by == self.how else self.asked.by


def same(text: str) -> str:
    """Return a text as two of them are compared: one kind of blank, any case."""
    return " ".join(text.split()).casefold()


def short(text: str) -> str:
    """Return a text as it stands in a sentence, in quotes."""
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= SHOWN else f"{flat[: SHOWN - 1]}…")


def markup(text: str) -> str:
    """Return what a renderer left in a text, "" for nothing: Markdown, HTML tags, entities."""
    found = _MARKUP.search(text)
    return found[0] if found else ""


def placeholder(text: str) -> str:
    """Return what nobody filled in, "" for nothing: names in braces, a printed nothing or object."""
    found = _PLACEHOLDER.search(text)
    return found[0] if found else ""


_MARKUP = re.compile(
    r"\*\*[^*]+\*\*|`[^`]+`|\[[^\]]+\]\([^)]*\)|^#{1,6}\s|&(?:[a-z]{2,8}|#\d+|#x[0-9a-f]+);"
    r"|</?(?:b|i|em|strong|br|p|a|span|div|code|ul|ol|li|h[1-6]|img|script)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"\{\{?[\w .-]*\}?\}|\$\{[^}]*\}|%\([A-Za-z_]+\)s|%s\b|\[object \w+\]|^(?:undefined|null|none|nan)$", re.IGNORECASE
)


def wrong_texts(choices: Sequence[Choice], kind: str, state: str) -> Iterator[Finding]:
    """Give what is wrong with texts by themselves: none, twice the same, left markup, nothing filled in.

    `kind` is what one of them is called.
    """
    seen: dict[str, Choice] = {}
    for one in choices:
        if not one.text:
            yield Finding(
                "no-text",
                f"{kind} {one.place + 1} has no text",
                one.spot,
                wanted="a text that says what will be asked",
                got="nothing",
                state=state,
                fix="leave out what has no text",
            )
            continue
        if same(one.text) in seen:
            yield Finding(
                "twice",
                f"{kind} {short(one.text)} is shown twice",
                one.spot,
                wanted="each once",
                got=f"at {seen[same(one.text)].place + 1} and {one.place + 1}",
                state=state,
                fix="draw each text once",
            )
        _ = seen.setdefault(same(one.text), one)
        if left := markup(one.text):
            yield Finding(
                "markup-left",
                f"{kind} {short(one.text)} shows markup as text",
                one.spot,
                wanted="plain text",
                got=left,
                state=state,
                fix="render the marks or strip them",
            )
        if left := placeholder(one.text):
            yield Finding(
                "placeholder-left",
                f"{kind} {short(one.text)} shows what nobody filled in",
                one.spot,
                wanted="a whole sentence",
                got=left,
                state=state,
                fix="fill the template in, or leave the text out",
            )


def wrong_asks(pressed: Sequence[Pressed], kind: str, wanted: Sequence[str]) -> Iterator[Finding]:
    """Give what is wrong with what was asked: nothing, more than once, or another question.

    `wanted` are the questions that the presses had to ask, in their order.
    """
    yield from _dead(pressed, kind)
    for one, text in zip(pressed, wanted, strict=True):
        sent = one.asked.sent
        if len(sent) > 1:
            rule = "sent-twice-by-double-click" if one.how == DOUBLE else "sent-twice"
            yield Finding(
                rule,
                f"a {one.how} on {kind} {short(one.choice.text)} asked {len(sent)} questions",
                one.choice.spot,
                wanted="one question",
                got=f"{len(sent)}: {', '.join(short(question.question) for question in sent)}",
                state=one.how,
                fix="send from one place, and not again while an answer is under way",
            )
        if other := next((question for question in sent if same(question.question) != same(text)), None):
            yield Finding(
                "other-text",
                f"{kind} {short(one.choice.text)} asked {short(other.question)}",
                one.choice.spot,
                wanted=text,
                got=other.question,
                state=one.how,
                fix="ask exactly what was offered",
            )
        if sent and not one.asked.document:
            yield Finding(
                "no-answer",
                f"what {kind} {short(one.choice.text)} asked was not answered: status {sent[-1].status or 'none'}",
                one.choice.spot,
                wanted="an answer",
                got=f"status {sent[-1].status or 'none'}",
                state=one.how,
                fix="see why the service refused what the page sent",
            )


def _dead(pressed: Sequence[Pressed], kind: str) -> Iterator[Finding]:
    """Give the ways of pressing that asked nothing; dead by keyboard alone is a defect of its own."""
    dead = [one for one in pressed if not one.asked.sent]
    if not dead:
        return
    keyboard_alone = all(one.how == ENTER for one in dead) and len(pressed) > len(dead)
    first = dead[0]
    why = f" ({first.failed})" if first.failed else ""
    ways = ", ".join(dict.fromkeys(one.how for one in dead))
    yield Finding(
        "dead-by-keyboard" if keyboard_alone else "dead",
        f"pressing {kind} {short(first.choice.text)} asked nothing{why}",
        first.choice.spot,
        wanted="one question",
        got=first.failed or "no question left the page",
        state=ways,
        criterion="WCAG 2.1.1 Keyboard (A)" if keyboard_alone else "",
        fix="make it a button, which has keyboard and pointer alike" if keyboard_alone else "let it ask its text",
    )


def once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return one finding of each rule, the first, with all states in which the rule was broken."""
    first: dict[str, Finding] = {}
    states: dict[str, dict[str, None]] = {}
    for one in findings:
        _ = first.setdefault(one.rule, one)
        if one.state:
            states.setdefault(one.rule, {})[one.state] = None
    return tuple(replace(one, state=", ".join(states.get(rule, {}))) for rule, one in first.items())
