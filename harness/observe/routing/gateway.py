"""Canary by one Gateway API HTTPRoute: weights of its backends, header matches for test users."""

from __future__ import annotations

import msgspec

from harness.judge.route import Leg, Path, Route, Rule
from harness.observe.snapshot import ClusterSnapshot, Condition, Meta, decode, live_addresses
from harness.target import GatewayRouting  # noqa: TC001  kept beside what it configures


class _Camel(msgspec.Struct, frozen=True, rename="camel"):
    """See harness.observe.snapshot."""


class Backend(_Camel, frozen=True):
    """A Service with its weight; the API's default is 1."""

    name: str = ""
    kind: str = "Service"
    weight: int = 1


class PathMatch(_Camel, frozen=True):
    """Which paths."""

    type: str = "PathPrefix"
    value: str = "/"


class HeaderMatch(_Camel, frozen=True):
    """Which header; type Exact or RegularExpression."""

    name: str = ""
    value: str = ""
    type: str = "Exact"


class Match(_Camel, frozen=True):
    """All of its conditions must hold."""

    path: PathMatch = PathMatch()
    headers: tuple[HeaderMatch, ...] = ()


class RouteRule(_Camel, frozen=True):
    """Matches (any of them) and where they lead."""

    matches: tuple[Match, ...] = (Match(),)
    backend_refs: tuple[Backend, ...] = ()


class RouteSpec(_Camel, frozen=True):
    """What an HTTPRoute asks for."""

    hostnames: tuple[str, ...] = ()
    rules: tuple[RouteRule, ...] = ()


class Parent(_Camel, frozen=True):
    """What one Gateway says about the route."""

    conditions: tuple[Condition, ...] = ()


class RouteStatus(_Camel, frozen=True):
    """What the Gateways say."""

    parents: tuple[Parent, ...] = ()


class HttpRoute(_Camel, frozen=True):
    """gateway.networking.k8s.io/v1."""

    metadata: Meta = Meta()
    spec: RouteSpec = RouteSpec()
    status: RouteStatus = RouteStatus()


def read(settings: GatewayRouting, snapshot: ClusterSnapshot) -> Route:
    """Return how the named HTTPRoute splits traffic; its plain rules must agree on the weight."""
    routes, bad = decode(snapshot.part("httproutes"), HttpRoute)
    found = next((route for route in routes if route.metadata.name == settings.route), None)
    plain = [rule for rule in found.spec.rules if _is_plain(rule)] if found else []
    percents = {_percent(rule, settings) for rule in plain}
    disagree = len(percents) > 1
    header, cookie = _pins(found, settings)
    return Route(
        kind="gateway-api",
        context=snapshot.context,
        namespace=snapshot.namespace,
        primary_name=settings.route,
        canary_name=settings.route,
        primary=_leg(found, plain, settings.stable_service, snapshot),
        canary=_leg(found, plain, settings.canary_service, snapshot),
        weight_percent=percents.pop() if len(percents) == 1 else None,
        weight_raw=", ".join(f"{b.name}={b.weight}" for rule in plain for b in rule.backend_refs) or None,
        weight_trouble="the route's rules give the canary different weights" if disagree else "",
        header=header,
        cookie=cookie,
        rivals=_rivals(found, routes),
        unreadable=(*snapshot.trouble("httproutes", "services", "endpointslices"), *bad),
    )


def _is_plain(rule: RouteRule) -> bool:
    """Tell whether a request without special headers gets here."""
    return any(not match.headers for match in rule.matches)


def _percent(rule: RouteRule, settings: GatewayRouting) -> float | None:
    """Return the canary's share of a rule's weights; None if it is not among the backends or all are 0."""
    ours = [b.weight for b in rule.backend_refs if b.name == settings.canary_service]
    total = sum(b.weight for b in rule.backend_refs)
    return 100 * sum(ours) / total if ours and total > 0 else None


def _leg(route: HttpRoute | None, plain: list[RouteRule], service: str, snapshot: ClusterSnapshot) -> Leg | None:
    """Return one Service's part of the route, None if no plain rule leads there."""
    if route is None:
        return None
    paths = tuple(
        Path(host, match.path.value, match.path.type, service)
        for rule in plain
        if any(backend.name == service for backend in rule.backend_refs)
        for host in route.spec.hostnames or ("",)
        for match in rule.matches
        if not match.headers
    )
    if not paths:
        return None
    return Leg(
        name=route.metadata.name,
        paths=paths,
        class_name="HTTPRoute",
        class_trouble="" if _accepted(route) else "no Gateway has accepted it",
        live={service: live_addresses(snapshot, service)},
    )


def _accepted(route: HttpRoute) -> bool:
    return any(
        condition.type == "Accepted" and condition.status == "True"
        for parent in route.status.parents
        for condition in parent.conditions
    )


def _pins(route: HttpRoute | None, settings: GatewayRouting) -> tuple[Rule | None, Rule | None]:
    """Return the header and the cookie by which test users reach the canary alone."""
    header = cookie = None
    for rule in route.spec.rules if route else ():
        if {b.name for b in rule.backend_refs if b.weight > 0} != {settings.canary_service}:
            continue
        for match in (header for one in rule.matches for header in one.headers):
            pattern = match.value if match.type == "RegularExpression" else ""
            pin = Rule(match.name, "" if pattern else match.value, pattern)
            if match.name.lower() == "cookie":
                cookie = cookie or pin
            else:
                header = header or pin
    return header, cookie


def _rivals(route: HttpRoute | None, routes: tuple[HttpRoute, ...]) -> tuple[str, ...]:
    """Return other routes with plain rules for one of its hosts and paths."""
    if route is None:
        return ()
    ours = _addresses(route)
    return tuple(
        other.metadata.name
        for other in routes
        if other.metadata.name != route.metadata.name and ours & _addresses(other)
    )


def _addresses(route: HttpRoute) -> set[tuple[str, str, str]]:
    return {
        (host, match.path.value, match.path.type)
        for host in route.spec.hostnames or ("",)
        for rule in route.spec.rules
        for match in rule.matches
        if not match.headers
    }
