"""Pods fail and end: crashes, probes, missing things, deletion, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any

import psutil

from sandbox.kube.reading import part, rows
from tests.sandbox.clusters import (
    CRASHING,
    STUBBORN,
    WEB,
    Lab,
    address,
    change,
    container,
    deployment,
    environment,
    play,
    pods,
    process_of,
    ready,
    ready_endpoints,
    reasons,
    service,
    template,
    until,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.kube.store import Obj


def test_a_crashing_build_loops_while_the_old_pods_stay_and_an_undo_returns(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        _ = one.store.create("deployments", deployment(replicas=2, progressDeadlineSeconds=1))
        await one.settle()
        old = {pod["metadata"]["name"] for pod in pods(one.store)}
        change(one.store, lambda spec: template(spec).update(image=CRASHING))

        def crashed() -> Obj:
            return next(pod for pod in pods(one.store) if pod["metadata"]["name"] not in old)

        await until(lambda: len(pods(one.store)) == 3 and "containerStatuses" in crashed()["status"])
        await until(lambda: part(container(crashed()), "state", "waiting").get("reason") == "CrashLoopBackOff")
        await until(lambda: "ProgressDeadlineExceeded" in str(one.store.get("deployments", "default", "web")["status"]))
        bad = crashed()
        assert container(bad)["lastState"]["terminated"]["exitCode"] == 3
        assert container(bad)["lastState"]["terminated"]["reason"] == "Error"
        assert container(bad)["restartCount"] >= 1
        assert bad["status"]["phase"] == "Running"
        assert "BackOff" in reasons(one.store, "Pod")
        assert old < {pod["metadata"]["name"] for pod in pods(one.store)}
        change(one.store, lambda spec: template(spec).update(image=WEB))
        await one.settle()
        assert {pod["metadata"]["name"] for pod in pods(one.store)} == old

    play(tmp_path, scenario)


def test_a_pod_process_that_is_killed_is_started_again_in_the_same_pod(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        _ = one.store.create("services", service())
        _ = one.store.create("deployments", deployment())
        await one.settle()
        before = pods(one.store)[0]
        os.kill(process_of(before).pid, signal.SIGKILL)
        await until(lambda: container(pods(one.store)[0])["restartCount"] == 1 and ready(pods(one.store)[0]))
        after = pods(one.store)[0]
        assert after["metadata"]["uid"] == before["metadata"]["uid"]
        assert address(after) == address(before)
        last = container(after)["lastState"]["terminated"]
        assert (last["exitCode"], last["reason"]) == (137, "Error")
        assert container(after)["containerID"] != container(before)["containerID"]
        await until(lambda: ready_endpoints(one.store) == [address(after)])
        meta = after["metadata"]
        folder = one.cluster.logs / f"default_{meta['name']}_{meta['uid']}" / "main"
        assert sorted(path.name for path in folder.iterdir()) == ["0.log", "1.log"]

    play(tmp_path, scenario)


def test_a_failing_liveness_probe_restarts_the_container(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        closed = tmp_path / "closed"
        wanted = deployment()
        probe = {"httpGet": {"path": "/readyz", "port": 8001}, "periodSeconds": 1, "failureThreshold": 1}
        template(wanted["spec"]).update(
            env=[{"name": "CLOSED", "value": str(closed)}], livenessProbe=probe, readinessProbe=None
        )
        _ = one.store.create("deployments", wanted)
        await one.settle()
        closed.touch()
        await until(lambda: container(pods(one.store)[0])["restartCount"] == 1)
        closed.unlink()
        assert container(pods(one.store)[0])["lastState"]["terminated"]["exitCode"] == 143
        said = [event["message"] for event in one.store.list("events")]
        assert "Liveness probe failed: HTTP probe failed with statuscode: 503" in said
        assert "Container main failed liveness probe, will be restarted" in said

    play(tmp_path, scenario)


def test_readiness_is_not_asked_before_the_startup_probe_passed(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        closed = tmp_path / "closed"
        closed.touch()
        wanted = deployment()
        probe = {"httpGet": {"path": "/readyz", "port": 8001}, "periodSeconds": 1, "failureThreshold": 5}
        template(wanted["spec"]).update(
            env=[{"name": "CLOSED", "value": str(closed)}], startupProbe=probe, readinessProbe=None
        )
        _ = one.store.create("deployments", wanted)
        await until(lambda: "Unhealthy" in reasons(one.store, "Pod"))
        assert (container(pods(one.store)[0])["started"], ready(pods(one.store)[0])) == (False, False)
        closed.unlink()
        await one.settle()
        assert container(pods(one.store)[0])["started"]

    play(tmp_path, scenario)


def test_an_unknown_image_is_not_pulled_and_not_run(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        seen: set[str] = set()

        def look(event: Any) -> None:
            for status in rows(event.obj, "status", "containerStatuses"):
                seen.add(part(status, "state", "waiting").get("reason", ""))

        one.store.subscribe("pods", look)
        _ = one.store.create("deployments", deployment(image="nobody/knows:1"))
        await until(lambda: "ImagePullBackOff" in seen)
        assert "ErrImagePull" in seen
        pod = pods(one.store)[0]
        assert (pod["status"]["phase"], container(pod)["imageID"]) == ("Pending", "")
        change(one.store, lambda spec: template(spec).update(image=WEB))
        await one.settle()

    play(tmp_path, scenario)


def test_a_missing_config_map_holds_the_container_until_it_is_there(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        wanted = deployment()
        template(wanted["spec"]).update(envFrom=[{"configMapRef": {"name": "config"}}])
        _ = one.store.create("deployments", wanted)
        why = {"reason": "CreateContainerConfigError", "message": 'configmap "config" not found'}
        await until(lambda: pods(one.store) and "containerStatuses" in pods(one.store)[0]["status"])
        await until(lambda: container(pods(one.store)[0])["state"] == {"waiting": why})
        config = {"metadata": {"name": "config", "namespace": "default"}, "data": {"A": "1"}}
        _ = one.store.create("configmaps", config)
        await one.settle()
        assert (await environment(pods(one.store)[0]))["A"] == "1"

    play(tmp_path, scenario)


def test_deleting_a_deployment_ends_its_processes_even_those_that_ignore_sigterm(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        wanted = deployment(image=STUBBORN)
        del template(wanted["spec"])["readinessProbe"]
        wanted["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 1
        _ = one.store.create("deployments", wanted)
        await one.settle()
        main = process_of(pods(one.store)[0])
        await until(main.children)
        family = [main, *main.children()]
        await asyncio.sleep(0.1)
        started = asyncio.get_running_loop().time()
        _ = one.store.delete("deployments", "default", "web")
        await until(lambda: not one.store.list("pods"))
        assert 0.9 < asyncio.get_running_loop().time() - started < 3
        await until(lambda: not any(process.is_running() for process in family))

    play(tmp_path, scenario)


def test_what_a_container_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        wanted = deployment(image=STUBBORN)
        del template(wanted["spec"])["readinessProbe"]
        _ = one.store.create("deployments", wanted)
        await one.settle()
        main = process_of(pods(one.store)[0])
        await until(main.children)
        left = main.children()[0]
        main.kill()
        await until(lambda: not left.is_running() or left.status() == psutil.STATUS_ZOMBIE)
        await until(lambda: container(pods(one.store)[0])["restartCount"] == 1)

    play(tmp_path, scenario)


def test_a_pod_without_a_free_address_says_so_and_waits(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        taken = [one.cluster.addresses.take() for _ in range(241)]
        _ = one.store.create("deployments", deployment())
        await until(lambda: "FailedCreatePodSandBox" in reasons(one.store, "Pod"))
        assert pods(one.store)[0]["status"]["phase"] == "Pending"
        one.cluster.addresses.give_back(taken[0])
        await one.settle()

    play(tmp_path, scenario)


def test_a_pod_that_is_deleted_by_force_is_killed_at_once(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        wanted = deployment(image=STUBBORN)
        del template(wanted["spec"])["readinessProbe"]
        _ = one.store.create("deployments", wanted)
        await one.settle()
        pod = pods(one.store)[0]
        main = process_of(pod)
        _ = one.store.delete("pods", "default", pod["metadata"]["name"])
        await until(lambda: not main.is_running(), within_s=1)
        await one.settle()
        assert pods(one.store)[0]["metadata"]["name"] != pod["metadata"]["name"]

    play(tmp_path, scenario)
