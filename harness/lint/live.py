"""The mistakes that a live cluster shows: from a snapshot of one environment to findings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from harness.lint import live_flags, right
from harness.lint.finding import Finding, Level
from harness.lint.names import Known
from harness.lint.shape import at, name
from harness.observe.routing import nginx
from harness.observe.snapshot import Bare, Ingress, IngressClass, decode
from harness.target import NginxRouting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.judge.route import Route
    from harness.lint.names import Names
    from harness.observe.snapshot import ClusterSnapshot
    from harness.runbook import EnvironmentName
    from harness.target import Target

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
NEEDS = {
    "D1": ("ingresses",), "D2": ("ingresses",), "D3": ("ingresses",), "D4": ("ingresses",), "D5": ("ingresses",),
    "D11": ("deployments", "configmaps"), "D14": ("deployments",), "D15": ("ingresses", "deployments"),
    "D17": ("services", "pods", "deployments"),
}  # fmt: skip
"""Which lists each mistake is looked for in."""


def examine(
    snapshot: ClusterSnapshot, target: Target, profile: str, where: EnvironmentName
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Return the mistakes that stand in an environment, and a line for each that could not be looked for."""
    env = target.environments[where]
    names = Known(target, profile).named(where)
    unseen = [
        f"{mistake}: {'; '.join(snapshot.trouble(*lists))}"
        for mistake, lists in NEEDS.items()
        if snapshot.trouble(*lists)
    ]
    found = [*_ingresses(snapshot, names), *_deployments(snapshot, names), *_controller(snapshot, names)]
    if isinstance(env.routing, NginxRouting):
        found += _route(nginx.read(env.routing, snapshot), names)
    found += live_flags.differ(snapshot, names)
    if not snapshot.trouble(*NEEDS["D17"]):
        found += _labels(snapshot, names)
    return tuple(sorted(found, key=lambda one: int(one.id[1:]))), tuple(unseen)


def _at(names: Names, what: str) -> str:
    return f"{names.environment}: {what}"


def _route(route: Route, names: Names) -> Iterator[Finding]:
    """D1, D2, D5: of the two Ingresses that the profile names."""
    if route.primary is not None and route.primary.marked_canary:
        keys = " ".join(
            f"{names.prefix}{key}-" for key in ("canary", "canary-weight", "canary-by-header", "canary-by-cookie")
        )
        yield Finding(
            "D1",
            _at(names, f"ingress/{route.primary.name}"),
            "the primary itself is marked as the canary",
            "its host has no primary left: every user gets 404",
            f"{names.kubectl} annotate ingress/{route.primary.name} {keys}",
        )
    if route.canary is None or not route.canary.marked_canary:
        return
    here = _at(names, f"ingress/{route.canary.name}")
    pins = names.env.pins
    for kind, rule, wanted in (("header", route.header, pins.header), ("cookie", route.cookie, pins.cookie)):
        if wanted and (rule is None or rule.name != wanted):
            yield Finding(
                "D2",
                here,
                f"no rule names the {kind} {wanted!r}" + (f", but {rule.name!r}" if rule else ""),
                "test users who send it are split by the weight like everybody else",
                names.annotate(f"canary-by-{kind}={wanted}"),
            )
    if 0 < (route.weight_percent or 0.0) < 100 and route.primary is not None and not route.affinity:
        yield Finding(
            "D5",
            _at(names, f"ingress/{route.primary.name}"),
            f"{route.weight_percent:g}% go to the canary and the primary has no cookie affinity",
            "each request is drawn anew, so one conversation changes version between its turns",
            right.affinity(names, route.primary.name),
        )


def _ingresses(snapshot: ClusterSnapshot, names: Names) -> Iterator[Finding]:
    """D1, D3, D4: of any Ingress of the namespace."""
    ingresses, _ = decode(snapshot.part("ingresses"), Ingress)
    plain = {address for one in ingresses if not _canary(one, names, "true") for address in _addresses(one)}
    for one in ingresses:
        here = _at(names, f"ingress/{one.metadata.name}")
        notes = one.metadata.annotations or {}
        alone = _addresses(one) - plain
        if _canary(one, names, "true") and alone and one.metadata.name != names.primary:
            yield Finding(
                "D1",
                here,
                f"a canary for {', '.join(sorted(alone))}, for which there is no primary",
                "that address is served by nobody: 404",
                f"{names.kubectl} get ingress/{one.metadata.name} -o yaml # give it the primary's host and path",
            )
        mark = notes.get(names.prefix + "canary")
        if mark is not None and not _canary(one, names, "true"):
            yield Finding(
                "D3",
                here,
                f"its canary mark is {mark!r}",
                "it counts as a plain route for the same host: the older one, or chance, gets the traffic",
                f"{names.kubectl} delete ingress/{one.metadata.name} # or: {names.gate('rollback canary --act')}",
            )
        for key, value in (*_applied(notes).items(), *notes.items()):
            if not isinstance(value, str) and value is not None:
                yield Finding(
                    "D4",
                    here,
                    f"{key} was applied as {json.dumps(value)}, which is no string",
                    "the API refuses the whole object, so the old value stays",
                    f"{names.kubectl} annotate --overwrite ingress/{one.metadata.name} {key}={json.dumps(str(value))}",
                )


