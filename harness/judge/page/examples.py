"""The landing page's examples: do they come from the service, differ between loads and within one, and can be used?

Freshness is told by diversity: were each load's list drawn from two lists or more, `n` loads would agree with a
probability of at most 2^-(n - 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.judge.page.choice import Choice, Pressed, once, same, short, wrong_asks, wrong_texts
from harness.judge.page.finding import Around, Excused, Finding, decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.verdict import Verdict

KIND = "the example"
LEAST: Final = 3  # examples that a page shows


@dataclass(frozen=True, slots=True)
class Given:
    """The service's answer to the page's request for examples; `status` 0: none came."""

    status: int
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """One load in a fresh context. `given` is what the service gave it, None where the page did not ask.

    `typed` is what was shown after somebody typed in the composer, None where nobody did.
    """

    given: Given | None
    shown: tuple[Choice, ...] = ()
    typed: tuple[Choice, ...] | None = None
    pressed: Pressed | None = None


@dataclass(frozen=True, slots=True)
class ExamplesSeen:
    """All loads. `flag`: whether examples are dynamic, None where nobody knows; `path` is the service's address."""

    flag: bool | None
    path: str
    loads: tuple[Load, ...]
    around: Around


def judge(record: ExamplesSeen, excused: Excused) -> Verdict:
    """Decide BB-07 from all loads.

    Each shows three or more whole texts, none twice, all given by the service; they stay while somebody types; pressing
    one asks its text once. Switched on, the loads don't all show the same; switched off, they do.
    """
    loads = record.loads
    found = once([*_each(record), *_between(record), *_kept(loads), *_asked(loads)])
    shown = sum(len(load.shown) for load in loads)
    right = f"{_sets(loads)} different lists in {len(loads)} loads"
    return decide(found, record.around, excused, checked=shown, of=f"examples in {len(loads)} loads", right=right)


def _sets(loads: Sequence[Load]) -> int:
    """Return how many different sets of examples were shown; loads without any don't count."""
    return len({frozenset(same(one.text) for one in load.shown) for load in loads if load.shown})


def _each(record: ExamplesSeen) -> Iterator[Finding]:
    for number, load in enumerate(record.loads, 1):
        state = f"load {number}"
        if len(load.shown) < LEAST:
            yield Finding(
                "too-few",
                f"{len(load.shown)} examples are shown, {LEAST} are wanted",
                wanted=f"{LEAST} or more",
                got=str(len(load.shown)),
                state=state,
                fix="show what the service gives (or correct ui.examples in the profile)",
            )
        yield from wrong_texts(load.shown, KIND, state)
        yield from _own(record, load, state)


def _own(record: ExamplesSeen, load: Load, state: str) -> Iterator[Finding]:
    """Give what is shown and was not given by the service."""
    if not record.path or not load.shown:
        return
    if load.given is None:
        if record.flag is not False:  # a page may keep a static list itself
            yield _list_of_its_own(load.shown, f"the page did not ask {record.path}", state)
        return
    known = {same(text) for text in load.given.texts}
    if strange := [one for one in load.shown if one.text and same(one.text) not in known]:
        got = f"the service answered {load.given.status or 'nothing'} with {len(known)} examples"
        yield _list_of_its_own(strange, got, state)


def _list_of_its_own(strange: Sequence[Choice], got: str, state: str) -> Finding:
    return Finding(
        "list-of-its-own",
        f"the page shows {len(strange)} examples that the service did not give, such as {short(strange[0].text)}",
        strange[0].spot,
        wanted="the service's examples",
        got=got,
        state=state,
        fix="show the examples that the service gave to this load",
    )


def _between(record: ExamplesSeen) -> Iterator[Finding]:
    usable, sets = [load for load in record.loads if load.shown], _sets(record.loads)
    count = len(usable)
    if record.flag is False and sets > 1:
        yield Finding(
            "differs-though-off",
            f"dynamic examples are off, and {count} loads showed {sets} different lists",
            usable[0].shown[0].spot,
            wanted="one list",
            got=str(sets),
            fix="give the static list while the flag is off",
        )
    if record.flag is not False and sets == 1 and count > 1:
        yield Finding(
            "same-on-each-load",
            f"{count} loads in fresh contexts all showed the same examples; drawn from two lists or more they would "
            f"agree with a probability of at most {0.5 ** (count - 1):.1%}",
            usable[0].shown[0].spot,
            wanted="two different lists or more",
            got="one",
            fix="draw the examples for each load (or say in the profile that the flag is off)",
            certain=record.flag is True,
        )


def _kept(loads: Sequence[Load]) -> Iterator[Finding]:
    """Give what changed under the eyes of somebody who typed; a landing that goes away at once is no change."""
    for load in loads:
        if not load.typed:
            continue
        before, after = [one.text for one in load.shown], [one.text for one in load.typed]
        if before != after:
            yield Finding(
                "reshuffled",
                "the examples changed while somebody typed in the composer",
                load.typed[0].spot,
                wanted=", ".join(before),
                got=", ".join(after),
                state="typing",
                fix="load the examples once, when the page opens",
            )


def _asked(loads: Sequence[Load]) -> Iterator[Finding]:
    pressed = [load.pressed for load in loads if load.pressed is not None]
    yield from wrong_asks(pressed, KIND, [one.choice.text for one in pressed])
