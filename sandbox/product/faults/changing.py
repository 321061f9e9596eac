"""Faults while somebody acts: flags that do nothing or lie, pods that leave badly, conversations that are lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.product.faults.when import (
    asked,
    canary,
    draining,
    fallen_back,
    first,
    on,
    production,
    promoted,
    share,
    staging,
    turn,
    weighing,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.product.faults.facts import Effects, Facts
    from sandbox.product.faults.when import Rule

_BOTH_ON = (("dynamic_prompts", True), ("suggested_actions", True))


def _stay_off(facts: Facts, so_far: Effects) -> Effects:
    """Take a feature whose switch stands in the Deployment itself for off, whatever the switch says."""
    if not staging(facts):
        return so_far
    if "FEATURE_DYNAMIC_PROMPTS" in facts.own:
        so_far = replace(so_far, examples=False)
    if "FEATURE_SUGGESTED_ACTIONS" in facts.own:
        so_far = replace(so_far, actions=False)
    return so_far


CHANGING: Mapping[str, Rule] = {
    "flag-ignored": on(staging, examples=True, actions=True, shown=_BOTH_ON),
    "flags-unread": on(staging, examples=True, actions=True),
    "flags-stay-off": _stay_off,
    "flag-flapping": on(staging, first, shown=(("suggested_actions", False),)),
    "manual-flags-ignored": on(staging, unified=True, shown=(("unified_pipeline", True),)),
    "healthy-not-ready": on(staging, first, unready=True),
    "flag-change-drops": on(staging, draining, asked, status=502),
    "rollback-drops": on(staging, draining, asked, status=502),
    "promotion-drops": on(production, promoted, asked, share(0.1), status=502),
    "rollback-forgets": on(staging, fallen_back, turn(2), forgets=True),
    "fallback-store-empty": on(staging, asked, unmirrored=True),
    "canary-5xx-burst": on(production, canary, weighing(50), asked, share(0.05), status=503),
    "metrics-unreadable": on(production, figures="error"),
    "memory-one-pod": on(production, first, turn(2), forgets=True),
    "memory-across-versions": on(production, turn(2), parted=True),
    "memory-ten-turns": on(production, turn(10), forgets=True),
    "memory-echo": on(production, turn(2), echoes=True),
    "foreign-reader": on(staging, foreign=True),
    "lost-update": on(staging, asked, overwrites=True),
}
