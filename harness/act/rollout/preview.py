"""What a rollout would change, object by object: tried out on the server, written nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.act import canary
from harness.act.kube import ActError, MissingError, Ref
from harness.act.objects import diff
from harness.act.rollout.state import PERCENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.act.guard import Permit
    from harness.act.kube import Obj
    from harness.act.rollout.parts import Settings


def lines(permit: Permit, settings: Settings, container: str) -> Iterator[str]:
    """Yield the steps in order, each with the fields it changes as the server says; nothing is changed."""
    kube, routing = permit.kube, canary.routing_of(permit.environment)
    if routing is None:
        raise ActError(f"{permit.where}: wanted a route whose weight can be set, the profile names none")
    route, stable = canary.route_ref(routing), Ref("deployments", permit.environment.deployments["stable"])
    yield "metrics of every pod: read and kept"
    for percent in PERCENT.values():
        before = kube.get(route)
        yield from _tried(permit, route, before, canary.weight_patch(routing, before, percent), strategic=False)
        yield f"  watched for {settings.half_s if percent == PERCENT['half'] else settings.step_s:.0f} s"
    before = kube.get(stable)
    image: Obj = {"spec": {"template": {"spec": {"containers": [{"name": container, "image": settings.image}]}}}}
    yield from _tried(permit, stable, before, image, strategic=True)
    if route.resource == "ingresses":
        yield f"{route}: deleted, once every stable pod runs {settings.image}"
    yield "answers: every one, pinned or not, from the candidate"


def _tried(permit: Permit, ref: Ref, before: Obj, body: Obj, *, strategic: bool) -> Iterator[str]:
    version = str(before.get("metadata", {}).get("resourceVersion", ""))
    if not version:
        raise MissingError(f"{ref}: wanted an object with a resourceVersion, got none; read it with kubectl get")
    after = permit.kube.patch(ref, body, version=version, strategic=strategic, dry_run=True)
    yield f"{ref}:"
    yield from (f"  {line}" for line in diff(before, after))
