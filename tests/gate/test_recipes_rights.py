"""What the pods of the recipes may do and hold: the rights that the code asks for, no more, and nothing lying about."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, get_args

import pytest

from fixtures import drills
from harness import target as targets
from harness.act import guard, kube
from harness.act.rollout import playing
from harness.doctor import cluster as doctor
from harness.lint import reading
from harness.observe import cluster, configured
from harness.target import NginxRouting
from tests.gate import recipes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.target import Environment, Target

Right = tuple[str, str, str]  # verb, group, resource
KUBERNETES = recipes.DEPLOY / "kubernetes"
ACCESS = KUBERNETES / "access.yaml"
WRITES = {"create", "update", "patch", "delete"}


class Asked:
    """A client that writes down what it is asked for, and shows an empty cluster."""

    rights: ClassVar[set[Right]] = set()

    def __init__(self, *_: object) -> None:
        """Take any kubeconfig."""

    def ask(self, method: str, path: str, **_: object) -> Mapping[str, object]:
        """Note the right that a request needs."""
        assert method == "GET"
        words = path.strip("/").split("/")
        group = words[1] if words[0] == "apis" else ""
        rest = words[3:] if words[0] == "apis" else words[2:]
        rest = rest[2:] if rest[0] == "namespaces" and len(rest) > 2 else rest
        self.rights.add(("list" if len(rest) == 1 else "get", group, rest[0]))
        return {"metadata": {"uid": "1"}, "items": []}


@pytest.fixture
def profile() -> Target:
    text = recipes.of_kind(KUBERNETES / "settings.yaml", "ConfigMap")["data"]["target.toml"]
    return targets.parse(text, "the manifest")


@pytest.fixture
def environment(profile: Target) -> Environment:
    return profile.environments["production"]


@pytest.fixture
def read(profile: Target, environment: Environment, monkeypatch: pytest.MonkeyPatch) -> set[Right]:
    """What the reading code asks an API for, by running it."""
    monkeypatch.setattr(Asked, "rights", set[Right]())
    for module in (cluster, configured):
        monkeypatch.setattr(module, "KubeClient", Asked)
    snapshot = cluster.read("production", environment)
    _ = reading.completed(snapshot, Asked(), [])
    _ = configured.read(environment, profile)
    with suppress(configured._Unread):
        _ = configured._Cluster(environment).config_map("flags")
    return Asked.rights | {(one.verb, one.group, one.resource) for one in doctor.WATCHES}


def test_the_reader_may_do_what_the_reading_code_asks_for_and_nothing_else(read: set[Right]) -> None:
    role = recipes.of_kind(ACCESS, "Role", "onesource-gate-reader")
    whole = recipes.of_kind(ACCESS, "ClusterRole")
    assert recipes.granted(role) | recipes.granted(whole) == read
    assert not WRITES & {verb for verb, _, _ in recipes.granted(role) | recipes.granted(whole)}


def test_the_doctor_finds_nothing_lacking(environment: Environment) -> None:
    granted = recipes.granted(recipes.of_kind(ACCESS, "Role", "onesource-gate-reader"))
    granted |= recipes.granted(recipes.of_kind(ACCESS, "ClusterRole"))
    wanted = {(one.verb, one.group, one.resource) for one in (*doctor.reads(environment), *doctor.WATCHES)}
    assert wanted <= granted


def test_of_the_whole_cluster_only_its_identity_and_the_classes_are_read() -> None:
    rules = recipes.of_kind(ACCESS, "ClusterRole")["rules"]
    assert rules == [
        {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["kube-system"], "verbs": ["get"]},
        {"apiGroups": ["networking.k8s.io"], "resources": ["ingressclasses"], "verbs": ["list"]},
    ]


def needs(profile: Target, environment: Environment) -> set[tuple[str, kube.Resource]]:
    return {*playing.needs(profile, "production"), *drills.needs(environment)}


def test_the_actor_may_do_what_acting_needs_and_nothing_else(profile: Target, environment: Environment) -> None:
    role = recipes.of_kind(ACCESS, "Role", "onesource-gate-actor")
    wanted = {
        (each, kube._GROUPS[resource], resource)
        for verb, resource in needs(profile, environment)
        for each in guard._WAY_BACK.get(verb, (verb,))
    }
    assert recipes.granted(role) == wanted
    assert {resource for _, _, resource in wanted} <= set(get_args(kube.Resource))


def test_the_actors_rights_are_those_that_the_permit_asks_the_api_for_by_name(
    profile: Target, environment: Environment
) -> None:
    role = recipes.of_kind(ACCESS, "Role", "onesource-gate-actor")
    asked = [one for need in needs(profile, environment) for one in guard._rights(environment, *need)]
    assert [one for one in asked if not recipes.may(role, one[0], kube._GROUPS[one[1]], one[1], one[2])] == []
    assert isinstance(environment.routing, NginxRouting)
    primary = environment.routing.primary
    group = kube._GROUPS["ingresses"]
    assert recipes.may(role, "get", group, "ingresses", primary)  # a drill looks at what is marked there
    written = {verb for verb in WRITES - {"create"} if recipes.may(role, verb, group, "ingresses", primary)}
    assert written == set()


def test_no_rule_of_the_recipes_is_for_anything() -> None:
    for path in recipes.YAML:
        for document in recipes.load(path):
            rules: list[dict[str, list[str]]] = document.get("rules", []) if "Role" in str(document.get("kind")) else []
            for rule in rules:
                said = {*rule["verbs"], *rule["resources"], *rule["apiGroups"]}
                assert not {"*", "secrets", "escalate", "bind", "impersonate"} & said, path.name


def test_bindings_bind_their_own_role_to_accounts_that_there_are() -> None:
    documents = recipes.load(ACCESS)
    accounts = {one["metadata"]["name"] for one in documents if one["kind"] == "ServiceAccount"}
    assert accounts == {"onesource-gate-reader", "onesource-gate-actor"}
    assert [one for one in documents if one["kind"] == "ServiceAccount" and one["automountServiceAccountToken"]] == []
    for binding in (one for one in documents if one["kind"].endswith("Binding")):
        assert binding["roleRef"]["kind"] == binding["kind"].removesuffix("Binding")
        assert binding["roleRef"]["name"] == binding["metadata"]["name"]
        assert {subject["name"] for subject in binding["subjects"]} <= accounts
    writers = [one for one in documents if one["kind"] == "RoleBinding" and "actor" in one["metadata"]["name"]]
    assert [[subject["name"] for subject in one["subjects"]] for one in writers] == [["onesource-gate-actor"]]


@pytest.mark.parametrize("pod", recipes.pods(), ids=lambda pod: pod.where)
def test_each_pod_is_confined(pod: recipes.Pod) -> None:
    assert pod.spec["automountServiceAccountToken"] is False
    assert pod.spec["securityContext"]["runAsNonRoot"] is True
    assert pod.spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod.containers:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["image"] == "onesource-verify:VERSION"  # a placeholder, without a registry's host
        assert "memory" in container["resources"]["limits"]
    mounted = {mount["name"] for container in pod.containers for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod.spec["volumes"]}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.spec.keys()


@pytest.mark.parametrize("pod", recipes.pods(), ids=lambda pod: pod.where)
def test_keys_and_tokens_are_read_only_and_only_where_they_are_used(pod: recipes.Pod) -> None:
    held = {**pod.volume("secret"), **pod.volume("projected"), **pod.volume("configMap")}
    for container in pod.containers:
        mounts: list[dict[str, Any]] = container["volumeMounts"]
        assert [mount for mount in mounts if mount["name"] in held and mount.get("readOnly") is not True] == []
        signs = "/etc/gate-key/gate.key" in " ".join(container["args"])
        assert signs == ("key" in {mount["name"] for mount in mounts})
    tokens = bool(pod.volume("projected"))
    assert tokens == (pod.part in {"measure", "promote"})
    assert tokens == ("serviceAccountName" in pod.spec)
    acts = any("rollout" in container["command"] for container in pod.containers)
    assert acts == (pod.spec.get("serviceAccountName") == "onesource-gate-actor")
    claims = {one["claimName"] for one in pod.volume("persistentVolumeClaim").values()}
    assert pod.part != "measure" or "onesource-gate-promoter" not in claims  # who measures can't touch the nonces


def test_the_signing_key_is_in_one_pod() -> None:
    holders = [pod for pod in recipes.pods() for one in pod.volume("secret").values() if "key" in one["secretName"]]
    assert [(pod.part, pod.phase) for pod in holders] == [("measure", "canary")]


def test_the_network_is_closed_and_opened_for_the_few_who_have_to() -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in recipes.load(KUBERNETES / "network.yaml")}
    assert policies["onesource-gate-closed"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    target, serve = policies["onesource-gate-target"], policies["onesource-gate-serve"]
    (selected,) = target["podSelector"]["matchExpressions"]
    assert selected == {"key": "part", "operator": "In", "values": ["measure", "promote"]}
    assert "ingress" not in target
    assert "egress" not in serve
    (let,) = serve["ingress"]
    assert let["ports"] == [{"protocol": "TCP", "port": 8080}]
    parts = {pod.part for pod in recipes.pods()}
    assert parts == {"measure", "promote", "nonce", "serve"}
    assert serve["podSelector"]["matchLabels"]["part"] == "serve"
