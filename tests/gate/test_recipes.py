"""The files of deploy/ and docs/promoting.md: strict, complete, and made of commands that there are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from typer.exceptions import TyperException

from harness import policy
from harness.report.signing import envelope, keyring
from tests.gate import recipes
from tests.gate.recipes import DEPLOY, PROMOTING
from tests.running import ROOT

if TYPE_CHECKING:
    from pathlib import Path

KUBERNETES = DEPLOY / "kubernetes"
JENKINS = (DEPLOY / "jenkins" / "Jenkinsfile").read_text(encoding="utf-8")
HOSTS = re.compile(r"\b(?:[a-z0-9-]+\.)*(?:docker|ghcr|quay|gcr)\.io\b|\bregistry[.:-]")
WATCHED_S = policy.load().of("canary").max_age_s


def github() -> dict[str, Any]:
    (flow,) = recipes.load(DEPLOY / "github" / "canary.yml")
    return flow


def gitlab() -> dict[str, Any]:
    (flow,) = recipes.load(DEPLOY / "gitlab" / "canary.yml")
    return flow


@pytest.mark.parametrize("path", recipes.YAML, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_each_file_is_strict_yaml_without_a_registrys_host(path: Path) -> None:
    assert recipes.load(path)
    assert HOSTS.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "a: {b: 1, b: 2}\n", "on: push\n", "a: yes\n"])
def test_the_loader_refuses_what_readers_understand_differently(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        _ = recipes.parse(text)


@pytest.mark.parametrize(("where", "shell"), [pytest.param(*one, id=one[0]) for one in recipes.shells()])
def test_each_call_of_gate_is_one_that_it_understands(where: str, shell: str) -> None:
    found = recipes.calls(shell)
    assert found, where
    for words in found:
        _ = recipes.parsed(words)


def test_the_check_of_calls_refuses_what_gate_does_not_know() -> None:
    with pytest.raises(TyperException):
        _ = recipes.parsed(["verify", "x", "--no-such-option"])
    with pytest.raises(TyperException):
        _ = recipes.parsed(["waive", "P2-MON-02"])
    with pytest.raises(AssertionError):
        _ = recipes.parsed(["run", "canary", "--no-such-option"])
    with pytest.raises(AssertionError):
        _ = recipes.parsed(["promote"])


def test_the_commands_in_the_pages_sentences_have_the_options_that_they_name() -> None:
    for page in (PROMOTING, DEPLOY / "README.md"):
        prose = recipes.ANY_FENCE.sub("", page.read_text(encoding="utf-8"))
        for said in recipes.SPAN.findall(prose):
            words = said.split()
            named = {word for word in words if word.startswith("--")}
            assert named <= recipes.options_of([word for word in words if not word.startswith("--")]), said


def test_no_call_of_gate_is_excused() -> None:
    for where, shell in recipes.shells():
        joined = re.sub(r"\\\n[ \t]*", " ", shell)
        assert re.findall(r"gate (?:run|verify|decide|rollout|nonce) [^\n]*\|\|(?! *status=\$\?)", joined) == [], where
    text = "".join(path.read_text(encoding="utf-8") for path in recipes.YAML)
    assert not re.search(r"^\s*(?:continue-on-error|ignore_errors):", text, flags=re.MULTILINE)
    code = re.sub(r"//.*", "", JENKINS)
    assert not re.search(r"catchError|returnStatus|retry|warnError", code)


def test_the_workflow_has_the_least_rights_and_pins_what_it_uses() -> None:
    flow = github()
    assert flow["permissions"] == {}
    assert flow["concurrency"] == {"group": "onesource-gate", "cancel-in-progress": False}
    assert flow["defaults"]["run"]["shell"] == "bash"  # a shell that is named has pipefail
    jobs = flow["jobs"]
    assert {name: job["permissions"] for name, job in jobs.items()} == {name: {"contents": "read"} for name in jobs}
    assert jobs["promote"]["environment"] == "production"
    assert set(jobs["promote"]["needs"]) == {"nonce", "canary"}
    assert jobs["canary"]["timeout-minutes"] * 60 == WATCHED_S
    steps = [step for job in jobs.values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]
    assert [name for name in used if not re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", name)] == []
    assert [step for step in steps if "${{" in step.get("run", "")] == []  # an expression in a script is code
    assert {step["if"] for step in steps if "if" in step} == {"always()"}
    (upload,) = (step for step in steps if step.get("uses", "").startswith("actions/upload"))
    assert upload["with"]["if-no-files-found"] == "error"


def test_secrets_stand_in_the_workflow_by_name_and_only_where_they_are_needed() -> None:
    text = json.dumps(github())
    assert set(re.findall(r"secrets\.(\w+)", text)) == {"GATE_KEY", "READER_KUBECONFIG", "ACTOR_KUBECONFIG"}
    with_key = [name for name, job in github()["jobs"].items() if "GATE_KEY" in json.dumps(job)]
    assert with_key == ["canary"]
    every = "".join(path.read_text(encoding="utf-8") for path in DEPLOY.rglob("*") if path.is_file())
    assert "PRIVATE KEY" not in every
    assert not re.search(r"kind: Secret\b", every)


def test_the_pipeline_lets_no_job_fail_and_keeps_what_a_red_one_leaves() -> None:
    flow = gitlab()
    jobs = {name: job for name, job in flow.items() if "script" in job}
    assert [name for name, job in jobs.items() if job["allow_failure"] is not False] == []
    assert (flow["default"]["retry"], list(jobs)) == (0, ["nonce", "canary", "promote"])
    kept = jobs["canary"]["artifacts"]
    assert (kept["when"], kept["reports"]["junit"]) == ("always", "handover/junit.xml")
    assert float(jobs["canary"]["timeout"].removesuffix(" hours")) * 3600 == WATCHED_S
    assert jobs["promote"]["environment"]["name"] == jobs["promote"]["resource_group"] == "production"
    assert jobs["canary"]["environment"]["action"] == "verify"  # measuring deploys nothing
    assert "CI_COMMIT_REF_PROTECTED" in flow["workflow"]["rules"][0]["if"]


def test_the_jenkinsfile_is_balanced_and_declarative() -> None:
    code = re.sub(r"'''.*?'''|'[^'\n]*'|//[^\n]*", "", JENKINS, flags=re.DOTALL)
    assert code.lstrip().startswith("pipeline {")
    for opening, closing in ("{}", "()", "[]"):
        assert code.count(opening) == code.count(closing)
    for option in ("disableConcurrentBuilds()", "skipDefaultCheckout()", "skipStagesAfterUnstable()", "timeout("):
        assert option in code
    assert re.findall(r"stage\('(\w+)'\)", JENKINS) == ["Nonce", "Canary", "Promote"]
    assert '"""' not in JENKINS  # Groovy would fill in what the shell has to


def test_the_pages_keyring_is_one(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```", PROMOTING.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for name in ("decide", "kim"):
        _ = envelope.keygen(tmp_path, name)
    path = tmp_path / "keyring.toml"
    _ = path.write_text(text)
    ring = keyring.load(path)
    assert len(ring.keys("decide", "canary", "production")) == 1
    assert ring.keys("decide", "rollback", "staging") == []
    assert len(ring.keys("waive", "canary", "production")) == 1
    assert ring.keys("waive", "staging", "staging") == []


def test_each_recipe_is_named_where_people_look() -> None:
    page, readme = PROMOTING.read_text(encoding="utf-8"), (DEPLOY / "README.md").read_text(encoding="utf-8")
    for link in ("github/canary.yml", "gitlab/canary.yml", "jenkins/Jenkinsfile", "argo/analysis.yaml"):
        assert f"(../deploy/{link})" in page
    for path in DEPLOY.iterdir():
        assert f"`{path.name}{'/' if path.is_dir() else ''}`" in readme or path.name == "README.md"
    assert (ROOT / "deploy" / "soak-job.yaml").is_file()
    for found in re.findall(r"deploy/kubernetes/([a-z-]+\.yaml)", page + readme):
        assert (KUBERNETES / found).is_file()
