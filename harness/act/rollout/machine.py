"""The rollout itself: announce a step in the cluster, change, see it with users, watch, write down that it was seen.

Whatever is not seen, not measured or worse leads back. What somebody else changed stops the machine where it is. A
process that dies leaves the note of the step it was in, from which another goes on (harness.act.rollout.state).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from harness.act.hold import ForeignError
from harness.act.kube import ActError
from harness.act.rollout import plan
from harness.act.rollout.parts import BackError, StoppedError
from harness.judge.rolled import Crossing, Ended, Taken

if TYPE_CHECKING:
    from harness.act.rollout.parts import Outcome
    from harness.act.rollout.plan import Action
    from harness.act.rollout.seeing import Seeing
    from harness.act.rollout.site import Site
    from harness.act.rollout.state import State, Way
    from harness.judge.rolled import Kept


@dataclass(slots=True)
class Machine:
    """One rollout under way, from whichever step its state names."""

    site: Site
    seeing: Seeing
    state: State
    image: str  # the candidate's
    steps: list[Taken] = field(default_factory=list[Taken])
    kept: tuple[Kept, ...] = ()
    crossing: Crossing | None = None
    trouble: str = ""
    foreign: str = ""
    _marks: tuple[float | None, float | None, float] = (None, None, 0.0)  # changed, seen, to watch: of this step

    def run(self) -> Outcome:
        """Go to the end, forward or back. Never raises ActError: what went wrong is in `trouble` and `foreign`."""
        while True:
            try:
                return self._onward()
            except ForeignError as trouble:
                self.foreign = str(trouble)
                if self.state.step in {"unroute", "verify"}:
                    self.seeing.route_gone = self.seeing.gone()
                return "stopped"
            except StoppedError as trouble:
                self.trouble = str(trouble)
                return "stopped"
            except (BackError, ActError) as trouble:
                if self.state.way != "forward":
                    self.trouble = f"the way {self.state.way} did not come to its end: {trouble}"
                    return "stopped"
                self._turn(str(trouble), trouble.ended if isinstance(trouble, BackError) else "failed")

    def lead(self, way: Way) -> Outcome:
        """Go another way from here: back to stable, or to everything as it was found."""
        self.state = msgspec.structs.replace(self.state, way=way, verified=False)
        return self.run()

    def _onward(self) -> Outcome:
        """Take one step after the other."""
        while True:
            found = self.site.check()
            action = plan.next_action(self.state, found, self.image)
            if action.do == "release":
                self.site.note(None)
                self._at(f"{action.step}:released")
                return "finished" if self.state.way == "forward" else "taken back"
            self._step(action)

    def _turn(self, why: str, ended: Ended) -> None:
        """Remember why, and face the other way; the next action leads back. At the first step nothing was changed."""
        if ended in {"crossed", "blind"}:
            self.crossing = Crossing(self.state.step, why, self._now_s(), failures=self.seeing.watching.failures)
        if ended != "crossed":
            self.trouble = why
        way: Way = "restore" if self.state.step == "snapshot" else "back"
        self.state = msgspec.structs.replace(self.state, way=way, verified=False)

    def _step(self, action: Action) -> None:
        from_s = self._now_s()
        try:
            self.steps.append(self._taken(action, from_s))
        except BackError as back:
            self._ended(action, from_s, back.ended, str(back))
            raise
        except ActError as trouble:
            kind: Ended = "foreign" if isinstance(trouble, ForeignError) else "failed"
            self._ended(action, from_s, "stopped" if isinstance(trouble, StoppedError) else kind, str(trouble))
            raise
        except BaseException:
            self._ended(action, from_s, "stopped", "interrupted")
            raise

    def _ended(self, action: Action, from_s: float, ended: Ended, why: str) -> None:
        self.steps.append(Taken(action.step, from_s, self._now_s(), *self._marks, ended=ended, why=why))

    def _taken(self, action: Action, from_s: float) -> Taken:
        """Announce, change, see, watch, write that it was seen."""
        self._marks = (None, None, 0.0)
        self._announce(action)
        self._at(f"{action.step}:announced")
        self._change(action)
        changed_s = self._now_s()
        self._marks = (changed_s, None, 0.0)
        self._off(action, changed_s)
        self.seeing.watching.guard.renew(changed_s)
        self._at(f"{action.step}:changed")
        self.seeing.see(action, self.state)
        seen_s, watch_s = self._now_s(), self.seeing.watch_s(action)
        self._marks = (changed_s, seen_s, watch_s)
        self._at(f"{action.step}:seen")
        self.seeing.watch(action, seen_s, watch_s)
        if action.step != "back" or action.do == "verify":
            self._note(verified=True)
        self._at(f"{action.step}:verified")
        return Taken(action.step, from_s, self._now_s(), changed_s, seen_s, watch_s)

    def _announce(self, action: Action) -> None:
        if action.step != "back":
            self.state = msgspec.structs.replace(self.state, step=action.step)
        self._note(verified=False)

    def _note(self, *, verified: bool) -> None:
        self.state = msgspec.structs.replace(self.state, verified=verified)
        self.site.note(self.state.text())

    def _change(self, action: Action) -> None:
        match action.do:
            case "keep":
                self.kept = self.seeing.around.keep()
                bad = next((one for one in self.kept if one.trouble), None)
                if not self.kept or bad:
                    why = f"{bad.source}: {bad.trouble}" if bad else "no pod gave any"
                    raise BackError(f"the metrics of before are not usable: {why}", "unseen")
            case "weight":
                self.site.weight(action.percent)
            case "image":
                self.site.image(self.state.container, action.image)
            case "unroute":
                self.site.unroute()
            case "reroute":
                assert self.state.route is not None
                self.site.reroute(self.state.route, action.percent)
            case _:
                pass

    def _off(self, action: Action, changed_s: float) -> None:
        """Note when the API had accepted that users leave the candidate."""
        one = self.crossing
        if one is not None and one.off_s is None and action.step == "back" and action.do in {"weight", "reroute"}:
            self.crossing = dataclasses.replace(one, off_s=changed_s)

    def _now_s(self) -> float:
        return self.seeing.watching.now_s()

    def _at(self, point: str) -> None:
        self.seeing.hooks.at(point)
