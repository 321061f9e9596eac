"""Faults in which build an answer names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.product.faults.facts import Effects, Facts
    from sandbox.product.faults.when import Rule


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


IDENTITY: Mapping[str, Rule] = {
    "flipping": _flipping,
    "cookie-leaks": _cookie_leaks,
    "version-stripped": _version_stripped,  # last: it takes the name away whoever set it
}
