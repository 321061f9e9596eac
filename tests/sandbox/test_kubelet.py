"""Pods are processes: what they are given, when they serve, what they write."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from typing import TYPE_CHECKING

from sandbox import images
from sandbox.cluster.addresses import Addresses
from sandbox.cluster.objects import condition_of
from tests.sandbox.clusters import (
    WEB,
    Lab,
    address,
    container,
    deployment,
    environment,
    get,
    play,
    pods,
    ready,
    ready_endpoints,
    reasons,
    service,
    set_env,
    template,
    until,
)

if TYPE_CHECKING:
    from pathlib import Path


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
        expected |= {"SANDBOX_OWN_ENV": "B,TOKEN,FROM,GONE,ADDRESS,URL"}
        assert expected.items() <= found.items()
        assert set(found) - set(expected) <= {"PATH", "LANG", "PYTHONPATH", "PYTHONUNBUFFERED", "POD_IP", "LC_CTYPE"}

    play(tmp_path, scenario)


def test_readiness_gates_endpoints_and_names(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        closed = tmp_path / "closed"
        closed.touch()
        wanted = deployment()
        template(wanted["spec"]).update(env=[{"name": "CLOSED", "value": str(closed)}])
        served: list[bool] = []
        one.store.subscribe("pods", lambda event: served.append(ready(event.obj)))
        _ = one.store.create("services", service())
        _ = one.store.create("deployments", wanted)
        await until(lambda: "Unhealthy" in reasons(one.store, "Pod"))
        assert not any(served)
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
