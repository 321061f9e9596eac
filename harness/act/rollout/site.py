"""The objects of one rollout: read, compared with what we last left there, written under optimistic concurrency.

A Deployment that rolls is written to by its controller all the time, so a conflict alone is not somebody else: the
object is read again, and only another weight, image, route or note than we left is. That stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from harness.act import canary
from harness.act.hold import ForeignError
from harness.act.kube import ActError, ConflictError, MissingError, Ref
from harness.act.objects import bookless, last_writer
from harness.act.rollout.plan import Found
from harness.act.rollout.state import KEY
from harness.act.undisturbed import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.act.guard import Permit
    from harness.act.kube import Obj

ATTEMPTS: Final = 20  # against a controller that writes some ten times a second while pods are replaced


class Site:
    """Stable's Deployment and the canary's route in one environment."""

    def __init__(self, permit: Permit) -> None:
        """Prepare; ActError where the profile does not say what is rolled out, nothing is read yet."""
        environment = permit.environment
        routing = canary.routing_of(environment)
        if routing is None:
            raise ActError(
                f"{permit.where}: wanted a route whose weight can be set, the profile names none; "
                "give environments.NAME.routing of kind nginx-ingress or gateway-api"
            )
        if "stable" not in environment.deployments:
            raise ActError(
                f"{permit.where}: the profile names no stable Deployment; give environments.NAME.deployments"
            )
        self._permit = permit
        self._kube = permit.kube
        self._routing = routing
        self.stable = Ref("deployments", environment.deployments["stable"])
        self.route = canary.route_ref(self._routing)
        self._held: Found | None = None

    def found(self) -> Found:
        """Return what the cluster shows now."""
        return self._as_found(self._route(), self._kube.get(self.stable))

    def _as_found(self, route: Obj | None, deployment: Obj) -> Found:
        rolling = _rolling(deployment)
        return Found(
            percent=canary.percent_of(self._routing, route) if route else None,
            image=str(_main(deployment).get("image", "")),
            route=route is not None,
            rolled=not rolling,
            rolling=rolling,
            note=_annotations(deployment).get(KEY),
        )

    def container(self) -> str:
        """Return the name of the container that is promoted: the annotated default one, else the first."""
        return str(_main(self._kube.get(self.stable)).get("name", ""))

    def route_as_found(self) -> Obj | None:
        """Return the canary's Ingress as it can be made again; None where the route is part of another object."""
        route = self._route()
        return bookless(route) if route is not None and self.route.resource == "ingresses" else None

    def take(self, found: Found) -> None:
        """From now on this is what must be there: whatever differs was somebody else."""
        self._held = found

    def differs(self, found: Found) -> str:
        """Say what somebody else changed since we last wrote or took it, "" if nothing."""
        held = self._held
        if held is None:
            return ""
        parts = [
            (f"weight of {self.route}", _percent(held), _percent(found)),
            (f"image of {self.stable}", held.image, found.image),
            (f"note on {self.stable}", _short(held.note), _short(found.note)),
        ]
        return "; ".join(f"{what}: we left {left}, now {now}" for what, left, now in parts if left != now)

    def check(self) -> Found:
        """Return what the cluster shows; ForeignError where somebody else changed what we hold."""
        found, _ = self._checked()
        return found

    def _checked(self) -> tuple[Found, dict[Ref, Obj | None]]:
        """Return it with the objects that it was read from: what changes after this reading is a conflict."""
        route, deployment = self._route(), self._kube.get(self.stable)
        found = self._as_found(route, deployment)
        if said := self.differs(found):
            writers = {last_writer(one) for one in (route, deployment) if one} - {""}
            named = f" (last written with {', '.join(sorted(writers))})" if writers else ""
            raise ForeignError(f"changed by hand while a rollout is under way: {said}{named}")
        return found, {self.route: route, self.stable: deployment}

    def note(self, text: str | None) -> None:
        """Write where the rollout stands beside stable's Deployment, or take the note away (None)."""
        before = self._held.note if self._held else None
        self._patch(
            self.stable,
            "note of the rollout",
            {"metadata": {"annotations": {KEY: text}}},
            (_short(before), _short(text)),
        )
        self._left(note=text)

    def weight(self, percent: int) -> None:
        """Set the canary's weight, as a string on its own object (D1, D4)."""
        route = self._route()
        if route is None:
            raise MissingError(f"{self.route}: wanted the canary's route to set its weight, it is not there")
        before = canary.percent_of(self._routing, route)
        body = canary.weight_patch(self._routing, route, percent)
        self._patch(self.route, f"weight {percent}", body, (before, percent))
        self._left(percent=float(percent))

    def image(self, container: str, image: str) -> None:
        """Let stable's Deployment run another image; it begins to roll."""
        before = self._held.image if self._held else ""
        body: Obj = {"spec": {"template": {"spec": {"containers": [{"name": container, "image": image}]}}}}
        self._patch(self.stable, f"image {image}", body, (before, image), strategic=True)
        self._left(image=image)

    def unroute(self) -> None:
        """Take the canary's route away (D3: never `canary: "false"`); where it is part of another object, weight 0."""
        if self.route.resource != "ingresses":
            self.weight(0)
            return
        for _ in range(ATTEMPTS):
            route = self._checked()[1][self.route]
            if route is None:
                break
            try:
                self._write(self.route, "delete", (bookless(route), None), lambda it=route: self._delete(it))
                break
            except ConflictError:
                continue
        else:
            raise ActError(f"{self.route}: somebody writes to it all the time, it could not be removed; look who")
        self._left(route=False, percent=None)

    def gone(self) -> bool:
        """Tell whether nobody can get to the canary's route any more."""
        route = self._route()
        return route is None or (self.route.resource != "ingresses" and canary.percent_of(self._routing, route) == 0)

    def reroute(self, route: Obj, percent: int) -> None:
        """Make the canary's Ingress again as it was found, with a weight."""
        body = _merged(route, canary.weight_patch(self._routing, route, percent))
        self._write(
            self.route,
            "create",
            (None, bookless(body)),
            lambda: self._kube.create("ingresses", body, dry_run=self._dry),
        )
        self._left(route=True, percent=float(percent))

    @property
    def _dry(self) -> bool:
        return self._permit.dry_run

    def _route(self) -> Obj | None:
        try:
            return self._kube.get(self.route)
        except MissingError:
            return None

    def _delete(self, route: Obj) -> None:
        self._kube.delete(self.route, version=_version(route), dry_run=self._dry)

    def _patch(self, ref: Ref, what: str, body: Obj, sides: tuple[object, object], *, strategic: bool = False) -> None:
        """Patch what is there now, as long as it is as we left it."""
        for _ in range(ATTEMPTS):
            version = _version(self._checked()[1][ref] or {})
            try:
                self._write(
                    ref,
                    what,
                    sides,
                    lambda at=version: self._kube.patch(ref, body, version=at, strategic=strategic, dry_run=self._dry),
                )
            except ConflictError:
                continue
            return
        raise ActError(f"{ref}: it changed under each of {ATTEMPTS} attempts to set {what}; look who writes to it")

    def _write(self, ref: Ref, what: str, sides: tuple[object, object], write: Callable[[], object]) -> None:
        """Do one write with its two lines of audit; Ctrl-C waits for it."""
        with undisturbed(), self._permit.audit.change(self._permit.place, str(ref), what, *sides):
            _ = write()

    def _left(self, **changed: Any) -> None:
        """Remember what we left."""
        held = self._held
        if held is None:
            return
        now: dict[str, Any] = {"percent": held.percent, "image": held.image, "route": held.route, "note": held.note}
        self._held = Found(**(now | changed))


