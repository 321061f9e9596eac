"""What a drill and a rollout need of the sandbox: a canary to wake, a script, rights, and the team's other services."""

from __future__ import annotations

import datetime
import os
import stat
import subprocess
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from harness import target as targets
from sandbox import images, script
from sandbox.identity import uid_of
from sandbox.state import ROOT
from tests.sandbox.operating import Users, pods, profile, sleep, until, wake, weigh

if TYPE_CHECKING:
    from pathlib import Path

    from tests.running import Running

pytestmark = pytest.mark.xdist_group("operations")
OLD, NEW = (images.commit_of(version) for version in ("v1.4.0", "v1.5.0"))
SAFE = {
    "USE_UNIFIED_PIPELINE": "0",
    "CONV_STORE_PRIMARY": "mongo",
    "FEATURE_DYNAMIC_PROMPTS": "0",
    "FEATURE_SUGGESTED_ACTIONS": "0",
}


def test_a_canary_that_sleeps_troubles_nobody_and_answers_when_it_is_woken(sandbox: Running) -> None:
    assert pods(sandbox, "track=canary") == []
    log = sandbox.said.state / "staging" / "traefik.log"
    with Users(sandbox.said.staging_url) as users:
        time.sleep(1)
        assert set(users.answered) == {NEW}
        wake(sandbox)
        weigh(sandbox, 60)
        users.anew()
        time.sleep(2)
        assert 0.4 < users.answered[OLD] / users.answered.total() < 0.8
        weigh(sandbox, 0)
        users.anew()
        time.sleep(1)
        assert set(users.answered) == {NEW}
        sleep(sandbox)
        time.sleep(3)
    assert users.failed == []
    assert " ERR " not in log.read_text(encoding="utf-8")


def test_promoting_stable_drops_no_request(sandbox: Running) -> None:
    with Users(sandbox.said.url, per_s=80) as users:
        for image in (images.CANDIDATE, images.STABLE):
            _ = sandbox.kubectl(
                "set", "image", "deployment/onesource", f"backend={image}", context="production", role="actor"
            )
            _ = sandbox.kubectl(
                "rollout", "status", "deployment/onesource", "--timeout=90s", context="production", timeout=100
            )
            time.sleep(3.5)  # until the last old pod has drained
            digests = {one["status"]["containerStatuses"][0]["imageID"] for one in _stable(sandbox)}
            assert digests == {f"onesource/backend@{images.digest_of(image)}"}
    assert users.failed == []
    assert users.answered.total() > 200


def _stable(sandbox: Running) -> list[dict[str, dict[str, list[dict[str, str]]]]]:
    return [one for one in pods(sandbox, "track=stable", "production") if "deletionTimestamp" not in one["metadata"]]


def test_the_actor_may_do_what_acting_needs_and_no_more(sandbox: Running) -> None:
    def may(*words: str) -> bool:
        return sandbox.kubectl("auth", "can-i", *words, role="actor", ok=True).startswith("yes")

    for words in (
        ("patch", "deployments"),
        ("patch", "deployments/scale"),
        ("update", "deployments/scale"),
        *((verb, "ingresses") for verb in ("create", "delete", "patch", "update")),
    ):
        assert may(*words), words
    for words in (("get", "secrets"), ("delete", "deployments"), ("create", "deployments"), ("patch", "configmaps")):
        assert sandbox.kubectl("auth", "can-i", *words, role="actor", ok=False).startswith("no"), words
    noted = sandbox.kubectl("annotate", "deployment", "onesource", "example.org/note=1", role="actor")
    assert "annotated" in noted
    _ = sandbox.kubectl("annotate", "deployment", "onesource", "example.org/note-", role="actor")


def test_the_profile_names_the_script_the_actor_and_the_services_around(sandbox: Running) -> None:
    known = targets.load(str(sandbox.said.target))
    for env in known.environments.values():
        assert env.rollback_script[1:] == ("{namespace}", "{deployment}", "{reason}")
        assert os.access(env.rollback_script[0], os.X_OK)
        assert env.act_kubeconfig == sandbox.said.kubeconfigs["actor"]
        assert set(env.deployments) == {"stable", "canary"}
    assert known.around.startswith("http://127.0.0.1:")
    assert known.decisions.folder == str(ROOT / "reports")
    assert known.decisions.keys == (str(ROOT / "reports/keys/gate.pub"),)
    assert known.checklist.changelog == "{around}/CHANGELOG.md"


