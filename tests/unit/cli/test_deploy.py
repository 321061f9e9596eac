"""The Job's manifest: real kinds, least rights, a command line and a profile that the program takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from harness import target as targets
from harness.cli import soaking
from harness.cli.app import _command
from harness.target import NginxRouting
from tests.kube.backend import Backend
from tests.running import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = ROOT / "deploy" / "soak-job.yaml"
KUBECTL = str(Path(sys.executable).with_name("kubectl"))
SERVED = ("ServiceAccount", "ConfigMap")  # of its kinds, those that the small API has


@pytest.fixture
def objects() -> dict[str, Any]:
    made = {str(one["kind"]): one for one in yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8"))}
    assert set(made) == {
        "ServiceAccount",
        "Role",
        "RoleBinding",
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "PersistentVolumeClaim",
        "Job",
    }
    return made


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    with Backend(tmp_path / "kube") as running:
        yield running


def test_what_the_small_api_serves_is_applied_by_the_real_kubectl(
    objects: dict[str, Any], backend: Backend, tmp_path: Path
) -> None:
    env = {"HOME": str(tmp_path), "KUBECONFIG": str(backend.kubeconfig), "PATH": os.environ["PATH"]}
    text = yaml.safe_dump_all([objects[kind] for kind in SERVED])
    command = [KUBECTL, "-n", "default", "apply", "--validate=false", "-f", "-"]
    done = subprocess.run(command, input=text, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["serviceaccount/onesource-soak created", "configmap/onesource-soak created"]


def test_the_job_is_an_indexed_one_of_as_many_shards_as_its_command_says(objects: dict[str, Any]) -> None:
    spec = objects["Job"]["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert spec["completionMode"] == "Indexed"
    assert f"--shards={spec['completions']}" in container["args"]
    assert spec["parallelism"] == spec["completions"]  # the shards of one soak run at the same time
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    (wrong_use,) = (rule for rule in spec["podFailurePolicy"]["rules"] if rule["action"] == "FailJob")
    assert wrong_use["onExitCodes"] == {"containerName": container["name"], "operator": "In", "values": [4]}
    assert "/" not in container["image"]  # no registry's host


def test_its_command_line_is_taken_by_the_program(
    objects: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (container,) = objects["Job"]["spec"]["template"]["spec"]["containers"]
    profile = tmp_path / "target.toml"
    _ = profile.write_text(objects["ConfigMap"]["data"]["target.toml"], encoding="utf-8")
    words = [*container["command"], *container["args"]]
    assert words.pop(0) == "gate"
    given = [
        word.replace("$(JOB_COMPLETION_INDEX)", "3")
        .replace("/etc/soak/target.toml", str(profile))
        .replace("/evidence", str(tmp_path))
        for word in words
    ]
    orders: list[soaking.Order] = []

    def watch(order: soaking.Order, *_: object) -> str:
        orders.append(order)
        return ""

    monkeypatch.setattr(soaking, "watch", watch)
    program: Any = _command()
    assert program.main(args=given, prog_name="gate", standalone_mode=False) == 0
    (order,) = orders
    assert (order.phase, order.name, order.shard) == ("staging", "soak-1", (3, 4))
    assert order.folder == tmp_path / "soak-1" / "shard-3"


def test_the_profile_and_kubeconfig_in_it_can_be_read(objects: dict[str, Any]) -> None:
    data = objects["ConfigMap"]["data"]
    target = targets.parse(data["target.toml"], "the manifest")
    staging = target.environments["staging"]
    config = yaml.safe_load(data["kubeconfig"])
    assert staging.context in {context["name"] for context in config["contexts"]}
    assert [*config["users"][0]["user"]] == ["tokenFile"]  # no token in a ConfigMap
    assert not isinstance(staging.routing, NginxRouting)
    assert not target.rehearsal
    mounts = {
        mount["mountPath"] for mount in objects["Job"]["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    }
    cluster = config["clusters"][0]["cluster"]
    for file in (staging.kubeconfig, staging.token_file, cluster["certificate-authority"]):
        assert str(Path(file).parent) in mounts


def test_it_may_read_what_a_watch_reads_and_change_nothing(objects: dict[str, Any]) -> None:
    rules = [*objects["Role"]["rules"], *objects["ClusterRole"]["rules"]]
    assert {verb for rule in rules for verb in rule["verbs"]} <= {"get", "list", "watch"}
    granted = {resource for rule in rules for resource in rule["resources"]}
    assert "secrets" not in granted
    assert "*" not in granted
    assert {"pods", "pods/log", "pods/proxy", "services", "endpointslices", "deployments", "replicasets"} <= granted
    assert {"ingresses", "configmaps"} <= granted
    (names,) = (rule for rule in objects["ClusterRole"]["rules"] if "namespaces" in rule["resources"])
    assert (names["resourceNames"], names["verbs"]) == (["kube-system"], ["get"])
    for binding in ("RoleBinding", "ClusterRoleBinding"):
        assert objects[binding]["roleRef"]["kind"] == binding.removesuffix("Binding")


def test_the_pod_is_confined(objects: dict[str, Any]) -> None:
    pod = objects["Job"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "memory" in container["resources"]["limits"]
    assert {volume["name"] for volume in pod["volumes"]} == {mount["name"] for mount in container["volumeMounts"]}
