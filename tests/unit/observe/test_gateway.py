"""An HTTPRoute becomes the same Route, and the same judge judges it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge.route import Rule
from harness.judge.wiring import findings, wired_safely
from harness.observe.routing import gateway
from harness.target import GatewayRouting
from harness.verdict import Outcome, Reason
from tests.unit.observe.objects import Obj, endpoints, snapshot

if TYPE_CHECKING:
    from harness.observe.snapshot import ClusterSnapshot

SETTINGS = GatewayRouting(route="main", stable_service="onesource", canary_service="onesource-canary")
ACCEPTED = {"parents": [{"conditions": [{"type": "Accepted", "status": "True"}]}]}


def backend(name: str, weight: int | None = None) -> Obj:
    return {"name": name, "port": 80} | ({} if weight is None else {"weight": weight})


def rule(*backends: Obj, **header: str) -> Obj:
    match: Obj = {"path": {"type": "PathPrefix", "value": "/"}}
    if header:
        match["headers"] = [header]
    return {"matches": [match], "backendRefs": list(backends)}


SPLIT = rule(backend("onesource", 90), backend("onesource-canary", 10))
PINNED = rule(backend("onesource-canary"), name="X-Canary", value="always")
COOKIE = rule(backend("onesource-canary"), name="Cookie", value="canary=always", type="RegularExpression")


def route(*rules: Obj, name: str = "main", status: Obj | None = None) -> Obj:
    return {
        "metadata": {"name": name},
        "spec": {"hostnames": ["api.test"], "rules": list(rules)},
        "status": ACCEPTED if status is None else status,
    }


def cluster(*routes: Obj, **parts: list[Obj] | str) -> ClusterSnapshot:
    return snapshot(**({"httproutes": list(routes)} | parts))


def test_a_route_with_weights_and_pins_is_met() -> None:
    found = gateway.read(SETTINGS, cluster(route(PINNED, COOKIE, SPLIT)))
    assert found.share == 0.1
    assert found.header == Rule("X-Canary", "always")
    assert found.cookie == Rule("Cookie", "", "canary=always")
    assert wired_safely(found, 10, 20).outcome is Outcome.MET


def test_a_missing_weight_counts_one() -> None:
    halves = rule(backend("onesource"), backend("onesource-canary"))
    assert gateway.read(SETTINGS, cluster(route(halves))).weight_percent == 50


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (cluster(), "primary-missing"),
        (cluster(route(rule(backend("onesource")))), "canary-missing"),
        (cluster(route(rule(backend("onesource-canary")))), "primary-missing"),
        (cluster(route(rule(backend("onesource", 50), backend("onesource-canary", 50)))), "weight-out-of-range"),
        (cluster(route(rule(backend("onesource", 0), backend("onesource-canary", 0)))), "weight-missing"),
        (cluster(route(SPLIT, rule(backend("onesource", 1), backend("onesource-canary", 1)))), "weight-unusable"),
        (cluster(route(SPLIT, status={"parents": []})), "class-invalid"),
        (cluster(route(SPLIT), endpointslices=[endpoints("onesource-canary", 1)]), "primary-not-live"),
        (cluster(route(SPLIT), route(SPLIT, name="twin")), "address-claimed-twice"),
    ],
)
def test_what_is_wrong_is_found(found: ClusterSnapshot, code: str) -> None:
    assert code in {finding.code for finding in findings(gateway.read(SETTINGS, found), 10, 20)}


@pytest.mark.parametrize("part", ["httproutes", "services", "endpointslices"])
def test_what_cannot_be_read_is_unknown(part: str) -> None:
    found = gateway.read(SETTINGS, cluster(route(SPLIT), **{part: "HTTP 404 Not Found"}))
    assert wired_safely(found, 10, 20).reason is Reason.NO_DATA


def test_no_object_of_another_kind_is_taken_for_a_route() -> None:
    found = gateway.read(SETTINGS, cluster({"metadata": {"name": "main"}, "spec": {"rules": [{"matches": 3}]}}))
    assert wired_safely(found, 10, 20).reason is Reason.NO_DATA
