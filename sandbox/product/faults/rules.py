"""All rules by the fault they make, and their application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.changing import CHANGING
from sandbox.product.faults.content import CONTENT
from sandbox.product.faults.facts import Effects
from sandbox.product.faults.failing import FAILING
from sandbox.product.faults.figures import FIGURES
from sandbox.product.faults.identity import IDENTITY
from sandbox.product.faults.showing import SHOWING
from sandbox.product.faults.timing import TIMING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.product.faults.facts import Facts
    from sandbox.product.faults.when import Rule

RULES: Mapping[str, Rule] = {**TIMING, **FAILING, **CONTENT, **FIGURES, **CHANGING, **SHOWING, **IDENTITY}


def effects(active: frozenset[str], facts: Facts) -> Effects:
    """Return what the active faults make of this request; without any, the truth."""
    result = Effects(commit=facts.commit)
    if active:
        for name, rule in RULES.items():
            if name in active:
                result = rule(facts, result)
    return result
