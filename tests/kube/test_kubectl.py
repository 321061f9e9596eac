"""The recorded kubectl commands, run by the real kubectl on our server: exit code, output, requests."""

from __future__ import annotations

import copy
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.kube.server import ApiServer
from tests.kube.backend import HERE, Backend
from tests.kube.golden import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiohttp import web

    from sandbox.kube.store import Obj, Store

KUBECTL = Path(sys.executable).with_name("kubectl")  # the wheel's: distributions ship versions from long ago
RECORDED = load("kubectl-golden.jsonl")
GOLDEN = {entry["name"]: entry for entry in load("kube-golden.jsonl")}
FILES = {"dep.yaml": "kube-golden-deployment.yaml", "objs.yaml": "kube-golden-objects.yaml"}
FIRST_UNDO = 7

NOT_COMPARED = {
    "kubectl logs -l app=onesource --since=1h": "recorded without a kubelet; test_contract_logs has what works",
    "kubectl logs -l app=onesource --since=1h --tail=-1 --prefix": "as above",
    "kubectl logs deploy/onesource -f --since=1s": "as above",
    "kubectl config current-context": "asks no server",
    "kubectl exec deploy/onesource -- env": "no exec: a node of the sandbox starts processes, nobody enters them",
}
HEADER_ONLY = {
    "kubectl get pods -l app=onesource": "which pods there are is the controllers' doing",
    "kubectl get pods -l app=onesource -o wide": "as above",
    "kubectl get pods -w --request-timeout=2s": "as above",
    "kubectl get events --sort-by=.lastTimestamp": "as above",
    "kubectl get endpointslices": "the recorded cluster has one of its own",
    "kubectl auth can-i --list": "the recorded cluster's default roles grant more paths",
    "kubectl api-resources --api-group=apps": "we serve what the lines need",
}
"""Commands whose output is a table: its header is compared."""
NAMES_ONLY = {
    "kubectl describe deployment onesource": "revisions and ages are the controllers' doing",
    "kubectl describe pod -l app=onesource": "as above, and so is which pods there are",
    "kubectl wait --for=condition=ready pod -l app=onesource --timeout=30s": "as above",
    "kubectl rollout status deployment/onesource --timeout=60s": "how many steps it took is the controllers' doing",
    "kubectl get deployment onesource -o yaml": "times and versions",
    "kubectl get cm onesource-config -o yaml": "as above",
    "kubectl cluster-info": "the address",
}
"""Commands whose every line has to begin like one of the recorded lines (which are cut after 1,500 characters)."""
CUT = 1500


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str
    requests: list[str]


class Recorder(ApiServer):
    """Our server, noting each request."""

    requests: list[str]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(_request(request.method, request.path_qs))
        return await super()._answer(request)


def _request(method: str, path: str) -> str:
    path = re.sub(r"(hash=|timeoutSeconds=|resourceVersion=|involvedObject\.uid%3D)[0-9A-Za-z-]+", r"\1X", path)
    path = re.sub(r"fieldSelector=([^&]+)", lambda found: "%2C".join(sorted(found[1].split("%2C"))), path)
    return method + " " + re.sub(r"(pods/|name%3D)onesource-[0-9a-z]+-[0-9a-z]{5}", r"\1POD", path)


def _bare(obj: Obj) -> Obj:
    kept = {k: v for k, v in obj["metadata"].items() if k not in {"uid", "resourceVersion", "creationTimestamp"}}
    return copy.deepcopy(obj) | {"metadata": copy.deepcopy(kept)}


def _seed(store: Store) -> None:
    """Put in what the recorded cluster had: a stalled rollout, four revisions, four pods, their events."""
    _ = store.delete("deployments", "default", "onesource")
    deployment = store.create("deployments", _bare(GOLDEN["deployment stalled"]["response"]["body"]))
    held = GOLDEN["replicasets"]["response"]["body"]["items"][0]
    owner = [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "onesource", "controller": True}]
    owner[0]["uid"] = deployment["metadata"]["uid"]
    hashes = ("686f47dd49", "6788c48985", "7bf75965c4", "58c984d9d4")
    for number, digest in enumerate(hashes, 1):
        made = _bare(held)
        made["metadata"] |= {"name": f"onesource-{digest}", "ownerReferences": owner}
        made["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": str(number)}
        made["spec"]["template"]["spec"]["containers"][0]["image"] = f"onesource/backend:v1.0.{number}"
        template = GOLDEN["deployment stalled"]["response"]["body"]["spec"]["template"]["spec"]["containers"][0]
        made["spec"]["template"]["spec"]["containers"][0]["env"] = copy.deepcopy(template["env"])
        made["spec"]["template"]["metadata"]["labels"]["pod-template-hash"] = digest
        _ = store.create("replicasets", made)
    for pod in GOLDEN["list pods labelSelector=app%3Donesource"]["response"]["body"]["items"]:
        _ = store.create("pods", _bare(pod))
    for event in GOLDEN["events"]["response"]["body"]["items"]:
        _ = store.create("events", _bare(event))


