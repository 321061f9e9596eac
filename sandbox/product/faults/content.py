"""Faults in what is answered: apologies, broken answers, lost conversations, a page where health should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.when import asked, on, share, turn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.product.faults.facts import Facts
    from sandbox.product.faults.when import Rule

OF_NO_BACKEND = frozenset({"other", "/healthz", "/readyz"})  # what a single-page fallback swallows


def _swallowed(facts: Facts) -> bool:
    return facts.route in OF_NO_BACKEND


CONTENT: Mapping[str, Rule] = {
    "canned": on(asked, canned=True),
    "invalid-v2": on(asked, share(0.015), wire="block"),
    "session-dropped": on(turn(3), other_session=True),
    "context-loss": on(turn(2), share(0.006), forgets=True),
    "pipeline-off": on(unified=False, shown=(("unified_pipeline", False),)),
    "spa-fallback": on(_swallowed, html=True),
}
