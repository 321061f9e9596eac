"""What a snapshot tells of pods and addresses, and what never gets into one."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from harness.evidence.rows import Snapshot
from harness.observe.scrub import scrubbed
from harness.observe.snapshot import ClusterSnapshot, from_json, live_addresses, pods_by_arm, pods_trouble
from tests.unit.observe.objects import owned, pod, snapshot

OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def test_an_arms_pods_are_found_through_their_owners_and_their_main_container() -> None:
    found = snapshot(
        deployments=[owned("onesource"), owned("onesource-canary")],
        replicasets=[owned("rs-1", "onesource"), owned("rs-2", "onesource-canary"), owned("rs-3", "other")],
        pods=[
            pod("s-1", "rs-1", OLD),
            pod("s-2", "rs-1", OLD, deletionTimestamp="2026-01-01T00:00:00Z"),
            pod("c-1", "rs-2", NEW, ready=False),
            pod("x-1", "rs-3", NEW),
        ],
    )
    arms = pods_by_arm(found, {"stable": "onesource", "canary": "onesource-canary"})
    assert [(p.name, p.digest, p.ready) for p in arms["stable"]] == [("s-1", OLD, True), ("s-2", OLD, False)]
    assert [(p.name, p.digest, p.ready) for p in arms["canary"]] == [("c-1", NEW, False)]
    assert pods_trouble(found) == ""


def test_pods_that_cannot_be_read_are_trouble_not_absence() -> None:
    found = snapshot(deployments=[], replicasets=[], pods="HTTP 403 Forbidden")
    assert pods_trouble(found) == "pods: HTTP 403 Forbidden"
    assert "not read" in pods_trouble(snapshot())


def test_a_service_that_does_not_exist_has_no_live_address_and_one_unread_is_unknown() -> None:
    assert live_addresses(snapshot(), "onesource") == 3
    assert live_addresses(snapshot(), "nowhere") == 0
    assert live_addresses(snapshot(services="HTTP 500"), "onesource") is None


def test_no_secret_survives_the_scrubbing() -> None:
    container: dict[str, Any] = {
        "name": "backend",
        "image": "repo/backend:v1",
        "env": [{"name": "API_KEY", "value": "hush"}, {"name": "REF", "valueFrom": {"secretKeyRef": {"name": "hush"}}}],
        "command": ["run", "--token=hush"],
        "args": ["hush"],
        "livenessProbe": {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": "hush"}]}},
    }
    pod_spec = {"containers": [container], "initContainers": [container], "volumes": [{"x": "hush"}]}
    dangerous: dict[str, object] = {
        "metadata": {
            "name": "keep",
            "managedFields": ["hush"],
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "hush",
                "nginx.ingress.kubernetes.io/configuration-snippet": "hush",
                "nginx.ingress.kubernetes.io/canary": "true",
            },
        },
        "spec": {"template": {"metadata": {"name": "t", "annotations": {"a-snippet": "hush"}}, "spec": pod_spec}},
        "data": {"password": "hush"},
    }
    text = json.dumps(scrubbed(dangerous))
    assert "hush" not in text
    for name in ("API_KEY", "REF", "keep", "repo/backend:v1", "canary", "password"):
        assert name in text


def test_a_snapshot_survives_being_stored() -> None:
    found = snapshot(pods="HTTP 403 Forbidden")
    body = msgspec.json.decode(msgspec.json.encode(found), type=dict[str, object])
    assert from_json(Snapshot("cluster/production", "2026-01-01T00:00:00Z", body)) == found


def test_a_snapshot_that_is_not_there_or_has_another_shape_is_unread() -> None:
    assert "has not read" in from_json(None).error
    odd = from_json(Snapshot("cluster/production", "", {"parts": 3}))
    assert "another shape" in odd.error
    assert odd.trouble("pods")
    assert ClusterSnapshot().trouble("pods") == ("pods: not read",)
