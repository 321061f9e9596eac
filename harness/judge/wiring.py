"""Is the canary wired safely? Each finding says what follows from it and the command that mends it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.verdict import Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.judge.route import Leg, Route
    from harness.verdict import Fact


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with the wiring: a stable code, where, what users get from it, and the right command."""

    code: str
    at: str
    says: str
    consequence: str
    command: str

    def facts(self) -> dict[str, Fact]:
        """Return it as JSON."""
        return {
            "code": self.code,
            "at": self.at,
            "says": self.says,
            "consequence": self.consequence,
            "command": self.command,
        }


def wired_safely(route: Route, low: float, high: float) -> Verdict:
    """Decide whether a separate canary route stands beside a live primary with a weight of low..high percent.

    VIOLATED with every finding in facts["findings"]; UNKNOWN when something needed could not be read and
    nothing wrong was seen in the rest; MET otherwise.
    """
    found = findings(route, low, high)
    facts = route.facts() | {"findings": [finding.facts() for finding in found], "low": low, "high": high}
    if found:
        first = found[0]
        more = f" (and {len(found) - 1} more: {', '.join(f.code for f in found[1:])})" if found[1:] else ""
        return violated(
            f"{first.code}: {first.at}: {first.says}: {first.consequence}; next: {first.command}{more}", **facts
        )
    if route.unreadable:
        return unknown(Reason.NO_DATA, f"the wiring can't be read: {'; '.join(route.unreadable)}", **facts)
    if route.kind in {"url-pair", "none"}:
        return unknown(Reason.NO_DATA, "the profile gives no route that could be read, only addresses", **facts)
    return met(f"{route.canary_name} sends {route.weight_percent:g}% beside {route.primary_name}, both live", **facts)


def findings(route: Route, low: float, high: float) -> tuple[Finding, ...]:
    """Return everything that is wrong, the gravest first."""
    if route.kind in {"url-pair", "none"}:
        return ()
    return (
        *_primary(route),
        *_canary(route),
        *_pair(route),
        *_weight(route, low, high),
        *_values(route),
        *_rivals(route),
    )


def _primary(route: Route) -> Iterator[Finding]:
    leg = route.primary
    if leg is None:
        if not route.unreadable:
            yield Finding(
                "primary-missing",
                _object(route, route.primary_name),
                "there is no primary route",
                "a canary without a primary is no route at all: every user gets 404",
                f"{_kubectl(route)} apply -f <the primary's manifest>",
            )
        return
    if leg.marked_canary:
        yield Finding(
            "primary-annotated",
            _object(route, leg.name),
            "the primary itself is marked as the canary",
            "its host has no primary any more: every user gets 404",
            f"{_annotate(route, leg.name)} " + " ".join(f"{route.prefix}{key}-" for key in _KEYS),
        )
    yield from _leftover(route, leg)
    yield from _class(route, leg)
    yield from _live(route, leg, "primary-not-live", "users of the stable version get 502 or 503")


def _canary(route: Route) -> Iterator[Finding]:
    leg = route.canary
    if leg is None:
        if not route.unreadable:
            yield Finding(
                "canary-missing",
                _object(route, route.canary_name),
                "there is no separate canary route",
                "no user can reach the candidate through a route of its own",
                f"{_kubectl(route)} apply -f <the canary route's manifest>",
            )
        return
    if route.kind == "nginx-ingress" and not leg.marked_canary:
        yield Finding(
            "canary-not-marked",
            _object(route, leg.name),
            f'its canary mark is {leg.marked!r}, wanted "true"',
            "it is a second plain route for the same address: the oldest wins, or chance does",
            f'{_annotate(route, leg.name)} --overwrite {route.prefix}canary="true"'
            + " # or, to end the canary, delete this route",
        )
    yield from _leftover(route, leg)
    yield from _class(route, leg)
    yield from _live(route, leg, "canary-not-live", "users sent to the canary get 502 or 503, or never reach it")


def _pair(route: Route) -> Iterator[Finding]:
    primary, canary = route.primary, route.canary
    if primary is None or canary is None:
        return
    ours = {path.address for path in primary.paths}
    strays = [path for path in canary.paths if path.address not in ours]
    if strays or not canary.paths:
        yield Finding(
            "address-differs",
            _object(route, canary.name),
            f"it covers {', '.join(map(str, strays)) or 'nothing'}, the primary "
            f"{', '.join(map(str, primary.paths)) or 'nothing'}",
            "a canary rule without a primary for the same host, path and path type is not served",
            f"{_kubectl(route)} edit {_object(route, canary.name)} # give it the primary's host, path and pathType",
        )
    same = sorted(set(primary.services) & set(canary.services))
    if same:
        yield Finding(
            "same-service",
            _object(route, canary.name),
            f"it leads to {', '.join(same)}, as the primary does",
            "users sent to the canary get the stable version: the canary is never tried",
            f"{_kubectl(route)} edit {_object(route, canary.name)} # name the candidate's Service as its backend",
        )


