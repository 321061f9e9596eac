"""A violation that is declared, not met: whether a rollout takes itself back is shown before anybody relies on it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.act.rollout.parts import Hooks
    from harness.act.rollout.playing import Order
    from harness.judge.drill import Seen

SAID: Final = "declared by the drill: the candidate counts as worse from here on"


class Signal:
    """Declares a violation at the first look after weight 50 was seen by users."""

    def __init__(self, hooks: Hooks) -> None:
        """Hear the rollout's points, and pass them on."""
        self._hooks = hooks
        self._armed = False

    def at(self, point: str) -> None:
        """Take note of a point that was reached."""
        self._armed = self._armed or point == "half:seen"
        self._hooks.at(point)

    def worse(self, _: Sequence[Seen]) -> str:
        """Return the violation once it is due."""
        return SAID if self._armed else ""


def violated(order: Order) -> Order:
    """Return the order with a violation in it; everything is put back at its end, whatever the profile says."""
    signal = Signal(order.hooks)
    hooks = dataclasses.replace(order.hooks, at=signal.at)
    return dataclasses.replace(order, hooks=hooks, worse=signal.worse, after="restore", interrupted="restore")
