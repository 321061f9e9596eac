"""Two Ingresses become a Route, and its judge finds what is wrong with the wiring."""

from __future__ import annotations

import pytest

from harness.judge.route import Route, Rule
from harness.judge.wiring import findings, wired_safely
from harness.observe.routing import nginx
from harness.observe.snapshot import ClusterSnapshot
from harness.target import NginxRouting
from harness.verdict import Outcome, Reason
from tests.unit.observe.objects import MARKED, Obj, endpoints, ingress, ingress_class, service, snapshot

SETTINGS = NginxRouting(primary="main", canary="main-canary")
MAIN = ingress("main", "onesource", {"affinity": "cookie"})


def canary(**changes: object) -> Obj:
    notes = {key: value for key, value in (MARKED | changes).items() if value is not None}
    return ingress("main-canary", "onesource-canary", notes)


def read(found: ClusterSnapshot) -> Route:
    return nginx.read(SETTINGS, found)


def codes(found: ClusterSnapshot) -> list[str]:
    return [finding.code for finding in findings(read(found), 10, 20)]


def test_a_route_says_what_is_configured() -> None:
    route = read(snapshot(MAIN, canary(**{"canary-by-header-value": "beta"})))
    assert route.share == 0.1
    assert route.header == Rule("X-Canary", "beta")
    assert route.cookie == Rule("canary")
    assert route.affinity
    assert route.primary is not None
    assert route.primary.live == {"onesource": 3}


@pytest.mark.parametrize("weight", ["10", "15", "20"])
def test_a_separate_canary_beside_a_live_primary_is_met(weight: str) -> None:
    verdict = wired_safely(read(snapshot(MAIN, canary(**{"canary-weight": weight}))), 10, 20)
    assert verdict.outcome is Outcome.MET, verdict


@pytest.mark.parametrize(
    ("weight", "total", "percent"),
    [("100", "1000", 10.0), ("10", "50", 10.0), ("150", None, 100.0), ("15", "100", 15.0)],
)
def test_the_weight_counts_as_the_controller_counts_it(weight: str, total: str | None, percent: float) -> None:
    found = read(snapshot(MAIN, canary(**{"canary-weight": weight, "canary-weight-total": total})))
    assert found.weight_percent == percent


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (snapshot(ingress("main", "onesource", MARKED)), "primary-annotated"),
        (snapshot(ingress("main", "onesource", MARKED), canary()), "primary-annotated"),
        (snapshot(canary()), "primary-missing"),
        (snapshot(MAIN), "canary-missing"),
        (snapshot(MAIN, canary(canary="false")), "canary-not-marked"),
        (snapshot(MAIN, canary(canary="false")), "canary-rules-left"),
        (snapshot(ingress("main", "onesource", {"canary-weight": "50"}), canary()), "canary-rules-left"),
        (snapshot(MAIN, canary(**{"canary-weight": "5"})), "weight-out-of-range"),
        (snapshot(MAIN, canary(**{"canary-weight": "35"})), "weight-out-of-range"),
        (snapshot(MAIN, canary(**{"canary-weight": "0"})), "weight-out-of-range"),
        (snapshot(MAIN, canary(**{"canary-weight": None})), "weight-missing"),
        (snapshot(MAIN, canary(**{"canary-weight": "10%"})), "weight-unusable"),
        (snapshot(MAIN, canary(**{"canary-weight": 10})), "value-not-a-string"),
        (snapshot(MAIN, canary(**{"canary-weight": 10})), "weight-unusable"),
        (snapshot(MAIN, canary(**{"canary-weight-total": "x"})), "weight-unusable"),
        (snapshot(MAIN, ingress("main-canary", "onesource-canary", MARKED, class_name=None)), "class-invalid"),
        (snapshot(MAIN, canary(), ingressclasses=[]), "class-invalid"),
        (snapshot(MAIN, canary(), ingressclasses=[ingress_class(controller="other")]), "class-invalid"),
        (snapshot(MAIN, ingress("main-canary", "onesource-canary", MARKED, path="/api")), "address-differs"),
        (snapshot(MAIN, ingress("main-canary", "onesource", MARKED)), "same-service"),
        (snapshot(MAIN, canary(), endpointslices=[endpoints("onesource-canary", 2)]), "primary-not-live"),
        (
            snapshot(MAIN, canary(), endpointslices=[endpoints("onesource", 3), endpoints("onesource-canary", 0, 2)]),
            "canary-not-live",
        ),
        (snapshot(MAIN, canary(), services=[service("onesource-canary")]), "primary-not-live"),
        (snapshot(MAIN, canary(), ingress("third", "other", MARKED)), "address-claimed-twice"),
    ],
)
def test_what_is_wrong_is_found_with_its_consequence_and_the_command(found: ClusterSnapshot, code: str) -> None:
    verdict = wired_safely(read(found), 10, 20)
    assert verdict.outcome is Outcome.VIOLATED
    assert code in codes(found)
    for finding in findings(read(found), 10, 20):
        assert finding.consequence
        assert finding.command.startswith("kubectl --context prod -n shop ")


def test_one_fault_is_one_finding() -> None:
    assert codes(snapshot(MAIN, canary(**{"canary-weight": "35"}))) == ["weight-out-of-range"]


def test_a_route_of_another_controller_claims_nothing() -> None:
    other = ingress("third", "other", class_name="internal")
    assert codes(snapshot(MAIN, canary(), other)) == []


def test_the_old_class_annotation_counts() -> None:
    old = ingress("main-canary", "onesource-canary", MARKED, class_name=None)
    old["metadata"]["annotations"]["kubernetes.io/ingress.class"] = "nginx"
    assert codes(snapshot(MAIN, old)) == []


@pytest.mark.parametrize("part", ["ingresses", "ingressclasses", "services", "endpointslices"])
def test_what_cannot_be_read_is_unknown_and_says_so(part: str) -> None:
    verdict = wired_safely(read(snapshot(MAIN, canary(), **{part: "HTTP 403 Forbidden"})), 10, 20)
    assert verdict.reason is Reason.NO_DATA
    assert "HTTP 403" in verdict.because


def test_a_fault_that_is_seen_is_violated_though_something_else_cannot_be_read() -> None:
    found = snapshot(MAIN, canary(**{"canary-weight": "35"}), endpointslices="HTTP 500")
    assert wired_safely(read(found), 10, 20).outcome is Outcome.VIOLATED


def test_objects_of_another_shape_are_unknown_not_absent() -> None:
    odd: Obj = {"metadata": {"name": "main"}, "spec": {"rules": "none"}}
    assert wired_safely(read(snapshot(odd, canary())), 10, 20).reason is Reason.NO_DATA


def test_a_cluster_that_was_not_read_is_unknown() -> None:
    verdict = wired_safely(read(ClusterSnapshot(error="the API did not answer")), 10, 20)
    assert verdict.reason is Reason.NO_DATA
    assert "did not answer" in verdict.because