def _main(deployment: Obj) -> Obj:
    template: Obj = deployment.get("spec", {}).get("template", {})
    chosen = _annotations(template).get("kubectl.kubernetes.io/default-container")
    containers: list[Obj] = template.get("spec", {}).get("containers") or [{}]
    return next((one for one in containers if one.get("name") == chosen), containers[0])


def _annotations(obj: Obj) -> dict[str, str]:
    return obj.get("metadata", {}).get("annotations") or {}


def _version(obj: Obj) -> str:
    return str(obj.get("metadata", {}).get("resourceVersion", ""))


def _rolling(deployment: Obj) -> str:
    """Say what a Deployment still waits for, as `kubectl rollout status` does; "" when it has come to rest."""
    wanted = int(deployment.get("spec", {}).get("replicas", 1))
    status: Obj = deployment.get("status") or {}
    seen, generation = status.get("observedGeneration", 0), deployment.get("metadata", {}).get("generation", 0)
    updated, total = int(status.get("updatedReplicas") or 0), int(status.get("replicas") or 0)
    available = int(status.get("availableReplicas") or 0)
    if seen < generation:
        return "its controller has not seen the change yet"
    if updated < wanted:
        return f"{updated} of {wanted} pods are new"
    if total > updated:
        return f"{total - updated} old pods are still there"
    if available < updated:
        return f"{available} of {updated} new pods are available"
    return ""


def _percent(found: Found) -> str:
    if not found.route:
        return "no route"
    return "no weight" if found.percent is None else f"{found.percent:g}"


def _short(note: str | None) -> str:
    """Return a note as a log may hold it: whose and where it stands, not the whole route."""
    if note is None:
        return "none"
    cut = note.partition('"route"')[0] + note.rpartition('"step"')[2]
    return cut[:400]


def _merged(value: Obj, patch: Obj) -> Obj:
    """Apply a JSON merge patch (RFC 7386)."""
    result = dict(value)
    for key, part in patch.items():
        if part is None:
            _ = result.pop(key, None)
        elif isinstance(part, dict):
            inner: Any = result.get(key)
            result[key] = _merged(inner if isinstance(inner, dict) else {}, part)  # pyright: ignore[reportUnknownArgumentType]
        else:
            result[key] = part
    return result
