"""What each phase needs to have observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Where: TypeAlias = Literal["staging", "production"]


@dataclass(frozen=True, slots=True)
class Needs:
    """Where a phase looks, and whether it needs the routing's streams."""

    where: Where
    routing: bool = False


PHASES: dict[str, Needs] = {
    "staging": Needs("staging"),
    "canary": Needs("production", routing=True),
    "rollout": Needs("production"),
    "rollback": Needs("staging"),
    "flags": Needs("staging"),
    "postdeploy": Needs("production"),
    "bugbash": Needs("staging"),
    "a11y": Needs("staging"),
    "troubleshoot": Needs("production"),
    "context": Needs("production"),
}


def needs(phases: Iterable[str]) -> tuple[Needs, ...]:
    """Return what these phases need together, each environment once, in the order they were given."""
    routing: dict[Where, bool] = {}
    for phase in phases:
        need = PHASES[phase]
        routing[need.where] = routing.get(need.where, False) or need.routing
    return tuple(Needs(where, asked) for where, asked in routing.items())