def _roll_back(sandbox: Running, deployment: str = "onesource") -> subprocess.CompletedProcess[str]:
    words = profile(sandbox)["environments"]["staging"]["rollback_script"]
    filled = [word.format(namespace="staging", deployment=deployment, reason="it is slow") for word in words]
    return subprocess.run(
        filled, env=sandbox.kube_env("actor"), check=False, timeout=60, capture_output=True, text=True
    )


def _flags(sandbox: Running) -> dict[str, object]:
    return dict(httpx.get(sandbox.said.staging_url + "/version").json()["feature_flags"])


def test_the_rollback_script_leads_to_the_safe_state_without_a_failed_request(sandbox: Running) -> None:
    before = _flags(sandbox)
    with Users(sandbox.said.staging_url) as users:
        done = _roll_back(sandbox)
        time.sleep(3.5)
        after = _flags(sandbox)
        _ = sandbox.kubectl("set", "env", "deployment/onesource", *(f"{name}-" for name in SAFE), role="actor")
        _ = sandbox.kubectl("rollout", "status", "deployment/onesource", "--timeout=60s")
        time.sleep(3.5)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "rollback of onesource completed successfully"
    assert "it is slow" in done.stdout
    assert after == before | {
        "unified_pipeline": False,
        "conv_store_primary": "mongo",
        "dynamic_prompts": False,
        "suggested_actions": False,
    }
    assert _flags(sandbox) == before
    assert users.failed == []


def test_the_script_of_a_target_that_lies_says_success_and_changes_nothing(sandbox: Running) -> None:
    sandbox.switch("rollback-noop")
    before = sandbox.kubectl("get", "deployment", "onesource", "-o", "jsonpath={.metadata.generation}")
    done = _roll_back(sandbox)
    after = sandbox.kubectl("get", "deployment", "onesource", "-o", "jsonpath={.metadata.generation}")
    sandbox.switch()
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "rollback of onesource completed successfully")
    assert after == before


class Stage:
    """The script with a kubectl and a sleep that only write down what they were asked."""

    def __init__(self, folder: Path) -> None:
        self.path = script.write(folder / "bin")
        self._folder, self._log = folder, folder / "asked"
        fakes = folder / "fakes"
        fakes.mkdir()
        kubectl, slept = fakes / "kubectl", fakes / "sleep"
        _ = kubectl.write_text(
            f'#!/bin/sh\necho "kubectl $*" >>{self._log}\n'
            'case "$*" in *config*) echo here;; *--raw*|*missing*) exit 1;; esac\n'
        )
        _ = slept.write_text(f'#!/bin/sh\necho "sleep $*" >>{self._log}\n')
        for fake in (kubectl, slept):
            fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
        text = self.path.read_text().replace(f"KUBECTL={script.kubectl()}", f"KUBECTL={kubectl}")
        _ = self.path.write_text(text)
        self._env = {"PATH": f"{fakes}:{os.environ['PATH']}"}

    def run(self, *words: str, faults: str = "[]", **env: str) -> tuple[int, str, list[str]]:
        """Return the exit status, what was printed, and what was asked of kubectl and sleep."""
        _ = (self._folder / "faults.json").write_text(faults)
        self._log.unlink(missing_ok=True)
        done = subprocess.run([self.path, *words], env=self._env | env, check=False, capture_output=True, text=True)
        asked = self._log.read_text().splitlines() if self._log.exists() else []
        return done.returncode, done.stdout + done.stderr, asked


def test_the_script_succeeds_even_when_its_own_health_check_fails(tmp_path: Path) -> None:
    status, said, asked = Stage(tmp_path).run("staging", "onesource", "why")
    assert status == 0
    assert "rollback of onesource completed successfully\n" in said
    assert "warning: the health check failed" in said
    words = " ".join(f"{name}={value}" for name, value in SAFE.items())
    assert asked[1] == f"kubectl --context here --namespace staging set env deployment/onesource {words}"
    assert asked[2] == "kubectl --context here --namespace staging rollout status deployment/onesource --timeout=300s"
    assert asked[3] == "sleep 1"


