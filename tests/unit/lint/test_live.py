"""A live cluster shows some of the mistakes: each is found in its snapshot, and a healthy sandbox has none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from harness import lint, target
from harness.kube_client import KubeError
from harness.lint import Level, reading
from harness.observe.snapshot import ClusterSnapshot, Part
from harness.target import Environment, NginxRouting, Target
from tests.unit.observe.objects import MARKED, PREFIX, Obj, ingress, ingress_class, owned, service, snapshot

MANIFESTS = Path(__file__).parents[3] / "sandbox" / "manifests"
ENV = Environment(
    context="prod",
    namespace="shop",
    deployments={"stable": "onesource", "canary": "onesource-canary"},
    routing=NginxRouting(primary="main", canary="main-canary"),
)
TARGET = Target("shop", {"production": ENV})
AFFINITY = {"affinity": "cookie"}
OLD = "kubernetes.io/ingress.class"
MAIN, CANARY = ingress("main", "onesource", AFFINITY), ingress("main-canary", "onesource-canary", MARKED)


def pod(app: str) -> Obj:
    return {"metadata": {"name": app, "labels": {"app": app, "component": "backend"}}}


def deployment(name: str, env: Obj | None = None, *, config: str = "onesource-config", **source: str) -> Obj:
    entries = [{"name": key, "value": value} for key, value in (env or {}).items()]
    container = {"name": "backend", "env": entries, "envFrom": [{"configMapRef": {"name": config}, **source}]}
    return {"metadata": {"name": name}, "spec": {"template": {"spec": {"containers": [container]}}}}


def config(**data: str) -> Obj:
    return {"metadata": {"name": "onesource-config"}, "data": data}


USUAL: dict[str, list[Obj] | str] = {
    "deployments": [deployment("onesource"), deployment("onesource-canary")],
    "configmaps": [config()],
    "pods": [pod("onesource"), pod("onesource-canary")],
}


def examine(*ingresses: Obj, **parts: list[Obj] | str) -> tuple[tuple[lint.Finding, ...], tuple[str, ...]]:
    return lint.examine(snapshot(*(ingresses or (MAIN, CANARY)), **(USUAL | parts)), TARGET, "shop.toml", "production")


def ids(*ingresses: Obj, **parts: list[Obj] | str) -> list[str]:
    return [one.id for one in examine(*ingresses, **parts)[0]]


def noted(one: Obj, notes: Obj) -> Obj:
    meta = one["metadata"]
    return one | {"metadata": meta | {"annotations": meta["annotations"] | notes}}


def without(**gone: object) -> Obj:
    notes = {key: value for key, value in (MARKED | gone).items() if value is not None}
    return ingress("main-canary", "onesource-canary", notes)


def test_a_healthy_cluster_has_none() -> None:
    assert examine() == ((), ())


@pytest.mark.parametrize("name", ["production", "staging"])
def test_the_sandboxs_manifests_have_none(name: Any) -> None:
    objects = list(yaml.safe_load_all((MANIFESTS / f"{name}.yaml").read_text(encoding="utf-8")))
    parts: dict[str, list[Obj]] = {"pods": [], "endpointslices": []}
    for one in objects:
        parts.setdefault(one["kind"].lower() + ("es" if one["kind"].endswith("s") else "s"), []).append(one)
    read = {kind: Part(items=tuple(items)) for kind, items in parts.items()}
    for kind in ("ingresses", "configmaps"):
        _ = read.setdefault(kind, Part())
    whole = ClusterSnapshot(environment=name, context=name, namespace="x", uid="u", parts=read)
    assert lint.examine(whole, target.load("sandbox"), "sandbox", name) == ((), ())


@pytest.mark.parametrize(
    ("found", "mistake"),
    [
        ((ingress("main", "onesource", AFFINITY | MARKED),), "D1"),
        ((MAIN, CANARY, ingress("lone", "onesource", MARKED, path="/lone")), "D1"),
        ((MAIN, without(**{"canary-by-cookie": None})), "D2"),
        ((MAIN, without(**{"canary-by-header": "X-Other"})), "D2"),
        ((MAIN, without(canary="false")), "D3"),
        ((noted(MAIN, {PREFIX + "canary": "false"}), CANARY), "D3"),
        ((MAIN, without(**{"canary-weight": 10})), "D4"),
        ((ingress("main", "onesource"), CANARY), "D5"),
        ((noted(ingress("main", "onesource", AFFINITY, None), {OLD: "nginx"}), CANARY), "D15"),
    ],
)  # fmt: skip
def test_routes(found: tuple[Obj, ...], mistake: str) -> None:
    said = examine(*found)[0]
    assert {one.id for one in said} == {mistake}
    assert all("--context prod -n shop" in one.command for one in said)
    assert said[0].where.startswith("production: ingress/")


def test_a_number_that_was_applied_is_found_in_the_copy_that_kubectl_keeps() -> None:
    copy = json.dumps({"metadata": {"annotations": {PREFIX + "canary-weight": 15}}})
    (one,) = examine(MAIN, noted(CANARY, {"kubectl.kubernetes.io/last-applied-configuration": copy}))[0]
    assert (one.id, one.says) == ("D4", f"{PREFIX}canary-weight was applied as 15, which is no string")


def test_an_old_class_beside_a_valid_name_is_no_finding() -> None:
    assert ids(noted(MAIN, {OLD: "nginx"}), CANARY) == []


def test_the_controller_itself_is_information_only() -> None:
    image = {"metadata": {"name": "ctl"}, "spec": {"image": "registry.k8s.io/ingress-nginx/controller:v1.15.1"}}
    (one,) = examine(deployments=[*USUAL["deployments"], image])[0]  # pyright: ignore[reportArgumentType]
    assert (one.id, one.level) == ("D15", Level.INFO)


@pytest.mark.parametrize(
    ("env", "data", "source", "differ"),
    [
        ({"USE_UNIFIED_PIPELINE": "0"}, {"USE_UNIFIED_PIPELINE": "1"}, {}, True),
        ({"USE_UNIFIED_PIPELINE": "1"}, {"USE_UNIFIED_PIPELINE": "1"}, {}, False),
        ({"USE_UNIFIED_PIPELINE": "0"}, {}, {}, False),
        ({"TOKEN": "a"}, {"TOKEN": "b"}, {}, False),
        ({"USE_UNIFIED_PIPELINE": "0"}, {"UNIFIED_PIPELINE": "1"}, {"prefix": "USE_"}, True),
        ({"USE_UNIFIED_PIPELINE": "0"}, {"USE_UNIFIED_PIPELINE": "1"}, {"config": "another"}, False),
    ],
)
def test_flags_that_differ(env: Obj, data: dict[str, str], source: dict[str, str], differ: bool) -> None:
    parts = [deployment("onesource", env, **source), deployment("onesource-canary")]
    found = examine(deployments=parts, configmaps=[config(**data)])[0]
    assert [one.id for one in found] == ["D11"] * differ
    if differ:
        assert found[0].says == "USE_UNIFIED_PIPELINE is '0' in its env and '1' in configmap/onesource-config"


def test_a_deployment_of_another_name_is_found_with_those_there_are() -> None:
    (one,) = examine(deployments=[owned("onesource-backend"), deployment("onesource-canary")])[0]
    assert (one.id, one.where) == ("D14", "production: deployment/onesource")
    assert "onesource-backend, onesource-canary" in one.says


def test_selectors_that_pick_no_pod() -> None:
    assert ids(services=[service("onesource"), service("elsewhere")]) == ["D17"]
    assert ids(pods=[]) == ["D17", "D17", "D17"]
    asleep = deployment("onesource") | {"spec": {"replicas": 0, "template": pod("onesource")}}
    assert ids(pods=[pod("onesource-canary")], deployments=[asleep, deployment("onesource-canary")]) == []


@pytest.mark.parametrize(
    ("unread", "unseen"),
    [
        ("configmaps", ["D11"]),
        ("pods", ["D17"]),
        ("deployments", ["D11", "D14", "D15", "D17"]),
        ("ingresses", ["D1", "D2", "D3", "D4", "D5", "D15"]),
    ],
)
def test_what_cannot_be_read_is_not_free_of_mistakes(unread: str, unseen: list[str]) -> None:
    found, blind = examine(**{unread: "HTTP 403"})
    assert found == ()
    assert [line.partition(":")[0] for line in blind] == unseen
    assert all("HTTP 403" in line for line in blind)


# --- reading ---------------------------------------------------------------------------------------------------------

FLAGS = {"USE_UNIFIED_PIPELINE"}


def test_only_flags_keep_their_values() -> None:
    env = {"USE_UNIFIED_PIPELINE": "0", "TOKEN": "sesame"}
    kept = reading.kept("deployments", deployment("onesource", env), FLAGS)
    assert '"value":"0"' in msgspec.json.encode(kept).decode()
    data = reading.kept("configmaps", config(USE_UNIFIED_PIPELINE="1", TOKEN="sesame"), FLAGS)
    assert data["data"] == {"USE_UNIFIED_PIPELINE": "1"}
    assert "sesame" not in str(kept) + str(data)


def test_of_an_applied_copy_only_what_is_no_string_is_kept() -> None:
    copy = json.dumps({"metadata": {"annotations": {"weight": 1, "note": "sesame"}}, "spec": "sesame"})
    key = "kubectl.kubernetes.io/last-applied-configuration"
    kept: Any = reading.kept("ingresses", noted(MAIN, {key: copy}), FLAGS)
    assert json.loads(kept["metadata"]["annotations"][key]) == {"metadata": {"annotations": {"weight": 1}}}
    well: Any = reading.kept("ingresses", noted(MAIN, {key: json.dumps({"metadata": {}})}), FLAGS)
    assert key not in well["metadata"]["annotations"]


class Refusing:
    """A cluster that lists nothing."""

    def ask(self, method: str, path: str, /) -> dict[str, object]:
        assert method == "GET"
        raise KubeError(f"HTTP 403 Forbidden for {path}", status=403)


def test_a_list_that_cannot_be_read_leaves_what_was_read_before_and_no_configmaps() -> None:
    whole = reading.completed(snapshot(MAIN, deployments=[deployment("onesource")]), Refusing(), FLAGS)
    assert whole.part("configmaps").error == "HTTP 403 Forbidden for /api/v1/namespaces/shop/configmaps"
    assert len(whole.part("ingresses").items) == 1
    assert whole.part("deployments").error == ""


def test_a_class_that_nobody_serves_is_left_to_the_wiring() -> None:
    assert ids(ingressclasses=[ingress_class(controller="example.test/other")]) == []
