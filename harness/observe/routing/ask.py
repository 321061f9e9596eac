"""How to ask each arm: the address, headers and cookies of plain and of pinned users."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.target import UrlPairRouting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.evidence.names import Way
    from harness.judge.answers import Arm
    from harness.target import Environment


@dataclass(frozen=True, slots=True)
class Door:
    """Where to ask and what to carry; `wanted` is the arm this should reach, None for whichever."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cookies: Mapping[str, str] = field(default_factory=dict[str, str])
    wanted: Arm | None = None


def plain(environment: Environment) -> Door | None:
    """Return how a user who pins nothing asks; None where the profile gives no common address."""
    return Door(environment.url.rstrip("/")) if environment.url else None


def pinned(environment: Environment, way: Way, arm: Arm) -> Door | None:
    """Return how a test user asks for an arm; None where this way does not exist.

    Two plain addresses are a way of their own ("url"): they say nothing about a header or a cookie.
    """
    pins, base = environment.pins, environment.url.rstrip("/")
    if way == "url":
        if not isinstance(environment.routing, UrlPairRouting):
            return None
        pair = environment.routing
        return Door((pair.canary_url if arm == "canary" else pair.stable_url).rstrip("/"), wanted=arm)
    if not base:
        return None
    if way == "header":
        value = pins.header_canary if arm == "canary" else pins.header_stable
        return Door(base, headers={pins.header: value}, wanted=arm)
    value = pins.cookie_canary if arm == "canary" else pins.cookie_stable
    return Door(base, cookies={pins.cookie: value}, wanted=arm)


def ways(environment: Environment) -> tuple[Way, ...]:
    """Return the ways of pinning that this environment has."""
    named: tuple[Way, ...] = ("header", "cookie") if environment.url else ()
    return (*named, "url") if isinstance(environment.routing, UrlPairRouting) else named