def _deployments(snapshot: ClusterSnapshot, names: Names) -> Iterator[Finding]:
    """D14: Deployments that the profile names and that are not there."""
    if snapshot.trouble("deployments"):
        return
    there = sorted(one.metadata.name for one in decode(snapshot.part("deployments"), Bare)[0])
    for arm, wanted in names.env.deployments.items():
        if wanted not in there:
            yield Finding(
                "D14",
                _at(names, f"deployment/{wanted}"),
                f"the profile's {arm} Deployment is not in {names.env.namespace}; there: {', '.join(there) or 'none'}",
                "commands with that name act on nothing",
                f"{names.kubectl} get deployments # then mend environments.{names.environment}.deployments.{arm}",
            )


def _controller(snapshot: ClusterSnapshot, names: Names) -> Iterator[Finding]:
    """D15: routes that only the retired controller serves."""
    classes, _ = decode(snapshot.part("ingressclasses"), IngressClass)
    ingresses, _ = decode(snapshot.part("ingresses"), Ingress)
    told = "ingress-nginx had its last release in March 2026; Traefik's provider reads the same canary annotations, "
    told += "Gateway API weights succeed them"
    known = {one.metadata.name for one in classes}
    for one in ingresses:
        legacy = (one.metadata.annotations or {}).get("kubernetes.io/ingress.class")
        if legacy is not None and not (one.spec.ingress_class_name and one.spec.ingress_class_name in known):
            patch = json.dumps({"spec": {"ingressClassName": str(legacy)}})
            mend = f"{names.kubectl} patch ingress/{one.metadata.name} --type=merge -p '{patch}'"
            says = f"its class is the old annotation kubernetes.io/ingress.class: {legacy}"
            yield Finding("D15", _at(names, f"ingress/{one.metadata.name}"), says, told, mend, Level.INFO)
    for item in snapshot.part("deployments").items:
        if "ingress-nginx/controller" in msgspec.json.encode(item).decode():
            mend = names.gate("rollout --act") + " # acts through the profile's routing, whichever it is"
            yield Finding(
                "D15", _at(names, f"deployment/{name(item)}"), "ingress-nginx serves here", told, mend, Level.INFO
            )


def _labels(snapshot: ClusterSnapshot, names: Names) -> Iterator[Finding]:
    """D17: selectors that pick no pod, nor any that a Deployment scaled to 0 would make."""
    pods = [dict(one.metadata.labels or {}) for one in decode(snapshot.part("pods"), Bare)[0]]
    pods += [at(item, "spec", "template", "metadata", "labels") for item in snapshot.part("deployments").items]
    selector = names.target.logs.selector
    pairs = [pair.replace("==", "=").partition("=") for pair in selector.split(",") if "!" not in pair]
    wanted = {key.strip(): value.strip() for key, given, value in pairs if given}
    if wanted and not _picked(wanted, pods):
        yield Finding(
            "D17",
            _at(names, f"logs.selector {selector}"),
            "it selects no pod",
            "no log is read: the silence reads as if nothing were wrong",
            f"{names.kubectl} get pods --show-labels # then mend logs.selector",
        )
    for item in snapshot.part("services").items:
        chosen = at(item, "spec", "selector")
        if chosen and not _picked(chosen, pods):
            shown = ",".join(f"{key}={value}" for key, value in chosen.items())
            yield Finding(
                "D17",
                _at(names, f"service/{name(item)}"),
                f"its selector {shown} picks no pod",
                "nobody answers behind it: 502 or 503",
                f"{names.kubectl} get pods --show-labels",
            )


def _picked(selector: dict[str, str], pods: list[dict[str, str]]) -> bool:
    return any(all(labels.get(key) == value for key, value in selector.items()) for labels in pods)


def _canary(one: Ingress, names: Names, wanted: str) -> bool:
    value = (one.metadata.annotations or {}).get(names.prefix + "canary")
    return isinstance(value, str) and value.lower() in {wanted, "1", "t"}


def _addresses(one: Ingress) -> set[str]:
    return {
        f"{rule.host or '*'}{path.path or '/'}"
        for rule in one.spec.rules or ()
        for path in (rule.http.paths if rule.http else ())
    }


def _applied(notes: dict[str, object]) -> dict[str, object]:
    """Return the annotations of the copy that `kubectl apply` keeps of what it was given."""
    try:
        return at(msgspec.json.decode(str(notes.get(APPLIED, ""))), "metadata", "annotations")
    except msgspec.DecodeError:
        return {}
