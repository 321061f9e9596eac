"""When a rule applies: conditions on facts, and the rule that changes something while all of them hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from sandbox import images
from sandbox.product.faults.facts import Effects, Facts

CANDIDATE = images.commit_of(images.CANDIDATE.partition(":")[2])

When: TypeAlias = Callable[[Facts], bool]
Rule: TypeAlias = Callable[[Facts, Effects], Effects]


def on(*conditions: When, **changes: Any) -> Rule:
    """Return the rule that makes these changes while every condition holds."""

    def rule(facts: Facts, so_far: Effects) -> Effects:
        return replace(so_far, **changes) if all(holds(facts) for holds in conditions) else so_far

    return rule


def both(first: Rule, second: Rule) -> Rule:
    """Return the rule that is two, one after the other."""
    return lambda facts, so_far: second(facts, first(facts, so_far))


def asked(facts: Facts) -> bool:
    """Tell whether a question was asked, on either endpoint."""
    return facts.tier != ""


def chat(facts: Facts) -> bool:
    """Tell whether the plain endpoint was asked."""
    return facts.tier == "regular"


def enhanced(facts: Facts) -> bool:
    """Tell whether the enhanced endpoint was asked."""
    return facts.tier == "enhanced"


def canary(facts: Facts) -> bool:
    """Tell whether the pod is one of the canary's."""
    return facts.track == "canary"


def promoted(facts: Facts) -> bool:
    """Tell whether the pod is one of stable's and runs the candidate."""
    return facts.track == "stable" and facts.commit == CANDIDATE


def first(facts: Facts) -> bool:
    """Tell whether the pod is the one that stands out among its Service's."""
    return facts.first


def share(part: float) -> When:
    """Return what holds for this part of the requests, drawn at random."""
    return lambda facts: facts.draw < part


def burst(length_s: float, period_s: float) -> When:
    """Return what holds for the first `length_s` of every `period_s` of the time of day, on all pods at once."""
    return lambda facts: facts.wall_s % period_s < length_s


def turn(least: int) -> When:
    """Return what holds from this turn of a conversation on."""
    return lambda facts: facts.turn >= least


def longer(size: int) -> When:
    """Return what holds for questions of more than so many bytes."""
    return lambda facts: facts.prompt_bytes > size


def staging(facts: Facts) -> bool:
    """Tell whether the pod is staging's."""
    return facts.environment == "staging"


def production(facts: Facts) -> bool:
    """Tell whether the pod is production's."""
    return facts.environment == "production"


def draining(facts: Facts) -> bool:
    """Tell whether the pod is going away and still answers whoever comes."""
    return facts.draining


def fallen_back(facts: Facts) -> bool:
    """Tell whether conversations are kept in the fallback store first."""
    return facts.store == "mongo"


def weighing(least: int) -> When:
    """Return what holds while the canary's route asks for at least this share of the traffic, in percent."""
    return lambda facts: facts.weight >= least
