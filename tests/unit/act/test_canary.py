"""The weight is set as a string on the canary's own route, never on a primary; taken out, nobody is led there."""

from __future__ import annotations

from typing import Any

import pytest

from harness.act import canary
from harness.act.kube import ActError, Ref
from harness.target import Environment, GatewayRouting, NginxRouting, UrlPairRouting
from tests.unit.act.world import PREFIX, ROUTE, FakeHold, World, ingress, merged

NGINX = NginxRouting("onesource-ingress", "onesource-canary")
GATEWAY = GatewayRouting("chat", "onesource", "onesource-canary")


def route(stable: int = 90, share: int = 10) -> dict[str, Any]:
    backends = [{"name": "onesource", "weight": stable}, {"name": "onesource-canary", "weight": share}]
    pin = [{"name": "onesource-canary", "weight": 1}]
    return {
        "metadata": {"name": "chat"},
        "spec": {
            "rules": [
                {"matches": [{"headers": [{"name": "X-Canary", "value": "always"}]}], "backendRefs": pin},
                {"matches": [{"path": {"value": "/"}}], "backendRefs": backends},
                {"backendRefs": [dict(one) for one in backends]},
            ]
        },
    }


def test_the_weight_is_a_string_on_the_canarys_own_ingress() -> None:
    found = ingress("onesource-canary", **{"canary": "true", "canary-weight": "10"})
    patch = canary.weight_patch(NGINX, found, 25)
    assert patch == {"metadata": {"annotations": {PREFIX + "canary-weight": "25"}}}
    assert canary.percent_of(NGINX, merged(found, patch)) == 25
    assert canary.route_ref(NGINX) == Ref("ingresses", "onesource-canary")


def test_a_weight_of_another_total_is_converted() -> None:
    found = ingress("onesource-canary", **{"canary": "true", "canary-weight": "500", "canary-weight-total": "1000"})
    assert canary.percent_of(NGINX, found) == 50
    assert canary.weight_patch(NGINX, found, 25)["metadata"]["annotations"][PREFIX + "canary-weight"] == "250"


@pytest.mark.parametrize("mark", [{}, {"canary": "false"}])
def test_a_primary_gets_no_weight(mark: dict[str, str]) -> None:
    with pytest.raises(ActError, match="404 for every user"):
        _ = canary.weight_patch(NGINX, ingress("onesource-canary", **mark), 0)
    same = NginxRouting("onesource-ingress", "onesource-ingress")
    with pytest.raises(ActError, match="wanted an Ingress of its own"):
        _ = canary.weight_patch(same, ingress("onesource-ingress", canary="true"), 0)


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_weight_that_is_none_is_refused(percent: int) -> None:
    with pytest.raises(ActError, match="wanted 0 to 100"):
        _ = canary.weight_patch(NGINX, ingress("x", canary="true"), percent)


def test_what_can_not_be_read_as_a_weight_is_none() -> None:
    assert canary.percent_of(NGINX, ingress("x", **{"canary": "true", "canary-weight": "ten"})) is None
    assert canary.percent_of(NGINX, ingress("x", **{"canary-weight": "10"})) is None
    assert canary.percent_of(NGINX, ingress("x", canary="true")) == 0


def test_both_services_of_every_plain_rule_are_weighted_and_pins_are_left() -> None:
    found = route()
    patch = canary.weight_patch(GATEWAY, found, 60)
    made = merged(found, patch)
    assert [[b["weight"] for b in rule["backendRefs"]] for rule in made["spec"]["rules"]] == [[1], [40, 60], [40, 60]]
    assert canary.percent_of(GATEWAY, made) == 60
    assert canary.percent_of(GATEWAY, found) == 10
    assert canary.route_ref(GATEWAY) == Ref("httproutes", "chat")


def test_rules_that_disagree_have_no_weight_and_other_services_are_not_touched() -> None:
    found = route()
    found["spec"]["rules"][2]["backendRefs"][1]["weight"] = 50
    assert canary.percent_of(GATEWAY, found) is None
    found["spec"]["rules"][1]["backendRefs"].append({"name": "third"})
    with pytest.raises(ActError, match="wanted plain rules that lead to onesource and onesource-canary only"):
        _ = canary.weight_patch(GATEWAY, found, 0)


def test_taken_out_of_a_route_the_canary_has_no_weight_and_no_pins() -> None:
    found = route()
    made = merged(found, canary.out_patch(GATEWAY, found))
    assert [[b["weight"] for b in rule["backendRefs"]] for rule in made["spec"]["rules"]] == [[100, 0], [100, 0]]
    assert canary.percent_of(GATEWAY, made) == 0


def test_taking_it_out_deletes_an_ingress() -> None:
    world = World()
    with FakeHold(world, ROUTE) as hold:
        canary.take_out(NGINX, hold)
        assert ROUTE not in world.objects
    assert ROUTE in world.objects


@pytest.mark.parametrize(("notes", "wanted"), [({"canary": "false"}, True), ({"canary": "true"}, False), ({}, False)])
def test_the_mark_that_looks_like_an_off_switch_is_found(notes: dict[str, str], wanted: bool) -> None:
    assert canary.false_mark(NGINX, ingress("x", **notes)) is wanted
    assert not canary.false_mark(GATEWAY, ingress("x", **notes))


def test_two_plain_addresses_have_no_weight() -> None:
    assert canary.routing_of(Environment(routing=UrlPairRouting("http://a", "http://b"))) is None
    assert canary.routing_of(Environment(routing=NGINX)) is NGINX
