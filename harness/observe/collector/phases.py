"""What each phase needs to have observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.target import Watched

Where: TypeAlias = Literal["staging", "production"]
Beside: TypeAlias = Literal["memory", "isolation"]


@dataclass(frozen=True, slots=True)
class Needs:
    """Where phases look, whether they need the routing's streams or the checklist, and which are watched over time.

    `beside` is what is tried once while that goes on (harness.observe.collector.beside).
    """

    where: Where
    routing: bool = False
    watched: tuple[Watched, ...] = ()
    checklist: bool = False
    beside: tuple[Beside, ...] = ()


PHASES: dict[str, Needs] = {
    "staging": Needs("staging", watched=("staging",), beside=("isolation",)),
    "canary": Needs("production", routing=True, watched=("canary",)),
    "rollout": Needs("production", checklist=True),
    "rollback": Needs("staging"),
    "flags": Needs("staging"),
    "postdeploy": Needs("production", watched=("postdeploy",)),
    "bugbash": Needs("staging"),
    "a11y": Needs("staging"),
    "troubleshoot": Needs("production", watched=("troubleshoot",), beside=("memory",)),
    "context": Needs("production", beside=("memory",)),
}


def needs(phases: Iterable[str]) -> tuple[Needs, ...]:
    """Return what these phases need together, each environment once, in the order they were given."""
    found: dict[Where, Needs] = {}
    for phase in phases:
        need = PHASES[phase]
        before = found.get(need.where, Needs(need.where))
        watched = tuple(dict.fromkeys((*before.watched, *need.watched)))
        routing, checklist = before.routing or need.routing, before.checklist or need.checklist
        beside = tuple(dict.fromkeys((*before.beside, *need.beside)))
        found[need.where] = Needs(need.where, routing, watched, checklist, beside)
    return tuple(found.values())