def _weight(route: Route, low: float, high: float) -> Iterator[Finding]:
    if route.canary is None:
        return
    right = f"{_annotate(route, route.canary.name)} --overwrite {route.prefix}canary-weight={shlex.quote(f'{low:g}')}"
    if route.kind == "gateway-api":
        right = f"{_kubectl(route)} edit {_object(route, route.canary.name)} # weights {low:g} and {100 - low:g}"
    where = _object(route, route.canary.name)
    if route.weight_trouble:
        yield Finding("weight-unusable", where, route.weight_trouble, "the weight counts as 0", right)
    elif route.weight_percent is None:
        yield Finding(
            "weight-missing",
            where,
            "no weight is configured",
            "only pinned users reach the canary: it is not tried by a share of real traffic",
            right,
        )
    elif not low <= route.weight_percent <= high:
        yield Finding(
            "weight-out-of-range",
            where,
            f"the weight is {route.weight_percent:g}%, wanted {low:g} to {high:g}",
            "too few users to learn from" if route.weight_percent < low else "too many users at risk",
            right,
        )


def _values(route: Route) -> Iterator[Finding]:
    for leg in (route.primary, route.canary):
        if leg is not None and leg.not_strings:
            keys = ", ".join(leg.not_strings)
            yield Finding(
                "value-not-a-string",
                _object(route, leg.name),
                f"annotation values must be strings: {keys}",
                "the API refuses the object, so what it says was never applied",
                f"{_annotate(route, leg.name)} --overwrite " + " ".join(f'{key}="..."' for key in leg.not_strings),
            )


def _rivals(route: Route) -> Iterator[Finding]:
    for rival in route.rivals:
        yield Finding(
            "address-claimed-twice",
            _object(route, rival),
            "a further route claims the same address",
            "which one is served depends on age or chance, and only one canary counts per address",
            f"{_kubectl(route)} delete {_object(route, rival)}",
        )


_KEYS = (
    "canary",
    "canary-weight",
    "canary-weight-total",
    "canary-by-header",
    "canary-by-header-value",
    "canary-by-header-pattern",
    "canary-by-cookie",
)


def _leftover(route: Route, leg: Leg) -> Iterator[Finding]:
    if leg.leftover:
        yield Finding(
            "canary-rules-left",
            _object(route, leg.name),
            f"it carries {', '.join(leg.leftover)} without being marked as a canary",
            "the rules are refused as a whole and the route counts as a plain one: traffic goes back to stable",
            f"{_annotate(route, leg.name)} " + " ".join(f"{route.prefix}{key}-" for key in leg.leftover),
        )


def _class(route: Route, leg: Leg) -> Iterator[Finding]:
    if leg.class_trouble:
        known = route.primary.class_name if route.primary and not route.primary.class_trouble else None
        patch = f'{{"spec":{{"ingressClassName":"{known or "<class>"}"}}}}'
        mend = f"patch {_object(route, leg.name)} --type=merge -p {shlex.quote(patch)}"
        if route.kind == "gateway-api":
            mend = f"edit {_object(route, leg.name)} # name a Gateway that accepts it under parentRefs"
        yield Finding(
            "class-invalid",
            _object(route, leg.name),
            leg.class_trouble,
            "no controller serves this route",
            f"{_kubectl(route)} {mend}",
        )


def _live(route: Route, leg: Leg, code: str, consequence: str) -> Iterator[Finding]:
    dead = [service for service, count in leg.live.items() if count == 0]
    if dead:
        names = ", ".join(dead)
        yield Finding(
            code,
            _object(route, leg.name),
            f"no ready address behind {names}",
            consequence,
            f"{_kubectl(route)} get endpointslices -l kubernetes.io/service-name={dead[0]}",
        )


def _kubectl(route: Route) -> str:
    context = f" --context {shlex.quote(route.context)}" if route.context else ""
    return f"kubectl{context} -n {shlex.quote(route.namespace or 'default')}"


def _object(route: Route, name: str) -> str:
    return f"{'httproute' if route.kind == 'gateway-api' else 'ingress'}/{name}"


def _annotate(route: Route, name: str) -> str:
    return f"{_kubectl(route)} annotate {_object(route, name)}"
