"""The canary's weight as something to change: what to patch in an Ingress's annotations or an HTTPRoute's rules.

Pure, but for `take_out`. The canary is only ever turned down by its own weight or by taking its route away: never by
the mark `canary: "false"`, which makes a second primary of it.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from harness.act.kube import ActError, Obj, Ref
from harness.target import GatewayRouting, NginxRouting

if TYPE_CHECKING:
    from typing import Protocol

    from harness.target import Environment

    class Held(Protocol):
        """What of a Hold is needed here."""

        @property
        def now(self) -> Obj:
            """The object as it was last seen."""
            ...

        def patch(self, what: str, body: Obj, *, strategic: bool = False) -> Obj:
            """Change it."""
            ...

        def remove(self, what: str) -> None:
            """Delete it."""
            ...


Routing: TypeAlias = "NginxRouting | GatewayRouting"
_TRUE = ("true", "1", "t", "T", "TRUE", "True")  # what the controller reads as true


def routing_of(environment: Environment) -> Routing | None:
    """Return the environment's routing if a weight can be set in it."""
    routing = environment.routing
    return routing if isinstance(routing, (NginxRouting, GatewayRouting)) else None


def route_ref(routing: Routing) -> Ref:
    """Return the object that carries the canary's weight."""
    if isinstance(routing, GatewayRouting):
        return Ref("httproutes", routing.route)
    return Ref("ingresses", routing.canary)


def weight_patch(routing: Routing, obj: Obj, percent: int) -> Obj:
    """Return the JSON merge patch that gives the canary `percent` of the traffic.

    ActError where the object is no canary's: annotating a primary would turn every user away.
    """
    if not 0 <= percent <= 100:
        raise ActError(f"canary weight: wanted 0 to 100, got {percent}; nothing was changed")
    if isinstance(routing, GatewayRouting):
        return {"spec": {"rules": _weighted(routing, obj, percent)}}
    if routing.canary == routing.primary or not _is_canary(routing, obj):
        raise ActError(
            f'ingress/{routing.canary}: wanted an Ingress of its own with {routing.annotation_prefix}canary: "true", '
            "got one without it; a weight on a primary is a 404 for every user; make the canary's Ingress first"
        )
    value = str(round(percent * _total(routing, obj) / 100))
    return {"metadata": {"annotations": {f"{routing.annotation_prefix}canary-weight": value}}}


def percent_of(routing: Routing, obj: Obj) -> float | None:
    """Return the canary's percentage as configured; None where the object gives none, or its rules disagree."""
    if isinstance(routing, GatewayRouting):
        return _gateway_percent(routing, obj)
    if not _is_canary(routing, obj):
        return None
    raw = _annotations(obj).get(f"{routing.annotation_prefix}canary-weight", "0")
    if not isinstance(raw, str) or re.fullmatch(r"[+-]?\d+", raw) is None:
        return None
    return min(100.0, max(0.0, 100 * int(raw) / _total(routing, obj)))


def out_patch(routing: GatewayRouting, obj: Obj) -> Obj:
    """Return the patch that takes the canary out of an HTTPRoute: weight 0, and no rule for test users."""
    kept = [rule for rule in _weighted(routing, obj, 0) if not _is_pin(routing, rule)]
    return {"spec": {"rules": kept}}


def take_out(routing: Routing, hold: Held) -> None:
    """Take the canary's route away: delete its Ingress, or take it out of the HTTPRoute."""
    if isinstance(routing, GatewayRouting):
        _ = hold.patch("take the canary out of the route", out_patch(routing, hold.now))
    else:
        hold.remove("remove the canary's Ingress")


def false_mark(routing: Routing, obj: Obj) -> bool:
    """Tell whether an object carries the mark `canary` with a value that makes a second primary of it."""
    if isinstance(routing, GatewayRouting):
        return False
    mark = _annotations(obj).get(f"{routing.annotation_prefix}canary")
    return mark is not None and mark not in _TRUE


def _annotations(obj: Obj) -> dict[str, object]:
    return obj.get("metadata", {}).get("annotations") or {}


def _is_canary(routing: NginxRouting, obj: Obj) -> bool:
    return _annotations(obj).get(f"{routing.annotation_prefix}canary") in _TRUE


def _total(routing: NginxRouting, obj: Obj) -> int:
    """Return what the weight is a part of; 100 or less is ignored, as the controller does."""
    raw = _annotations(obj).get(f"{routing.annotation_prefix}canary-weight-total", "100")
    return max(100, int(raw)) if isinstance(raw, str) and re.fullmatch(r"[+-]?\d+", raw) else 100


def _rules(obj: Obj) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", obj.get("spec", {}).get("rules") or [])


def _is_plain(rule: dict[str, Any]) -> bool:
    """Tell whether a request without special headers gets here; no match at all means every request."""
    matches: list[dict[str, Any]] = rule.get("matches") or [{}]
    return any(not match.get("headers") for match in matches)


def _weights(rule: dict[str, Any]) -> dict[str, int]:
    backends: list[dict[str, Any]] = rule.get("backendRefs") or []
    return {str(one.get("name")): int(one.get("weight", 1)) for one in backends}


def _is_pin(routing: GatewayRouting, rule: dict[str, Any]) -> bool:
    used = {name for name, weight in _weights(rule).items() if weight > 0}
    return not _is_plain(rule) and used == {routing.canary_service}


def _weighted(routing: GatewayRouting, obj: Obj, percent: int) -> list[dict[str, Any]]:
    """Return the route's rules with the weights of both Services set in each plain rule that leads to the canary."""
    rules = copy.deepcopy(_rules(obj))
    split = [rule for rule in rules if _is_plain(rule) and routing.canary_service in _weights(rule)]
    parts = {routing.stable_service: 100 - percent, routing.canary_service: percent}
    if not split or any(set(_weights(rule)) != set(parts) for rule in split):
        raise ActError(
            f"httproute/{routing.route}: wanted plain rules that lead to {routing.stable_service} and "
            f"{routing.canary_service} only, got {[sorted(_weights(rule)) for rule in split] or 'none'}; "
            "mend the route or the profile's routing"
        )
    for rule in split:
        for backend in rule["backendRefs"]:
            backend["weight"] = parts[str(backend["name"])]
    return rules


def _gateway_percent(routing: GatewayRouting, obj: Obj) -> float | None:
    found: set[float] = set()
    for rule in _rules(obj):
        weights = _weights(rule)
        total = sum(weights.values())
        if _is_plain(rule) and routing.canary_service in weights and total > 0:
            found.add(100 * weights[routing.canary_service] / total)
    return found.pop() if len(found) == 1 else None
