"""What people type works: the real kubectl against a running sandbox."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.running import KUBECTL, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Running

pytestmark = pytest.mark.xdist_group("kubectl")
PREFIX = "nginx.ingress.kubernetes.io/"


def test_get_and_describe_show_pods_and_deployments(sandbox: Running) -> None:
    pods = sandbox.kubectl("get", "pods", "-l", "app=onesource", context="production")
    assert pods.splitlines()[0].split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert pods.count("1/1") == pods.count("Running") == 5
    assert "3/3" in sandbox.kubectl("get", "deployments", context="production")
    described = sandbox.kubectl("describe", "deployment", "onesource", context="production")
    assert "3 desired | 3 updated | 3 total | 3 available | 0 unavailable" in described
    assert "ScalingReplicaSet" in described
    pod = sandbox.kubectl("describe", "pods", "-l", "track=canary", context="production")
    assert "onesource/backend:v1.5.0" in pod
    assert "Image ID:" in pod


def test_apply_takes_a_folder_of_manifests(sandbox: Running, tmp_path: Path) -> None:
    _ = (tmp_path / "a.yaml").write_text((ROOT / "sandbox/manifests/staging.yaml").read_text())
    _ = (tmp_path / "b.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra, namespace: staging}\ndata: {a: b}\n"
    )
    first = sandbox.kubectl("apply", "-f", str(tmp_path))
    assert "configmap/extra created" in first
    again = sandbox.kubectl("apply", "-f", str(tmp_path))
    assert "configmap/extra unchanged" in again
    assert "deployment.apps/onesource unchanged" in again
    assert "configured" not in again
    _ = sandbox.kubectl("delete", "configmap", "extra", "-n", "staging")


def test_patch_changes_an_annotation_and_a_number_is_refused(sandbox: Running) -> None:
    def patch(value: object, *, ok: bool) -> str:
        body = json.dumps({"metadata": {"annotations": {PREFIX + "limit-rps": value}}})
        return sandbox.kubectl("patch", "ingress", "onesource-ingress", "-p", body, ok=ok)

    assert "patched" in patch("50", ok=True)
    assert "cannot convert int64 to string" in patch(50, ok=False)
    found = sandbox.kubectl(
        "get",
        "ingress",
        "onesource-ingress",
        "-o",
        r"jsonpath={.metadata.annotations.nginx\.ingress\.kubernetes\.io/limit-rps}",
    )
    assert found == "50"
    _ = sandbox.kubectl("annotate", "ingress", "onesource-ingress", PREFIX + "limit-rps-")


def test_the_reader_cannot_patch_and_knows_it(sandbox: Running) -> None:
    assert sandbox.kubectl("auth", "can-i", "patch", "deployments", role="reader", ok=False).startswith("no")
    assert sandbox.kubectl("auth", "can-i", "patch", "deployments", role="actor").startswith("yes")
    refused = sandbox.kubectl("scale", "deployment/onesource", "--replicas=9", role="reader", ok=False)
    assert "Forbidden" in refused
    assert "Forbidden" in sandbox.kubectl("get", "secrets", role="reader", ok=False)


def test_set_env_rolls_new_processes_in_without_a_failed_request(sandbox: Running) -> None:
    with _Stream(sandbox.said.staging_url, per_s=20) as stream:
        _ = sandbox.kubectl("set", "env", "deployment/onesource", "FEATURE_SUGGESTED_ACTIONS=0")
        said = sandbox.kubectl("rollout", "status", "deployment/onesource", "--timeout=60s")
        time.sleep(3.5)  # until the last old pod has drained
    assert "successfully rolled out" in said
    assert stream.failed == []
    assert stream.answered >= 40
    assert stream.flags(-1)["suggested_actions"] is False
    assert stream.flags(0)["suggested_actions"] is True


def test_rollout_undo_restart_and_scale_do_what_they_say(sandbox: Running) -> None:
    _ = sandbox.kubectl("set", "env", "deployment/onesource", "A_SETTING=1")
    _ = sandbox.kubectl("rollout", "status", "deployment/onesource", "--timeout=60s")
    assert "A_SETTING" in sandbox.kubectl("get", "deployment", "onesource", "-o", "yaml")
    assert "rolled back" in sandbox.kubectl("rollout", "undo", "deployment/onesource")
    _ = sandbox.kubectl("rollout", "status", "deployment/onesource", "--timeout=60s")
    assert "A_SETTING" not in sandbox.kubectl("get", "deployment", "onesource", "-o", "jsonpath={.spec.template}")
    before = _names(sandbox)
    assert "restarted" in sandbox.kubectl("rollout", "restart", "deployment/onesource")
    _ = sandbox.kubectl("rollout", "status", "deployment/onesource", "--timeout=60s")
    assert not before & _names(sandbox)
    assert "scaled" in sandbox.kubectl("scale", "deployment/onesource", "--replicas=3")
    _ = sandbox.kubectl("wait", "--for=condition=available", "deployment/onesource", "--timeout=60s")
    assert len(_names(sandbox)) == 3
    _ = sandbox.kubectl("wait", "--for=condition=ready", *(f"pod/{name}" for name in _names(sandbox)))
    _ = sandbox.kubectl("scale", "deployment/onesource", "--replicas=2")


def test_a_crashing_build_stalls_the_rollout_and_undo_returns(sandbox: Running) -> None:
    patch = '{"spec":{"progressDeadlineSeconds":4}}'
    _ = sandbox.kubectl("patch", "deployment", "onesource", "-p", patch)
    _ = sandbox.kubectl("set", "image", "deployment/onesource", "backend=onesource/backend:broken")
    stalled = sandbox.kubectl("rollout", "status", "deployment/onesource", "--timeout=40s", ok=False)
    assert "exceeded its progress deadline" in stalled
    pods = sandbox.kubectl("get", "pods", "-l", "app=onesource")
    assert "CrashLoopBackOff" in pods or "Error" in pods
    assert len([line for line in pods.splitlines() if "1/1" in line and "Running" in line]) >= 2
    assert httpx.get(sandbox.said.staging_url + "/version").status_code == 200
    _ = sandbox.kubectl("rollout", "undo", "deployment/onesource")
    assert "successfully" in sandbox.kubectl("rollout", "status", "deployment/onesource", "--timeout=60s")


def test_logs_show_every_line_of_every_pod_and_follow(sandbox: Running) -> None:
    asks = 30
    for number in range(asks):
        body = {"question": f"How many lines does ask {number} leave?", "session_id": f"verify-logs-{number}"}
        assert httpx.post(sandbox.said.staging_url + "/api/chat/ask", json=body).status_code == 200
    words = ("logs", "-l", "app=onesource", "--since=1h", "--prefix")
    ten = sandbox.kubectl(*words)
    everything = sandbox.kubectl(*words, "--tail=-1")
    assert everything.count('"request_metrics"') >= asks > ten.count('"request_metrics"')
    shown = {line.split("/")[1] for line in everything.splitlines() if line.startswith("[pod/")}
    assert _names(sandbox) <= shown  # one that is on its way out may still show its own
    follow = [KUBECTL, "--context", "staging", "logs", "-f", "--since=1s", "-l", "app=onesource"]
    with subprocess.Popen(follow, env=sandbox.kube_env("reader"), stdout=subprocess.PIPE, text=True) as process:
        time.sleep(1.5)
        _ = httpx.post(sandbox.said.staging_url + "/api/chat/ask", json={"question": "Is this line followed?"})
        assert process.stdout is not None
        assert any('"request_metrics"' in line for line in process.stdout)
        process.kill()


def _names(sandbox: Running) -> set[str]:
    found = sandbox.kubectl("get", "pods", "-l", "app=onesource", "-o", "json")
    return {pod["metadata"]["name"] for pod in json.loads(found)["items"] if "deletionTimestamp" not in pod["metadata"]}


class _Stream:
    """Asks at a steady rate in the background, by turns as one user who keeps a cookie and as new ones."""

    def __init__(self, url: str, per_s: float) -> None:
        self._url, self._pause = url, 1 / per_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.failed: list[str] = []
        self._bodies: list[dict[str, dict[str, object]]] = []

    @property
    def answered(self) -> int:
        return len(self._bodies)

    def flags(self, which: int) -> dict[str, object]:
        return self._bodies[which]["feature_flags"]

    def __enter__(self) -> _Stream:
        self._thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(timeout=5) as kept:
            number = 0
            while not self._ended.wait(self._pause):
                number += 1
                try:
                    url = self._url + "/version"
                    answer = kept.get(url) if number % 2 else httpx.get(url, verify=False)
                except httpx.HTTPError as trouble:
                    self.failed.append(repr(trouble))
                    continue
                if answer.status_code == 200:
                    self._bodies.append(answer.json())
                else:
                    self.failed.append(str(answer.status_code))
