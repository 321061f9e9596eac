"""Did what was watched stay the same while it was watched? Answers counted across a change belong to neither side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.answers import short
from harness.observe import routing
from harness.observe.snapshot import pods_by_arm, restarts, template_hashes

if TYPE_CHECKING:
    from harness.judge.route import Leg, Route
    from harness.observe.snapshot import ClusterSnapshot
    from harness.target import Environment


def moved(environment: Environment, before: ClusterSnapshot, after: ClusterSnapshot) -> str:
    """Say what changed between two readings of a cluster in route, builds or identity; "" if nothing did.

    Pods may come and go as long as the digests per arm stay; one that crashed and came back was not there for a
    while, and its share of the answers was somebody else's. A second reading that failed is a change: nobody
    knows what there was. A first one that failed has its own verdict and is not held against the second.
    """
    if before.error:
        return ""
    if after.error:
        return f"the cluster could not be read again afterwards: {after.error}"
    then, now = _facts(environment, before), _facts(environment, after)
    changes = [f"{name}: {then[name]} -> {now[name]}" for name in then if then[name] != now[name]]
    changes += _restarted(environment, before, after)
    return f"changed while it was watched: {'; '.join(changes)}" if changes else ""


def _restarted(environment: Environment, before: ClusterSnapshot, after: ClusterSnapshot) -> list[str]:
    """Return the arms' pods that were there both times and restarted in between; a new pod has no before."""
    then, now = restarts(before), restarts(after)
    names = [pod.name for found in pods_by_arm(after, environment.deployments).values() for pod in found]
    return [f"pod {name} restarted" for name in names if now[name] > then.get(name, now[name])]


def _facts(environment: Environment, snapshot: ClusterSnapshot) -> dict[str, str]:
    route = routing.read(environment, snapshot)
    pods = pods_by_arm(snapshot, environment.deployments)
    digests = {
        f"{arm} digests": ", ".join(sorted({short(pod.digest) for pod in found if pod.ready and pod.digest}))
        for arm, found in pods.items()
    }
    return {"cluster uid": snapshot.uid, **_route(route), **digests}


def _route(route: Route) -> dict[str, str]:
    return {
        "weight": f"{route.weight_percent}",
        "header rule": f"{route.header}",
        "cookie rule": f"{route.cookie}",
        "primary": _leg(route.primary),
        "canary": _leg(route.canary),
    }


def _leg(leg: Leg | None) -> str:
    return "none" if leg is None else f"{leg.class_name} {[f'{path} to {path.service}' for path in leg.paths]}"


def identity(environment: Environment, snapshot: ClusterSnapshot) -> str:
    """Return in one line what is being watched: cluster, route, and what the ready pods of each arm run and are told.

    A Deployment's template hash changes with its image and with every flag in its `env`.
    """
    facts = _facts(environment, snapshot)
    hashes = template_hashes(snapshot)
    for arm, pods in pods_by_arm(snapshot, environment.deployments).items():
        facts[f"{arm} templates"] = ", ".join(sorted({hashes.get(pod.name, "") for pod in pods if pod.ready}))
    return "; ".join(f"{name}: {value}" for name, value in facts.items())
