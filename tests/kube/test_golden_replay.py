"""The recorded requests, sent in their order to our server, are answered as the real one answered."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.kube import authz
from sandbox.kube.reading import is_list, is_object
from tests.kube.backend import TOKENS, Answer, Api, Backend, users
from tests.kube.golden import load, normal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.kube.store import Obj, Store

RECORDED = {entry["name"]: entry for entry in load("kube-golden.jsonl")}
REPLAYED = [name for name, entry in RECORDED.items() if "request" in entry]

NOT_COMPARED = {
    "watch pods during a rolling update (3 replicas, maxSurge 1, maxUnavailable 0)": "the controllers' tests do",
    "watch deployment meanwhile": "the controllers' tests do",
    "watch replicasets meanwhile": "the controllers' tests do",
    "watch deployment whose new pods never get ready, progressDeadlineSeconds 6": "the controllers' tests do",
    "deployment stalled": "what the controllers wrote, not what the API did",
}
"""Entries this file leaves to others; everything else is compared."""

SUBSET = {
    "apis": "we serve the API groups that the lines need",
    "api-v1": "we serve the resources that the lines need",
    "apps-v1": "as above",
    "networking-v1": "as above",
    "discovery-v1": "as above",
    "aggregated discovery": "as above",
}
"""Entries whose real answer lists more: what we list must be listed there, with the same content."""

PARTS = {
    "numeric annotation merge": "the message quotes the object's JSON, whose key order is the encoder's",
    "table": "column descriptions are documentation; a cell of ages tells the time",
    "watch gone": "the recording is cut after 2,000 characters, and which pods there were is the controllers' doing",
}
"""Entries compared in part; the function of that name below says how."""

OURS_ONLY = {
    "pods",
    "pods/log",
    "pods/proxy",
    "pods/status",
    "secrets",
    "serviceaccounts",
    "services",
    "services/status",
    "coordination.k8s.io",
    "discovery.k8s.io",
}
"""What the recording leaves out of its lists (it keeps the first twelve of each) although the server had it."""


def _metadata(obj: Obj) -> Obj:
    return {k: v for k, v in obj["metadata"].items() if k not in {"uid", "resourceVersion", "creationTimestamp"}}


def _put(store: Store, plural: str, obj: Obj) -> None:
    _ = store.create(plural, copy.deepcopy(obj) | {"metadata": _metadata(obj)})


def _deployment(store: Store, name: str) -> None:
    """Do what the controllers had done by then: the recorded status and revision."""
    recorded = RECORDED[name]["response"]["body"]

    def change(obj: Obj) -> None:
        obj["status"] = copy.deepcopy(recorded["status"])
        obj["metadata"]["annotations"] = dict(recorded["metadata"]["annotations"])

    assert store.mutate("deployments", "default", "onesource", change) is not None


def _replicas(store: Store) -> None:
    def change(obj: Obj) -> None:
        obj["status"]["replicas"] = 2

    assert store.mutate("deployments", "default", "onesource", change) is not None


def _workload(store: Store) -> None:
    for pod in RECORDED["list pods labelSelector=app%3Donesource"]["response"]["body"]["items"]:
        _put(store, "pods", pod)
    for held in RECORDED["replicasets"]["response"]["body"]["items"]:
        _put(store, "replicasets", held)
    events = RECORDED["events"]["response"]["body"]["items"]
    for event in events:
        _put(store, "events", event)
    for number in range(24):
        _put(store, "events", events[0] | {"metadata": {"name": f"z{number}", "namespace": "default"}})


BEFORE: dict[str, Callable[[Store], None]] = {
    "get deployment": lambda store: _put(store, "deployments", RECORDED["get deployment"]["response"]["body"]),
    "scale patch back": _replicas,
    "set env as kubectl does": lambda store: _deployment(store, "set env as kubectl does"),
    "deployment after rollout": lambda store: _deployment(store, "deployment after rollout"),
    "list pods labelSelector=app%3Donesource": _workload,
}
"""What others than the client did to the cluster before a request."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    """Every recorded request's answer, sent in order to one fresh server."""
    got: dict[str, Answer] = {}
    known = {token: authz.User("reader") if user.name == "reader" else user for token, user in users().items()}
    with Backend(tmp_path_factory.mktemp("golden"), known=known) as backend:
        client = backend.api(None)
        client.client.headers["User-Agent"] = "Python-urllib/3.11"
        try:
            for name in REPLAYED:
                if name in BEFORE:
                    _ = backend.on_loop(BEFORE[name])
                if name not in NOT_COMPARED:
                    got[name] = _send(client, RECORDED[name]["request"], got)
        finally:
            client.close()
    return got


