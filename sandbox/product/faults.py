"""What the active faults change about an answer: pure functions, so that no handler knows any fault by name.

A handler states the facts of its request and gets the effects. To add a fault, write one rule and list it in
RULES; a new kind of effect is a new field of Effects and one place that honours it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Facts:
    """One request, as a fault may see it.

    `commit` is this build, `other` the other one; `track` what the pod is (stable, canary, ""); `canary_cookie`
    the value of the routing cookie; `turn` counts a conversation's turns from 1 and is 0 outside one.
    """

    commit: str
    other: str
    track: str
    canary_cookie: str | None
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Effects:
    """What the answer does. `commit` is the build it names, None for no name at all."""

    commit: str | None


def effects(active: frozenset[str], facts: Facts) -> Effects:
    """Return what the active faults make of this request; without any, the truth."""
    result = Effects(commit=facts.commit)
    if active:
        for name, rule in RULES.items():
            if name in active:
                result = rule(facts, result)
    return result


def _flipping(facts: Facts, so_far: Effects) -> Effects:
    """From the second turn on every other answer names the other build."""
    return replace(so_far, commit=facts.other) if facts.turn and facts.turn % 2 == 0 else so_far


def _cookie_leaks(facts: Facts, so_far: Effects) -> Effects:
    """Answer a user who opted out as the candidate would."""
    leaks = facts.track == "stable" and facts.canary_cookie == "never"
    return replace(so_far, commit=facts.other) if leaks else so_far


def _version_stripped(_: Facts, so_far: Effects) -> Effects:
    """Name nothing."""
    return replace(so_far, commit=None)


RULES: dict[str, Callable[[Facts, Effects], Effects]] = {
    "flipping": _flipping,
    "cookie-leaks": _cookie_leaks,
    "version-stripped": _version_stripped,  # last: it takes the name away whoever set it
}
