"""Pods are processes: what they are given, when they serve, how they fail and how they end."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
from typing import TYPE_CHECKING, Any

import psutil

from sandbox import images
from sandbox.cluster.addresses import Addresses
from sandbox.cluster.objects import condition_of, part, rows
from tests.sandbox.clusters import (
    CRASHING,
    STUBBORN,
    WEB,
    Lab,
    change,
    deployment,
    get,
    lab,
    pods,
    ready,
    ready_endpoints,
    reasons,
    service,
    set_env,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from sandbox.kube.store import Obj


def play(tmp_path: Path, scenario: Callable[[Lab], Awaitable[None]]) -> None:
    """Run a scenario in a cluster; afterwards no process of it may be left."""
    before = set(psutil.Process().children(recursive=True))

    async def run() -> None:
        async with lab(tmp_path) as one:
            await scenario(one)

    asyncio.run(run())
    assert set(psutil.Process().children(recursive=True)) <= before


def container(pod: Obj) -> Obj:
    return pod["status"]["containerStatuses"][0]


def address(pod: Obj) -> str:
    return pod["status"]["podIP"]


async def environment(pod: Obj) -> dict[str, str]:
    return json.loads((await get(address(pod))).partition(b"\r\n\r\n")[2])


def template(spec: Obj) -> Obj:
    return spec["template"]["spec"]["containers"][0]


def process_of(pod: Obj) -> psutil.Process:
    """The process that listens where the pod says it is."""
    for child in psutil.Process().children():
        alive = child.is_running() and child.status() != psutil.STATUS_ZOMBIE
        if alive and child.environ().get("POD_NAME") == pod["metadata"]["name"]:
            return child
    raise AssertionError(f"no process of {pod['metadata']['name']}")


def test_a_changed_env_starts_a_new_process_that_has_it(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        _ = one.store.create("deployments", deployment())
        await one.settle()
        old = pods(one.store)[0]
        set_env(one.store, FLAG="0")
        await one.settle()
        new = pods(one.store)[0]
        found = await environment(new)
        assert found["FLAG"] == "0"
        assert address(new) != address(old)
        assert found["POD_IP"] == address(new)

    play(tmp_path, scenario)


def test_a_process_gets_what_its_image_config_and_node_say_and_nothing_of_ours(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        config = {"metadata": {"name": "config", "namespace": "default"}, "data": {"A": "config", "B": "config"}}
        secret = {"metadata": {"name": "key", "namespace": "default"}}
        secret["data"] = {"token": base64.b64encode(b"hush").decode()}
        _ = one.store.create("configmaps", config)
        _ = one.store.create("secrets", secret)
        field = {"fieldRef": {"fieldPath": "status.podIP"}}
        entries = [
            {"name": "B", "value": "env"},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "key", "key": "token"}}},
            {"name": "FROM", "valueFrom": {"configMapKeyRef": {"name": "config", "key": "A"}}},
            {"name": "GONE", "valueFrom": {"configMapKeyRef": {"name": "no", "key": "A", "optional": True}}},
            {"name": "ADDRESS", "valueFrom": field},
            {"name": "URL", "value": "http://$(ADDRESS)/$(UNKNOWN)/$$(A)"},
        ]
        wanted = deployment()
        template(wanted["spec"]).update(env=entries, envFrom=[{"configMapRef": {"name": "config"}}])
        _ = one.store.create("deployments", wanted)
        await one.settle()
        pod = pods(one.store)[0]
        found = await environment(pod)
        ip = address(pod)
        expected = {"A": "config", "B": "env", "TOKEN": "hush", "FROM": "config", "ADDRESS": ip, "BAKED": "in"}
        expected |= {"URL": f"http://{ip}/$(UNKNOWN)/$(A)", "POD_NAME": pod["metadata"]["name"], "NODE": "here"}
        expected |= {"NODE_NAME": "node-1", "POD_NAMESPACE": "default", "SANDBOX_DNS": str(one.cluster.dns)}
        assert expected.items() <= found.items()
        assert set(found) - set(expected) <= {"PATH", "LANG", "PYTHONPATH", "PYTHONUNBUFFERED", "POD_IP", "LC_CTYPE"}

    play(tmp_path, scenario)


def test_readiness_gates_endpoints_and_names(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        closed = tmp_path / "closed"
        closed.touch()
        wanted = deployment()
        template(wanted["spec"]).update(env=[{"name": "CLOSED", "value": str(closed)}])
        _ = one.store.create("services", service())
        _ = one.store.create("deployments", wanted)
        await until(lambda: "Unhealthy" in reasons(one.store, "Pod"))
        assert ready_endpoints(one.store) == []
        assert json.loads(one.cluster.dns.read_text()) == {"web.default": []}
        closed.unlink()
        await one.settle()
        ip = address(pods(one.store)[0])
        await until(lambda: ready_endpoints(one.store) == [ip])
        assert json.loads(one.cluster.dns.read_text()) == {"web.default": [[ip, 8001]]}
        closed.touch()
        await until(lambda: ready_endpoints(one.store) == [])
        condition = condition_of(pods(one.store)[0]["status"], "Ready")
        assert condition is not None
        assert condition["message"] == "containers with unready status: [main]"

    play(tmp_path, scenario)


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


def test_no_request_fails_while_a_deployment_rolls(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        wanted = deployment(replicas=2)
        template(wanted["spec"]).update(lifecycle={"preStop": {"sleep": {"seconds": 1}}})
        _ = one.store.create("services", service())
        _ = one.store.create("deployments", wanted)
        await one.settle()
        rolling, asked, failed = True, 0, list[str]()

        async def ask_all_the_time() -> None:
            nonlocal asked
            while rolling:
                known = ready_endpoints(one.store)
                await asyncio.sleep(0.1)  # what a load balancer knows is older than that
                for ip in known or ["nobody"]:
                    asked += 1
                    try:
                        _ = await get(ip)
                    except OSError as error:
                        failed.append(f"{ip}: {error}")

        asking = asyncio.create_task(ask_all_the_time())
        set_env(one.store, FLAG="0")
        await one.settle()
        rolling = False
        await asking
        assert failed == []
        assert asked > 20

    play(tmp_path, scenario)


def test_container_logs_are_cri_lines_in_order(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        wanted = deployment()
        talk = "print('first'); print('x' * 20000); print('last', end='', flush=True); import time; time.sleep(99)"
        template(wanted["spec"]).update(command=["python3", "-c", talk], readinessProbe=None)
        _ = one.store.create("deployments", wanted)
        await until(lambda: [path.stat().st_size > 20000 for path in one.cluster.logs.rglob("0.log")] == [True])
        _ = one.store.delete("deployments", "default", "web")
        await until(lambda: not one.store.list("pods"))
        path = next(one.cluster.logs.rglob("0.log"))
        lines = [line.split(" ", 3) for line in path.read_text().splitlines()]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", line[0]) for line in lines)
        assert [line[0] for line in lines] == sorted({line[0] for line in lines})
        assert {line[1] for line in lines} == {"stdout"}
        text = "".join(line[3] + ("\n" if line[2] == "F" else "") for line in lines)
        assert text == "first\n" + "x" * 20000 + "\nlast\n"

    play(tmp_path, scenario)


def test_two_redis_servers_use_the_same_port_on_addresses_of_their_own(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        for name, image in (("redis", images.REDIS), ("mongo", images.MONGO)):
            wanted = deployment(name, image=image)
            ports = [{"name": "http", "containerPort": 6379}]
            template(wanted["spec"]).update(ports=ports, readinessProbe={"tcpSocket": {"port": "http"}})
            _ = one.store.create("deployments", wanted)
            _ = one.store.create("services", service(name))
        await one.settle()
        await until(lambda: len(ready_endpoints(one.store)) == 2)
        named = json.loads(one.cluster.dns.read_text())
        assert named["redis.default"][0][1] == named["mongo.default"][0][1] == 6379
        assert named["redis.default"] != named["mongo.default"]

    play(tmp_path, scenario)


def test_one_canary_pod_reports_the_rebuilt_digest_while_the_fault_is_on(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        wanted = deployment("canary", replicas=2)
        wanted["spec"]["template"]["metadata"]["labels"]["track"] = "canary"
        _ = one.store.create("deployments", wanted)
        _ = one.store.create("deployments", deployment("stable"))
        await one.settle()
        built, rebuilt = images.digest_of(WEB), images.digest_of(images.REBUILT)

        def digests() -> list[str]:
            """The canary's by name, then the stable one's."""
            found = [*pods(one.store, "canary"), *pods(one.store, "stable")]
            return [container(pod)["imageID"].partition("@")[2] for pod in found]

        assert digests() == [built] * 3
        one.switches.write(frozenset({"one-pod-other-digest"}))
        one.cluster.refresh()
        assert digests() == [rebuilt, built, built]
        first = pods(one.store, "canary")[0]["metadata"]["name"]
        _ = one.store.delete("pods", "default", first)
        await one.settle()
        await until(lambda: digests() == [rebuilt, built, built])
        one.switches.write(frozenset())
        one.cluster.refresh()
        assert digests() == [built] * 3

    play(tmp_path, scenario)


def test_the_node_is_ready_and_renews_its_lease(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        await until(lambda: one.store.list("leases"))
        node = one.store.list("nodes")[0]
        condition = condition_of(node["status"], "Ready")
        assert condition is not None
        assert condition["status"] == "True"
        names = {obj["metadata"]["name"] for obj in one.store.list("namespaces")}
        assert {"default", "kube-system", "kube-public"} <= names

    play(tmp_path, scenario)


def test_an_address_is_used_again_only_after_all_others() -> None:
    addresses = Addresses("127.77.3")
    first = addresses.take()
    assert first == "127.77.3.10"
    addresses.give_back(first)
    others = [addresses.take() for _ in range(240)]
    assert first not in others
    assert addresses.take() == first