def _send(client: Api, request: Obj, got: dict[str, Answer]) -> Answer:
    headers: dict[str, str] = dict(request["headers"])
    token = headers.pop("token", None)
    if token is not None:
        headers["Authorization"] = f"Bearer {TOKENS.get(token, token)}"
    body = request["body"]
    if is_object(body) and request["method"] == "PUT":
        body = copy.deepcopy(body)
        version = got["no-op patch"].body["metadata"]  # the object the recorded client had read
        body["metadata"] |= {"resourceVersion": version["resourceVersion"], "uid": version["uid"]}
    media = headers.pop("Content-Type", "application/json")
    return client.call(request["method"], request["path"], body, media, **headers)


def _names(entry: Obj) -> str:
    named = entry.get("name") or entry.get("resource") or entry.get("version") or entry.get("metadata", {}).get("name")
    return str(named or entry.get("subresource"))


def _only_ours(got: Any, wanted: Any, where: str = "") -> list[str]:
    """Return what we list differently, or list at all without the real server doing so."""
    if is_object(got) and is_object(wanted):
        keys = sorted(got.keys() | wanted.keys())
        return [d for key in keys for d in _only_ours(got.get(key), wanted.get(key), f"{where}.{key}")]
    if is_list(got) and all(is_object(entry) for entry in got):
        listed: list[Obj] = wanted or []
        real = {_names(entry): entry for entry in listed}
        found: list[str] = []
        for entry in got:
            if _names(entry) in real:
                found += _only_ours(entry, real[_names(entry)], f"{where}.{_names(entry)}")
            elif _names(entry) not in OURS_ONLY:
                found.append(f"{where}.{_names(entry)}")
        return found
    return [] if got == wanted else [f"{where}: {got!r}, recorded {wanted!r}"]


def _message(got: Any, wanted: Any) -> None:
    assert got["reason"] == wanted["reason"]
    opening = ' "" is invalid: patch: Invalid value: "{\\"apiVersion\\":'
    why = wanted["message"].rpartition('": json: ')[2]
    assert got["message"].startswith(opening)
    assert got["message"].endswith('": json: ' + why)
    assert [cause["field"] for cause in got["details"]["causes"]] == ["patch"]


def _table(got: Any, wanted: Any) -> None:
    for table in (got, wanted):
        for column in table["columnDefinitions"]:
            del column["description"]
        for row in table["rows"]:
            row["cells"][4] = "AGE"
    assert normal(got) == normal(wanted)


def _stream(got: Any, wanted: Any) -> None:
    opening = '{"type":"ADDED","object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"onesource-'
    assert wanted.startswith(opening)
    assert got.startswith(opening)
    assert [json.loads(line)["type"] for line in got.splitlines()] == ["ADDED"] * 3


_COMPARE = {"numeric annotation merge": _message, "table": _table, "watch gone": _stream}


@pytest.mark.parametrize("name", [name for name in REPLAYED if name not in NOT_COMPARED])
def test_the_answer_is_the_recorded_one(answers: dict[str, Answer], name: str) -> None:
    wanted, got = RECORDED[name]["response"], answers[name]
    assert got.status == wanted["status"], got.body
    assert got.headers["Content-Type"] == wanted["content_type"]
    if name in SUBSET:
        assert _only_ours(got.body, wanted["body"]) == []
    elif name in PARTS:
        _COMPARE[name](got.body, wanted["body"])
    else:
        assert normal(got.body) == normal(wanted["body"])
