"""Whether a change is what users get, and whether it stays good: every wait of a rollout, with the guard beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.act.kube import ActError
from harness.act.rollout.parts import BackError, Hooks, Progress, StoppedError
from harness.judge.identity import digest_of
from harness.wait import Patience, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.act.rollout.parts import Around, Settings
    from harness.act.rollout.plan import Action
    from harness.act.rollout.site import Site
    from harness.act.rollout.state import State, Way
    from harness.act.rollout.watching import Watching
    from harness.clock import Clock
    from harness.judge.rolled import RanPod

LOOK_S: Final = 0.5
CHECK_S: Final = 2.0  # how often the objects are compared with what we left


@dataclass(slots=True)
class Seeing:
    """Waits for what a change should bring; raises BackError, StoppedError, or ForeignError for a change by hand."""

    site: Site
    watching: Watching
    around: Around
    settings: Settings
    clock: Clock
    hooks: Hooks = field(default_factory=Hooks)
    pods: tuple[RanPod, ...] = ()
    route_gone: bool | None = None
    _way: Way = "forward"
    _checked_s: float = float("-inf")

    def see(self, action: Action, state: State) -> None:
        """Wait until a change is what users get, or the Deployment has come to rest; not seen in time leads back."""
        self._way = state.way
        match action.do:
            case "weight" | "reroute" if action.step != "back":
                self._until_shown(action, float(action.percent))
            case "image":
                self._until(action, lambda: self.site.found().rolling)
                if action.step != "back":
                    self.pods = self.around.pods()
                    self._check_pods()
            case "unroute":
                looks = max(1, round(self.settings.settle_s / LOOK_S))
                self._until(action, self._no_route, in_a_row=looks)
            case "verify" if action.step == "back":
                if state.replaced:
                    self._until(action, lambda: self.site.found().rolling)
                self._until_shown(action, float(state.target_percent))
            case "verify":
                self._until_shown(action, 100.0, pinned=True)
            case _:
                pass

    def _no_route(self) -> str:
        self.route_gone = self.gone()
        return "" if self.route_gone else "the canary's route is still there"

    def gone(self) -> bool | None:
        """Tell whether the canary's route is gone; None where it can't be read."""
        try:
            return self.site.gone()
        except ActError:
            return None

    def _check_pods(self) -> None:
        """Lead back unless every pod of stable is the candidate."""
        wanted = digest_of(self.settings.digest)
        wrong = [pod for pod in self.pods if not pod.ready or digest_of(pod.digest) != wanted]
        if wrong:
            raise BackError(f"stable pod {wrong[0].name} runs {wrong[0].digest or 'an unknown image'}", "unseen")
        if not self.pods:
            raise BackError("no pod of stable could be read after its rollout", "unseen")

    def _until_shown(self, action: Action, percent: float, *, pinned: bool = False) -> None:
        began = self.watching.now_s()

        def look() -> str:
            now = self.watching.now_s()
            if now - began < self.settings.settle_s:
                return "too early to tell"
            shares = self.watching.shares(now - self.settings.settle_s, pinned=pinned)
            if shares.shows(percent):
                return ""
            return f"the candidate gave {shares.candidate:,} of the last {shares.named:,} answers, wanted {percent:g}%"

        self._until(action, look)

    def _until(self, action: Action, lacks: Callable[[], str], *, in_a_row: int = 1) -> None:
        """Look until nothing is lacking; users are guarded meanwhile."""

        def look() -> str:
            self._look(action, None)
            return lacks()

        patience = Patience(self.settings.patience_s, LOOK_S, in_a_row)
        waited = until(lambda said: not said, look, self.clock, patience)
        if not waited.settled:
            raise BackError(f"{action}: not seen within {self.settings.patience_s:.0f} s: {waited.last}", "unseen")

    def watch_s(self, action: Action) -> float:
        """Return for how long an action is watched once it was seen."""
        if action.step == "back":
            return 0.0
        if action.do == "weight":
            return self.settings.half_s if action.step == "half" else self.settings.step_s
        return 2 * self.settings.settle_s if action.do == "verify" else 0.0

    def watch(self, action: Action, seen_s: float, watch_s: float) -> None:
        """Watch for so long; the guard or a change by hand ends it."""
        if not watch_s:
            return
        self.watching.guard.expect(seen_s)

        def look() -> float:
            self._look(action, max(0.0, seen_s + watch_s - self.watching.now_s()), expects=True)
            return self.watching.now_s() - seen_s

        waited = until(lambda past: past >= watch_s, look, self.clock, Patience(watch_s + 60.0, LOOK_S))
        if not waited.settled:
            raise BackError(f"the users' stream stood still at {waited.last:.0f} of {watch_s:.0f} s", "blind")
        if action.do == "verify":
            self.route_gone = self.gone()
            if not self.route_gone:
                raise BackError("the canary's route is there again", "unseen")

    def _look(self, action: Action, to_go_s: float | None, *, expects: bool = False) -> None:
        """Look once at users, and every now and then at the objects."""
        if self.hooks.stop():
            raise StoppedError("told to stop; the note of the rollout stays where it is")
        why, kind = self.watching.look(expects=expects)
        now = self.watching.now_s()
        shares = self.watching.shares(max(0.0, now - max(2.0, self.settings.settle_s)))
        self.hooks.say(Progress(str(action), shares.share, self.watching.failures, to_go_s))
        if why and self._way == "forward":
            raise BackError(why, kind)
        if self.clock.now() - self._checked_s >= CHECK_S and action.do != "verify":
            self._checked_s = self.clock.now()
            _ = self.site.check()
