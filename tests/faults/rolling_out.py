"""A rollout in a process of its own that kills itself (-9) at a given point: `python -m ... FILE REPORTS JSON`."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import target as targets
from harness.act import audit, guard
from harness.act.rollout import drill
from harness.act.rollout.around import Surroundings
from harness.act.rollout.parts import Hooks
from harness.act.rollout.playing import Order, needs, perform, settings_of
from harness.clock import SystemClock
from harness.report import drills, stamp

if TYPE_CHECKING:
    from harness.judge.rolled import Rollout


def say(line: str) -> None:
    """Print a line at once: what comes next may be the end."""
    _ = sys.stdout.write(f"{line}\n")
    _ = sys.stdout.flush()


def main(profile: str, reports: Path, words: dict[str, Any]) -> Rollout:
    """Carry out an order on production; `kill` names the point at which this process ends itself."""
    clock = SystemClock()
    target = targets.load(profile)
    run = stamp.run_id(clock.wall())
    trail = audit.Audit(reports / audit.FILE, clock, who=audit.who(), run=run)
    permit = guard.permit(target, "production", trail, act=True, needs=needs(target, "production"))
    last = words.get("kill", "")

    def at(point: str) -> None:
        say(point)
        if point == last:
            os.kill(os.getpid(), signal.SIGKILL)

    order = Order(
        run=run, hooks=Hooks(at=at), **{key: value for key, value in words.items() if key not in {"kill", "violated"}}
    )
    order = drill.violated(order) if words.get("violated") else order
    whole = settings_of(target)
    short = dataclasses.replace(whole, half_s=whole.step_s)  # the share has a line and a test of its own
    record = perform(permit, order, Surroundings(target, "production", reports / run), clock, settings=short)
    _ = drills.write(reports / run, record)
    return record


if __name__ == "__main__":
    made = main(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]))
    failed = sum(bool(row.error) for row in made.seen)
    said = {"ended": made.ended, "restored": made.restored, "trouble": made.trouble, "foreign": made.foreign}
    say(json.dumps(said | {"failed": failed, "asked": len(made.seen)}))
