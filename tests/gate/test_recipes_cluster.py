"""The recipes for Kubernetes and Argo Rollouts: which end each exit and each answer has, and what the pods call."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import pytest

from harness import policy
from harness import target as targets
from harness.report.serving import serving, serving_pages
from tests.gate import recipes

if TYPE_CHECKING:
    from pathlib import Path

KUBERNETES, ARGO = recipes.DEPLOY / "kubernetes", recipes.DEPLOY / "argo" / "analysis.yaml"
WATCHED_S = policy.load().of("canary").max_age_s
FIELDS = {
    "Job": {"template"},
    "CronJob": {"schedule", "jobTemplate"},
    "Deployment": {"selector", "template"},
    "Service": {"selector", "ports"},
    "NetworkPolicy": {"podSelector", "policyTypes"},
    "PersistentVolumeClaim": {"accessModes", "resources"},
    "AnalysisTemplate": {"args", "metrics"},
    "Rollout": {"selector", "strategy"},
}


@pytest.mark.parametrize("path", [*KUBERNETES.glob("*.yaml"), *ARGO.parent.glob("*.yaml")], ids=lambda path: path.name)
def test_each_object_has_what_its_kind_needs(path: Path) -> None:
    for one in recipes.load(path):
        assert {"apiVersion", "kind", "metadata"} <= one.keys()
        assert {"name", "generateName"} & one["metadata"].keys()
        assert FIELDS.get(one["kind"], set()) <= one.get("spec", {}).keys(), one["kind"]


def test_what_selects_the_serving_pods_finds_them() -> None:
    deployment = recipes.of_kind(KUBERNETES / "serve.yaml", "Deployment")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == labels
    service = recipes.of_kind(KUBERNETES / "serve.yaml", "Service")["spec"]
    assert service["selector"] == labels
    (container,) = deployment["template"]["spec"]["containers"]
    assert f"--bind=0.0.0.0:{container['ports'][0]['containerPort']}" in container["args"]


def answer(decision: Any, *, valid: bool) -> Any:
    return msgspec.to_builtins(serving.Answer(decision, "canary", "because", valid=valid))


@pytest.mark.parametrize(
    ("said", "phase"),
    [
        (answer("GO", valid=True), "Successful"),
        (answer("NO_GO", valid=True), "Failed"),
        (answer("INCONCLUSIVE", valid=False), "Inconclusive"),
        (answer("INCONCLUSIVE", valid=True), "Inconclusive"),
        (answer("GO", valid=False), "Inconclusive"),
        ({"decision": "GO"}, "Inconclusive"),
        ({"decision": "GO", "valid": 1}, "Inconclusive"),
        ({"error": "Not Found"}, "Inconclusive"),
        ({}, "Inconclusive"),
        ("GO", "Error"),
        (None, "Error"),
    ],
)
def test_argos_web_metric_makes_three_ends_of_three_decisions(said: object, phase: str) -> None:
    (metric,) = recipes.of_kind(ARGO, "AnalysisTemplate", "onesource-gate-decision")["spec"]["metrics"]
    assert recipes.measured(metric, said) == phase
    assert (metric["count"], metric["failureLimit"], metric["inconclusiveLimit"]) == (1, 0, 0)


def test_argos_web_metric_asks_what_gate_serve_answers() -> None:
    template = recipes.of_kind(ARGO, "AnalysisTemplate", "onesource-gate-decision")["spec"]
    web = template["metrics"][0]["provider"]["web"]
    given = {"phase": "canary", "environment": "production", "digest": "sha256:" + "ab" * 32}
    assert {one["name"] for one in template["args"]} == given.keys()
    url = urlsplit(re.sub(r"\{\{args\.(\w+)\}\}", lambda found: given[found[1]], web["url"]))
    path = serving_pages.DECISION.fullmatch(url.path)
    assert path is not None
    assert path[1] == "canary"
    assert serving_pages.asked(url.query) == {"environment": "production", "digest": given["digest"]}
    service = recipes.of_kind(KUBERNETES / "serve.yaml", "Service")
    about = service["metadata"]
    assert url.netloc == f"{about['name']}.{about['namespace']}.svc:{service['spec']['ports'][0]['port']}"
    assert web["jsonPath"] == "{$}"  # the whole answer


def test_argos_job_is_failed_by_everything_but_0() -> None:
    (metric,) = recipes.of_kind(ARGO, "AnalysisTemplate", "onesource-gate-verify")["spec"]["metrics"]
    job = metric["provider"]["job"]["spec"]
    ends = {code: recipes.job_end(job, code).partition(":")[0] for code in (0, 1, 2, 4, 127, 137)}
    assert ends == {0: "Complete", **dict.fromkeys((1, 2, 4, 127, 137), "Failed")}
    assert "successCondition" not in metric  # Argo looks at the exit code only


def test_the_rollout_asks_before_it_verifies_and_gives_each_template_its_arguments() -> None:
    steps = recipes.of_kind(ARGO.parent / "rollout.yaml", "Rollout")["spec"]["strategy"]["canary"]["steps"]
    asked = [step["analysis"] for step in steps if "analysis" in step]
    names = [one["templates"][0]["templateName"] for one in asked]
    assert names == ["onesource-gate-decision", "onesource-gate-verify"]
    for name, one in zip(names, asked, strict=True):
        template = recipes.of_kind(ARGO, "AnalysisTemplate", name)
        assert {a["name"] for a in one["args"]} == {a["name"] for a in template["spec"]["args"]}
    assert steps.index({"setWeight": 100}) > max(steps.index(step) for step in steps if "analysis" in step)


def command(container: dict[str, Any]) -> list[str]:
    words = [*container["command"], *container["args"]]
    return [word.replace("$(GATE_NONCE)", "5d41").replace("{{args.", "").replace("}}", "") for word in words]


@pytest.mark.parametrize("pod", recipes.pods(), ids=lambda pod: pod.where)
def test_each_containers_command_is_one_that_gate_understands(pod: recipes.Pod) -> None:
    for container in pod.containers:
        words = command(container)
        assert words[0] == "gate"
        _ = recipes.parsed(words[1:])


@pytest.mark.parametrize("code", [0, 1, 2, 4, 137])
def test_a_jobs_container_ends_with_the_gates_own_code_and_the_job_as_it_says(code: int, tmp_path: Path) -> None:
    job = recipes.of_kind(KUBERNETES / "phase-job.yaml", "Job")["spec"]
    (container,) = job["template"]["spec"]["containers"]
    gate = tmp_path / "gate"
    _ = gate.write_text(f"#!/bin/sh\nexit {code}\n")
    gate.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.defpath}"}
    assert subprocess.run(command(container), env=env, check=False, timeout=10).returncode == code
    wanted = {0: "Complete", 137: "Failed: BackoffLimitExceeded"}.get(code, "Failed: PodFailurePolicy")
    assert recipes.job_end(job, code) == wanted
    cron = recipes.of_kind(KUBERNETES / "phase-cronjob.yaml", "CronJob")["spec"]["jobTemplate"]["spec"]
    assert recipes.job_end(cron, code) == wanted
    assert job["activeDeadlineSeconds"] == WATCHED_S
    assert cron["activeDeadlineSeconds"] == policy.load().of("troubleshoot").max_age_s


@pytest.mark.parametrize(("code", "reached"), [(0, True), (1, False), (2, False), (4, False)])
def test_the_container_that_promotes_starts_only_after_one_that_verified(
    code: int, reached: bool, tmp_path: Path
) -> None:
    pod = recipes.of_kind(KUBERNETES / "promote-job.yaml", "Job")["spec"]["template"]["spec"]
    gate, log = tmp_path / "gate", tmp_path / "log"
    _ = gate.write_text(f'#!/bin/sh\necho "$1" >> "{log}"\n[ "$1" = rollout ] || exit {code}\n')
    gate.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.defpath}"}
    for container in [*pod["initContainers"], *pod["containers"]]:  # in this order, each after the one before it
        if subprocess.run(command(container), env=env, check=False, timeout=10).returncode:
            break
    assert log.read_text().split() == (["verify", "rollout"] if reached else ["verify"])


def test_the_profile_and_kubeconfig_of_the_settings_can_be_read() -> None:
    data = recipes.of_kind(KUBERNETES / "settings.yaml", "ConfigMap")["data"]
    profile = targets.parse(data["target.toml"], "the manifest")
    there = profile.environments["production"]
    (config,) = recipes.parse(data["kubeconfig"])
    assert there.context in {context["name"] for context in config["contexts"]}
    assert [*config["users"][0]["user"]] == ["tokenFile"]  # no token in a ConfigMap
    assert not profile.rehearsal
    measuring = next(pod for pod in recipes.pods() if (pod.part, pod.phase) == ("measure", "canary"))
    mounts = [mount["mountPath"] for mount in measuring.containers[0]["volumeMounts"]]
    files = [there.kubeconfig, there.token_file, config["users"][0]["user"]["tokenFile"], *profile.decisions.keys]
    files += [config["clusters"][0]["cluster"]["certificate-authority"], f"{profile.decisions.folder}/x"]
    for file in files:
        assert [mount for mount in mounts if file.startswith(f"{mount}/")], file
    assert f"/onesource-verify/targets/{profile.name}.toml" in mounts
