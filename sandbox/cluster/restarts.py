"""Faults that restart a healthy container in good order: SIGTERM, its drain, exit code 0, started again at once."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.cluster.trouble import Trouble
    from sandbox.switches import Switches

LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Habit:
    """Restart the first pod of a namespace's stable track, `first_s` after the fault came on, then `every_s`."""

    namespace: str
    first_s: float
    every_s: float


HABITS = {
    "pod-restarts": Habit("default", first_s=30.0, every_s=30.0),
    "counters-reset": Habit("staging", first_s=20.0, every_s=math.inf),
    "pod-restarting": Habit("staging", first_s=0.0, every_s=15.0),
}


async def run(trouble: Trouble, switches: Switches, restart: Callable[[str, str], None]) -> None:
    """Restart pods (by namespace and name) as the faults that are on want it, until cancelled."""
    loop = asyncio.get_running_loop()
    due: dict[str, float] = {}
    while True:
        active, now = switches.active(), loop.time()
        for fault, habit in HABITS.items():
            if fault not in active:
                _ = due.pop(fault, None)
            elif now >= due.setdefault(fault, now + habit.first_s):
                due[fault] += habit.every_s
                if name := trouble.first(habit.namespace, "stable"):
                    restart(habit.namespace, name)
        await asyncio.sleep(LOOK_S)