def _settle(store: Store) -> None:
    """Do what the controllers would: a rollout is complete as soon as it is asked for."""

    def change(obj: Obj) -> None:
        count = obj["spec"]["replicas"]
        status = obj["status"]
        status |= {"observedGeneration": obj["metadata"]["generation"], "replicas": count, "updatedReplicas": count}
        status |= {"readyReplicas": count, "availableReplicas": count}
        _ = status.pop("unavailableReplicas", None)
        status["conditions"][1] |= {"status": "True", "reason": "NewReplicaSetAvailable"}

    _ = store.mutate("deployments", "default", "onesource", change)


def _after_undo(store: Store) -> None:
    def change(obj: Obj) -> None:
        obj["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "5"

    _ = store.mutate("replicasets", "default", "onesource-7bf75965c4", change)


class Commands:
    """Runs kubectl as the administrator of one server."""

    def __init__(self, backend: Backend, requests: list[str], home: Path) -> None:
        self._backend = backend
        self._requests = requests
        self._env = {"HOME": str(home), "KUBECONFIG": str(backend.kubeconfig), "PATH": os.environ["PATH"]}

    def run(self, command: str, *, settle: Callable[[Store], None] | None = None) -> Done:
        """Run one command line."""
        words = [str(HERE / FILES[word]) if word in FILES else word for word in _words(command)]
        if settle is not None:
            _ = self._backend.on_loop(settle)
        self._requests.clear()
        done = subprocess.run([KUBECTL, *words], env=self._env, capture_output=True, text=True, timeout=60, check=False)
        return Done(done.returncode, done.stdout, done.stderr, list(self._requests))


def _words(command: str) -> list[str]:
    opening, _, patch = command.partition(" -p ")  # the recording lost the quotes around JSON
    words = shlex.split(opening)[1:] if patch else shlex.split(command)[1:]
    return [*words, "-p", patch] if patch else words


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """The real kubectl with its discovery cache filled, as it was when the commands were recorded."""
    requests: list[str] = []
    Recorder.requests = requests
    with Backend(tmp_path_factory.mktemp("kubectl"), server=Recorder) as backend:
        commands = Commands(backend, requests, tmp_path_factory.mktemp("home"))
        assert commands.run("kubectl apply -f dep.yaml").code == 0
        _ = backend.on_loop(_seed)
        yield commands


@pytest.fixture(scope="module")
def done(kubectl: Commands) -> list[Done]:
    """What each recorded command did, run in order."""
    found: list[Done] = []
    for number, entry in enumerate(RECORDED):
        if entry["command"] in NOT_COMPARED:
            found.append(Done(0, "", "", []))
            continue
        if number == FIRST_UNDO + 2:
            _ = kubectl.run("kubectl version", settle=_after_undo)
        found.append(kubectl.run(entry["command"], settle=_settle if number > FIRST_UNDO else None))
    return found


def _lines(text: str, command: str) -> list[str]:
    text = re.sub(r"\b\d+[smhd](\d+[smh])?\b", "AGE", text)
    text = re.sub(r"onesource-[0-9a-z]{8,10}-[0-9a-z]{5}", "POD", text)
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.strip().splitlines()]
    if command in HEADER_ONLY:
        return lines[:1]
    if command in NAMES_ONLY:
        return list(dict.fromkeys(re.split(r"[:=/]| [0-9TF]", line)[0] for line in lines))
    return lines


@pytest.mark.parametrize(
    "number",
    [number for number, entry in enumerate(RECORDED) if entry["command"] not in NOT_COMPARED],
    ids=lambda number: f"{number}-{RECORDED[number]['command'][8:50]}",
)
def test_kubectl_does_what_it_did_on_the_recorded_server(done: list[Done], number: int) -> None:
    wanted: dict[str, Any] = RECORDED[number]
    got, command = done[number], wanted["command"]
    assert got.code == wanted["rc"], got.err
    mine, real = _lines(got.out, command), _lines(wanted["stdout"], command)
    if len(wanted["stdout"]) >= CUT:
        mine, real = _begin(mine, real), real[:-1]
    if command in NAMES_ONLY:
        assert set(mine) <= set(real) | {"Events", "NewReplicaSet", "Tolerations"}
    else:
        assert mine == real
    assert got.err.strip().splitlines()[-1:] == wanted["stderr"].strip().splitlines()[-1:]
    asked = [_request(row["method"], row["path"]) for row in wanted["requests"]]
    assert _once(got.requests) == _once(asked)


def _begin(mine: list[str], real: list[str]) -> list[str]:
    """Return as many of our lines as the recording kept whole."""
    return mine[: len(real) - 1]


def _once(requests: list[str]) -> list[str]:
    """Return the requests in order, each once: how often a pod is read depends on how many there are."""
    return list(dict.fromkeys(requests))
