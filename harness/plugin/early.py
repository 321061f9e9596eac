"""A watch whose SLO is violated for good ends at once: what hurts people for a minute must not hurt them for a day."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from harness import policy
from harness.evidence import phase as phases
from harness.judge import slos
from harness.runbook import PHASES
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from harness.evidence.phase import Watch
    from harness.runbook import Line
    from harness.target import Target, Watched

ENDING: Final[tuple[Watched, ...]] = ("staging", "canary")  # a later phase is no trial: it is watched on
MOST_SAID: Final = 300  # characters


class Early:
    """A thread of the recording process that judges while the collector watches; `stop` ends it.

    The six SLOs are judged as their tests judge them, with the same share of the false alarms: their VIOLATED may be
    said at any time. MET never ends anything. Looks once a slice, since counts of a slice are used whole.
    """

    def __init__(self, look: Callable[[], str], end: Callable[[str], None], every_s: float) -> None:
        """Ask `look` each `every_s` seconds; the first reason that it gives goes to `end`, and nothing after it."""
        self._look, self._end, self._every_s = look, end, every_s
        self.trouble = ""  # why it ended without having been stopped
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="early")
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                said = self._look()
            except Exception as trouble:  # noqa: BLE001  whatever it is, the watch goes on to its end
                self.trouble = f"nobody looked for an early end: {type(trouble).__name__}: {trouble}"
                return
            if said:
                self._end(said)
                return


def asked(target: Target, wanted: Sequence[str]) -> tuple[Watched, ...]:
    """Return the phases of `wanted` that a violated SLO ends."""
    return tuple(
        phase
        for phase in ENDING
        if phase in wanted and PHASES[phase] in target.environments and target.watched(phase).ends_on_violation
    )


def violated(run: Path, phase: Watched, target: Target, lines: Mapping[str, Line], planned: Collection[str]) -> str:
    """Return which of the planned SLOs is violated by what was watched so far, and by what; "" while none is."""
    watch = phases.of(run, phase, target, lines, "canary" if phase == "canary" else None)
    if not watch.course.usable or watch.course.ended:
        return ""
    verdicts = slos.all_six(watch.prefix, watch.six, watch.limits, _alphas(phase, watch))
    found = [
        f"{line} is violated: {verdict.because}"
        for line, verdict in verdicts.items()
        if line in planned and verdict.outcome is Outcome.VIOLATED
    ]
    return " ".join(found[0].split())[:MOST_SAID] if found else ""


def _alphas(phase: str, watch: Watch) -> Mapping[str, float]:
    known = policy.load()
    return {line: known.alpha_of(phase, line) for line in watch.lines}
