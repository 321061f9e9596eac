"""Faults in how long an answer takes. The healthy product, as the sandbox runs it: P95 231 ms, enhanced 245 ms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.product.faults.when import asked, burst, canary, chat, enhanced, longer, on, share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.product.faults.facts import Effects, Facts
    from sandbox.product.faults.when import Rule

FROZEN_S, EVERY_S = 3.0, 10.0


def _stall(facts: Facts, so_far: Effects) -> Effects:
    """Nothing moves until the freeze ends."""
    return replace(so_far, freeze_s=max(0.0, FROZEN_S - facts.wall_s % EVERY_S)) if asked(facts) else so_far


def _bimodal(facts: Facts, so_far: Effects) -> Effects:
    """Take 50 ms from a cache, or 1.7 s and up to 0.2 s more."""
    return replace(so_far, takes_s=1.7 + 1.4 * facts.draw if facts.draw < 0.14 else 0.05) if chat(facts) else so_far


TIMING: Mapping[str, Rule] = {
    "slow-chat": on(chat, factor=7.4),
    "slow-enhanced": on(enhanced, factor=7.6),
    "delta-140": on(enhanced, plus_s=0.160),
    "tail-only": on(chat, share(0.14), takes_s=4.0),
    "bimodal": _bimodal,
    "long-prompt-slow": on(enhanced, longer(4096), plus_s=1.9),
    "serial": on(asked, serial=True),
    "stall": _stall,
    "canary-slow": on(asked, canary, plus_s=0.150),
    "canary-tail": on(chat, canary, share(0.25), takes_s=2.5),
    "canary-enhanced-slow": on(enhanced, canary, factor=7.75),
    "canary-delta": on(enhanced, canary, plus_s=0.160),
    "both-slow-together": on(asked, burst(10, 20), plus_s=0.300),
    "canary-ttft": on(asked, canary, first_factor=1.4),
    "endpoint-slow": on(enhanced, plus_s=2.0),
}
