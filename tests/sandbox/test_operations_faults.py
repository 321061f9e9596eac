"""Faults of drills and rollouts, in a running sandbox: what a user and the API show of each; none of it stays."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox import images
from sandbox.faults.catalogue import FAULTS
from sandbox.faults.operations import OPERATIONS
from sandbox.product.faults.changing import CHANGING
from tests.faults.papers import KINDS
from tests.sandbox.operating import ALWAYS, QUESTION, Users, pods, share, sleep, until, wake, weigh

if TYPE_CHECKING:
    from tests.running import Running

pytestmark = pytest.mark.xdist_group("operations-faults")
OLD, NEW = (images.commit_of(version) for version in ("v1.4.0", "v1.5.0"))


def test_names_that_code_asks_for_are_in_the_catalogue() -> None:
    made: dict[str, set[str]] = {}
    for fault in OPERATIONS:
        made.setdefault(fault.where, set()).add(fault.name)
    assert made["product"] == set(CHANGING)
    assert made["papers"] == set(KINDS)
    assert made["script"] == {"rollback-noop", "rollback-slow"}
    assert {fault.name for fault in OPERATIONS} <= FAULTS.keys()
    assert {fault.phase for fault in OPERATIONS} == {"staging", "flags", "rollback", "rollout", "troubleshoot"}


def test_a_weight_of_0_is_ignored_while_somebody_is_left_behind_it(sandbox: Running) -> None:
    url = sandbox.said.staging_url
    wake(sandbox)
    sandbox.switch("weight-change-ignored")
    assert share(url, NEW) == 1.0  # nothing was held on to before
    weigh(sandbox, 60)
    weigh(sandbox, 0)
    assert 0.4 < share(url, OLD) < 0.8
    _ = sandbox.kubectl("scale", "deployment/onesource-canary", "--replicas=0", role="actor")
    until(lambda: not pods(sandbox, "track=canary"))
    assert share(url, NEW) == 1.0
    sandbox.switch()
    assert share(url, NEW) == 1.0


def test_pinned_users_stay_on_a_canary_whose_ingress_is_deleted(sandbox: Running) -> None:
    url = sandbox.said.staging_url
    wake(sandbox)
    weigh(sandbox, 60)
    sandbox.switch("pinned-users-stay")
    _ = sandbox.kubectl("delete", "ingress", "onesource-canary", role="actor")
    time.sleep(0.8)
    assert share(url, NEW) == 1.0  # users who are not pinned go to stable
    assert share(url, OLD, 20, ALWAYS) == 1.0
    sandbox.switch()
    until(lambda: share(url, NEW, 20, ALWAYS) == 1.0)


def test_the_way_down_goes_up_first_when_the_data_plane_doubles_it(sandbox: Running) -> None:
    url = sandbox.said.staging_url
    wake(sandbox)
    sandbox.switch("staged-raises")
    shares: list[float] = []
    for percent in (60, 50, 25, 0):
        weigh(sandbox, percent)
        shares.append(share(url, OLD))
    sandbox.switch()
    sleep(sandbox)
    assert shares == pytest.approx([0.6, 1.0, 0.5, 0.0], abs=0.1)


def test_production_ignores_a_weight_of_0_and_cuts_one_of_100(sandbox: Running) -> None:
    url = sandbox.said.url
    sandbox.switch("no-auto-rollback", "full-weight-partial")
    weigh(sandbox, 100, "production")
    full = share(url, NEW)
    weigh(sandbox, 50, "production")
    weigh(sandbox, 0, "production")
    none = share(url, NEW)
    sandbox.switch()
    assert (full, none) == (pytest.approx(0.9, abs=0.06), pytest.approx(0.5, abs=0.1))
    assert share(url, NEW) == pytest.approx(0.1, abs=0.05)


def test_a_deleted_canary_ingress_comes_back(sandbox: Running) -> None:
    sandbox.switch("canary-left")
    before = _ingress(sandbox, "production")
    _ = sandbox.kubectl("delete", "ingress", "onesource-canary", context="production", role="actor")
    until(lambda: "onesource-canary" in sandbox.kubectl("get", "ingress", context="production"), 5)
    after = _ingress(sandbox, "production")
    sandbox.switch()
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["spec"] == before["spec"]
    assert after["metadata"]["annotations"] == before["metadata"]["annotations"]


def test_the_burst_waits_for_half_of_the_traffic(sandbox: Running) -> None:
    sandbox.switch("canary-5xx-burst")
    seen: dict[int, set[int]] = {}
    for percent in (10, 50):
        weigh(sandbox, percent, "production")
        with httpx.Client(base_url=sandbox.said.url, headers=ALWAYS) as kept, ThreadPoolExecutor(16) as at_once:
            asked = [at_once.submit(kept.post, "/api/chat/ask", json=QUESTION) for _ in range(300)]
            seen[percent] = {one.result().status_code for one in asked}
    weigh(sandbox, 10, "production")
    sandbox.switch()
    assert seen == {10: {200}, 50: {200, 503}}


def test_the_old_build_runs_on_under_the_new_name(sandbox: Running) -> None:
    sandbox.switch("promotion-keeps-old")
    _set_image(sandbox, images.CANDIDATE)
    statuses = [pod["status"]["containerStatuses"][0] for pod in _stable(sandbox, "production")]
    assert {one["image"] for one in statuses} == {images.CANDIDATE}
    assert {one["imageID"] for one in statuses} == {f"onesource/backend@{images.digest_of(images.STABLE)}"}
    weigh(sandbox, 0, "production")
    assert share(sandbox.said.url, OLD) == 1.0
    weigh(sandbox, 10, "production")
    sandbox.switch()
    _set_image(sandbox, images.STABLE)


@pytest.mark.parametrize(
    "fault",
    ["flag-change-drops", "rollback-drops"],
)
def test_a_pod_that_leaves_badly_fails_some_users(sandbox: Running, fault: str) -> None:
    sandbox.switch(fault)
    with Users(sandbox.said.staging_url) as users:
        for _ in range(3):  # a pod drains for less than a second: where users are slow, none may meet it
            _ = sandbox.kubectl("rollout", "restart", "deployment/onesource", role="actor")
            _ = sandbox.kubectl("rollout", "status", "deployment/onesource", "--timeout=60s")
            time.sleep(3.5)
            if users.failed:
                break
    sandbox.switch()
    assert set(users.failed) == {"502"}


def test_a_flag_differs_between_the_configmap_and_the_pods_that_run(sandbox: Running) -> None:
    sandbox.switch("flag-differs")
    where = ("get", "configmap", "onesource-config", "-o", "jsonpath={.data.FEATURE_SUGGESTED_ACTIONS}")
    assert sandbox.kubectl(*where) == "0"
    assert httpx.get(sandbox.said.staging_url + "/version").json()["feature_flags"]["suggested_actions"] is True
    assert sandbox.kubectl(*where, context="production") == "1"
    sandbox.switch()
    assert sandbox.kubectl(*where) == "1"


def test_one_pod_of_staging_reports_another_digest(sandbox: Running) -> None:
    def digests() -> set[str]:
        return {pod["status"]["containerStatuses"][0]["imageID"] for pod in _stable(sandbox, "staging")}

    assert len(digests()) == 1
    sandbox.switch("digest-mixed")
    assert len(digests()) == 2
    sandbox.switch()
    assert len(digests()) == 1


def test_one_pod_is_healthy_and_not_ready_and_users_get_the_other(sandbox: Running) -> None:
    sandbox.switch("healthy-not-ready")
    statuses = sorted(pod["status"]["containerStatuses"][0]["ready"] for pod in _stable(sandbox, "staging"))
    assert statuses == [False, True]
    with Users(sandbox.said.staging_url) as users:
        time.sleep(1)
    assert users.failed == []
    for pod in _stable(sandbox, "staging"):
        ip, ready = pod["status"]["podIP"], pod["status"]["containerStatuses"][0]["ready"]
        assert httpx.get(f"http://{ip}:8001/healthz").status_code == 200
        assert httpx.get(f"http://{ip}:8001/readyz").status_code == (200 if ready else 503)
    sandbox.switch()
    assert all(pod["status"]["containerStatuses"][0]["ready"] for pod in _stable(sandbox, "staging"))


def test_a_pod_restarts_again_and_again_and_leaves_no_trace(sandbox: Running) -> None:
    def restarts() -> list[int]:
        return sorted(pod["status"]["containerStatuses"][0]["restartCount"] for pod in _stable(sandbox, "staging"))

    with Users(sandbox.said.staging_url) as users:
        sandbox.switch("pod-restarting")
        until(lambda: restarts() == [0, 1], 15)
        time.sleep(3)
        sandbox.switch()
        time.sleep(3.5)
    assert restarts() == [0, 0]
    assert users.failed == []


def _stable(sandbox: Running, context: str) -> list[dict[str, Any]]:
    found = pods(sandbox, "component=backend,track=stable", context)
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def _set_image(sandbox: Running, image: str) -> None:
    words = ("set", "image", "deployment/onesource", f"backend={image}")
    _ = sandbox.kubectl(*words, context="production", role="actor")
    status = ("rollout", "status", "deployment/onesource", "--timeout=90s")
    _ = sandbox.kubectl(*status, context="production", timeout=100)
    until(lambda: len(pods(sandbox, "track=stable", "production")) == 3)


def _ingress(sandbox: Running, context: str) -> dict[str, Any]:
    return json.loads(sandbox.kubectl("get", "ingress", "onesource-canary", "-o", "json", context=context))
