"""What counts as a difference, how it reads, and what a log never holds."""

from __future__ import annotations

from typing import Any

from harness.act.objects import based_on, bookless, changes, diff, last_writer, printable, same, writers_since
from tests.kube.objects import container_of, deployment, ingress

Obj = dict[str, Any]
WEIGHT = "nginx.ingress.kubernetes.io/canary-weight"


def served(obj: Obj, version: str, **annotations: str) -> Obj:
    """Return an object as the API shows it."""
    meta = obj["metadata"] | {"resourceVersion": version, "uid": "u", "generation": int(version), "managedFields": []}
    meta |= {"annotations": obj["metadata"].get("annotations", {}) | annotations}
    return obj | {"metadata": meta, "status": {"observedGeneration": int(version)}}


def scaled(obj: Obj, replicas: int, manager: str = "kube-controller-manager") -> Obj:
    fields: Obj = {"f:spec": {"f:replicas": {}}}
    entry: Obj = {"manager": manager, "subresource": "scale", "fieldsV1": fields}
    metadata = obj["metadata"] | {"managedFields": [entry]}
    return obj | {"metadata": metadata, "spec": obj["spec"] | {"replicas": replicas}}


def test_bookkeeping_is_no_difference() -> None:
    one = served(deployment(), "1")
    other = served(deployment(), "9", **{"deployment.kubernetes.io/revision": "4"})
    assert bookless(one) == bookless(other) == bookless(deployment())
    assert same(one, other)
    assert diff(one, other) == []
    assert other["metadata"]["annotations"] == {"deployment.kubernetes.io/revision": "4"}


def test_a_difference_is_its_path_with_both_sides() -> None:
    before, after = ingress(), ingress()
    before["metadata"]["annotations"] = {WEIGHT: "10", "old": "x"}
    after["metadata"]["annotations"] = {WEIGHT: "0", "new": "y"}
    assert diff(before, after) == [
        f"metadata.annotations.{WEIGHT}: '10' -> '0'",
        "metadata.annotations.old: 'x' -> (none)",
        "metadata.annotations.new: (none) -> 'y'",
    ]
    assert changes(before, after)[f"metadata.annotations.{WEIGHT}"] == ("10", "0")


def test_entries_of_a_list_are_known_by_name_where_they_have_one() -> None:
    before, after = deployment(), deployment()
    container_of(before)["env"] = [{"name": "CONV_STORE_PRIMARY", "value": "redis"}]
    container_of(after)["env"] = [
        {"name": "USE_UNIFIED_PIPELINE", "value": "0"},
        {"name": "CONV_STORE_PRIMARY", "value": "mongo"},
    ]
    where = "spec.template.spec.containers[main].env"
    assert f"{where}[CONV_STORE_PRIMARY].value: 'redis' -> 'mongo'" in diff(before, after)
    assert f"{where}[USE_UNIFIED_PIPELINE].value: (none) -> '0'" in diff(before, after)
    paths, more = ingress(), ingress()
    more["spec"]["rules"][0]["http"]["paths"] *= 2
    assert any(line.startswith("spec.rules[0].http.paths[1].path: (none)") for line in diff(paths, more))


def test_a_long_value_is_cut_and_a_line_stays_one_line() -> None:
    before, after = ingress(), ingress(note="a\nb" * 100)
    (line,) = diff(before, after)
    assert len(line) < 130
    assert line.endswith("...")
    assert "\n" not in line


def secretive(value: str) -> Obj:
    obj = deployment()
    container_of(obj)["env"] = [
        {"name": "MONGO_PASSWORD", "value": value},
        {"name": "FROM_SECRET", "valueFrom": {"secretKeyRef": {"name": "mongo", "key": "password"}}},
    ]
    container_of(obj)["args"] = [f"--token={value}"]
    container_of(obj)["readinessProbe"] = {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": value}]}}
    obj["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/last-applied-configuration": f'{{"env": "{value}"}}',
        "nginx.ingress.kubernetes.io/configuration-snippet": value,
    }
    return obj | {"data": {"DSN": f"mongo://u:{value}@h", "FEATURE_DYNAMIC_PROMPTS": "1"}}


def test_values_that_may_be_secrets_are_seen_to_differ_and_not_shown() -> None:
    one, other = secretive("hush-1"), secretive("hush-2")
    lines = diff(one, other)
    assert "hush" not in "".join(lines)
    assert "spec.template.spec.containers[main].env[MONGO_PASSWORD].value: (not shown) -> (not shown)" in lines
    assert len(lines) == 6
    whole = printable(one)
    assert "hush" not in str(whole)
    assert whole["spec.template.spec.containers[main].env[FROM_SECRET].valueFrom.secretKeyRef.name"] == "mongo"
    assert whole["data.FEATURE_DYNAMIC_PROMPTS"] == "1"
    assert "'hush-1' -> 'hush-2'" in "".join(diff(one, other, shown={"MONGO_PASSWORD"}))


def test_what_is_put_back_carries_the_versions_of_now() -> None:
    found = served(deployment(replicas=3), "1", **{"deployment.kubernetes.io/revision": "1"})
    current = served(deployment(replicas=5), "7", **{"deployment.kubernetes.io/revision": "2"})
    whole = based_on(found, current)
    assert whole["metadata"] == {
        "name": "web",
        "resourceVersion": "7",
        "uid": "u",
        "annotations": {"deployment.kubernetes.io/revision": "2"},
    }
    assert whole["spec"] == found["spec"]
    assert "status" not in whole


def test_an_autoscalers_replicas_are_its_own_a_hands_are_not() -> None:
    found = served(deployment(replicas=3), "1")
    by_controller = scaled(served(deployment(replicas=3), "2"), 6)
    assert same(found, by_controller)
    assert based_on(found, by_controller)["spec"]["replicas"] == 6
    by_hand = scaled(served(deployment(replicas=3), "2"), 6, manager="kubectl")
    assert not same(found, by_hand)
    assert based_on(found, by_hand)["spec"]["replicas"] == 3


def test_who_wrote_last_is_read_from_the_managed_fields() -> None:
    entries = [
        {"manager": "kubectl-edit", "time": "2026-01-01T00:00:02Z"},
        {"manager": "apply", "time": "2026-01-01T00:00:01Z"},
        {"manager": "controller", "time": "2026-01-01T00:00:03Z", "subresource": "status"},
    ]
    assert last_writer({"metadata": {"managedFields": entries}}) == "kubectl-edit"
    assert last_writer({"metadata": {}}) == ""


def test_who_wrote_in_between_is_who_was_not_there_before() -> None:
    def noted(*entries: tuple[str, str]) -> Obj:
        fields = [{"manager": manager, "time": time} for manager, time in entries]
        return {"metadata": {"managedFields": [*fields, {"manager": "c", "time": "9", "subresource": "status"}]}}

    before = noted(("apply", "1"), ("gate", "2"))
    assert writers_since(before, noted(("apply", "1"), ("gate", "2"))) == ""
    assert writers_since(before, noted(("apply", "1"), ("gate", "2"), ("kubectl-edit", "2"))) == "kubectl-edit"
    assert writers_since(before, noted(("apply", "3"), ("gate", "4"))) == "apply, gate"
    assert writers_since({}, noted(("apply", "3"))) == "apply"