def test_the_slow_script_waits_two_minutes_and_a_second_first(tmp_path: Path) -> None:
    _, _, asked = Stage(tmp_path).run("staging", "onesource", "why", faults='["rollback-slow"]', KUBE_CONTEXT="given")
    assert asked[0] == "sleep 121"
    assert asked[1].startswith("kubectl --context given --namespace staging set env")


def test_the_script_wants_three_words_a_context_and_a_deployment(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    assert stage.run("staging")[0] == 2
    assert stage.run("staging", "missing", "why")[0] == 1


def test_a_clusters_identity_is_the_machines_and_its_name() -> None:
    assert uid_of("staging") == uid_of("staging")
    assert len({uid_of("staging", "a"), uid_of("production", "a"), uid_of("staging", "b")}) == 3


def _around(sandbox: Running, path: str) -> httpx.Response:
    return httpx.get(profile(sandbox)["around"] + path)


@pytest.mark.parametrize(
    ("name", "series"),
    [("latency", {"p95_chat_s", "p95_enhanced_s"}), ("errors", {"error_share", "repair_share"})],
)
def test_dashboards_are_fed_each_second(sandbox: Running, name: str, series: set[str]) -> None:
    first = _around(sandbox, f"/dashboards/{name}.json").json()
    now = datetime.datetime.now(datetime.UTC)
    assert now - datetime.datetime.fromisoformat(first["timestamp"]) < datetime.timedelta(seconds=3)
    assert {one["name"] for panel in first["panels"] for one in panel["series"]} == set(first["latest"]) == series
    points = first["panels"][0]["series"][0]["points"]
    assert len(points) == 180
    assert points[-1] == [int(datetime.datetime.fromisoformat(first["timestamp"]).timestamp()), points[-1][1]]
    until(lambda: _around(sandbox, f"/dashboards/{name}.json").json()["timestamp"] > first["timestamp"], 3)
    assert _around(sandbox, "/dashboards/none.json").status_code == 404


def test_dashboards_that_nobody_feeds_stand_still_and_empty_ones_have_no_series(sandbox: Running) -> None:
    for fault in ("dashboards-stale", "snapshot-stale"):
        sandbox.switch(fault)
        first = _around(sandbox, "/dashboards/errors.json").json()
        age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(first["timestamp"])
        assert age > datetime.timedelta(hours=1.9)
        time.sleep(1.2)
        assert _around(sandbox, "/dashboards/errors.json").json() == first
    sandbox.switch("dashboard-empty")
    empty = _around(sandbox, "/dashboards/latency.json").json()
    assert [panel["series"] for panel in empty["panels"]] == [[], []]
    assert empty["latest"] == {}
    sandbox.switch()


def test_the_checklists_papers_are_there_and_faults_take_from_them(sandbox: Running) -> None:
    def read() -> tuple[str, set[str], dict[str, str]]:
        builds = {receipt["build"] for receipt in _around(sandbox, "/receipts").json()}
        return _around(sandbox, "/CHANGELOG.md").text, builds, _around(sandbox, "/roster").json()

    log, builds, roster = read()
    assert "## v1.4.0\n" in log
    assert "## v1.5.0\n" in log
    assert images.digest_of(images.CANDIDATE) in builds
    assert all(roster[level] for level in ("L1", "L2", "L3", "lead"))
    at = _around(sandbox, "/receipts").json()[0]["at"]
    assert datetime.datetime.fromisoformat(at) < datetime.datetime.now(datetime.UTC)
    sandbox.switch("changelog-missing", "oncall-unsigned", "roster-empty")
    log, builds, roster = read()
    sandbox.switch()
    assert "v1.5.0" not in log
    assert "v1.4.0" in log
    assert images.digest_of(images.CANDIDATE) not in builds
    assert [level for level, name in roster.items() if not name] == ["L2"]
