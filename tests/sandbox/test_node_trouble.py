"""Faults of the node: logs that are rotated or full of noise, clocks that differ, restarts, a store that is down."""

from __future__ import annotations

import asyncio
import datetime
import json
import math
import os
from typing import TYPE_CHECKING

import pytest

from sandbox.cluster import restarts
from sandbox.cluster.logs import KEPT, ROTATED, LogPipe
from sandbox.cluster.trouble import Trouble
from sandbox.kube import logs
from sandbox.switches import Switches
from tests.sandbox.clusters import Lab, container, deployment, play, pods, reasons, store, until

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.kube.store import Obj, Store

LINES = 30_000


def backend(held: Store, name: str, *, track: str = "stable", namespace: str = "default") -> Obj:
    """Put a pod of the product into the store."""
    labels = {"app": "onesource", "component": "backend", "track": track}
    meta = {"name": name, "namespace": namespace, "labels": labels}
    return held.create("pods", {"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": {}, "status": {}})


@pytest.fixture
def switches(tmp_path: Path) -> Switches:
    return Switches(tmp_path / "faults.json")


def test_a_followed_log_that_is_rotated_loses_no_line(tmp_path: Path) -> None:
    path = tmp_path / "0.log"
    seen: list[bytes] = []

    async def write(pipe: LogPipe) -> None:
        for number in range(LINES):
            _ = os.write(pipe.writer, b"line %d %s\n" % (number, b"x" * 60))
            if number % 200 == 199:
                await asyncio.sleep(0.02)  # a pipe takes 64 KiB
        pipe.close()

    async def run() -> None:
        pipe = LogPipe(path, rotates=lambda: True)
        writing = asyncio.create_task(write(pipe))
        wanted = logs.LogOptions(
            "main", follow=True, previous=False, timestamps=False, since=b"", tail=None, limit=None
        )
        async for text in logs.stream(path, wanted, writing.done):
            seen.extend(text.splitlines())

    asyncio.run(run())
    assert [int(line.split()[1]) for line in seen] == list(range(LINES))
    files = sorted(tmp_path.glob("0.log*"))
    assert len(files) == KEPT
    assert all(ROTATED <= file.stat().st_size < 2 * ROTATED for file in files if file != path)


def test_a_log_is_left_whole_unless_it_is_to_be_rotated(tmp_path: Path) -> None:
    async def run() -> None:
        pipe = LogPipe(tmp_path / "0.log", rotates=lambda: False)
        for _ in range(20):
            _ = os.write(pipe.writer, b"x" * 30_000 + b"\n")
            await asyncio.sleep(0.03)
        pipe.close()

    asyncio.run(run())
    assert [file.name for file in tmp_path.glob("0.log*")] == ["0.log"]
    assert (tmp_path / "0.log").stat().st_size > ROTATED


def test_one_pods_clock_is_behind_in_its_own_lines(switches: Switches) -> None:
    held = store()
    first, second = backend(held, "a"), backend(held, "b")
    trouble = Trouble(held, switches)
    line = b'{"timestamp": "2026-03-01T00:00:01.250Z", "event": "x", "said": "{\\"timestamp\\": \\"2026\\"}"}'
    assert trouble.spoiler(first)([line]) == [line]
    switches.write(frozenset({"logs-skewed"}))
    assert trouble.spoiler(second)([line]) == [line]
    spoiled = trouble.spoiler(first)([line, b"plain"])
    assert spoiled == [line.replace(b"00:00:01.250", b"23:59:59.750").replace(b"03-01", b"02-28"), b"plain"]
    assert trouble.spoiler(first)([b'{"timestamp": "soon"}', b""]) == [b'{"timestamp": "soon"}', b""]


def test_tracebacks_stand_between_the_lines_and_none_is_lost(switches: Switches) -> None:
    held = store()
    spoil = Trouble(held, switches).spoiler(backend(held, "a", track="canary"))
    lines = [json.dumps({"n": number}).encode() for number in range(6)]
    assert spoil(lines) == lines
    switches.write(frozenset({"logs-traceback"}))
    noisy = spoil(lines)
    assert [line for line in noisy if line.startswith(b"{")] == lines
    assert b"Traceback (most recent call last):" in noisy[1:-1]
    assert spoil(lines) == lines  # not with every batch


def test_only_the_products_pods_are_spoiled(switches: Switches) -> None:
    held = store()
    redis = {"metadata": {"name": "redis-1", "namespace": "default", "labels": {"app": "redis"}}}
    switches.write(frozenset({"logs-traceback", "logs-skewed"}))
    line = b'{"timestamp": "2026-03-01T00:00:01.250Z"}'
    assert Trouble(held, switches).spoiler(redis)([line]) == [line]


def test_the_first_stable_pod_is_restarted_when_it_is_due(switches: Switches, monkeypatch: pytest.MonkeyPatch) -> None:
    held = store()
    for name, namespace in (("b", "default"), ("a", "default"), ("s", "staging")):
        _ = backend(held, name, namespace=namespace)
    _ = backend(held, "0", track="canary")
    habits = {"pod-restarts": ("default", 0.02, 0.1), "counters-reset": ("staging", 0.02, math.inf)}
    monkeypatch.setattr(restarts, "HABITS", {name: restarts.Habit(*habit) for name, habit in habits.items()})
    monkeypatch.setattr(restarts, "LOOK_S", 0.005)
    done: list[tuple[str, str]] = []

    async def run() -> None:
        task = asyncio.create_task(
            restarts.run(Trouble(held, switches), switches, lambda space, name: done.append((space, name)))
        )
        await asyncio.sleep(0.1)
        assert done == []
        switches.write(frozenset(habits))
        await until(lambda: len(done) >= 4)
        switches.write(frozenset())
        await asyncio.sleep(0.03)
        before = len(done)
        await asyncio.sleep(0.2)
        assert len(done) == before
        _ = task.cancel()

    asyncio.run(run())
    assert done.count(("staging", "s")) == 1
    assert set(done) == {("staging", "s"), ("default", "a")}


def test_a_container_restarted_by_its_node_starts_again_without_a_pause(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        _ = one.store.create("deployments", deployment())
        await one.settle()
        name = pods(one.store)[0]["metadata"]["name"]
        for count in (1, 2, 3):
            one.cluster._kubelet.restart("default", name)
            one.cluster._kubelet.restart("default", name)  # once is enough
            assert not one.cluster._settled()

            def again(count: int = count) -> bool:
                status = container(pods(one.store)[0])
                return status["restartCount"] == count and status["ready"]

            await until(again, 4.0)
        assert pods(one.store)[0]["metadata"]["name"] == name
        assert "BackOff" not in reasons(one.store, "Pod")
        one.cluster._kubelet.restart("default", "nobody")

    play(tmp_path, scenario)


def test_a_pod_kept_down_is_settled_and_comes_back_at_once(tmp_path: Path) -> None:
    async def scenario(one: Lab) -> None:
        _ = one.store.create("deployments", deployment("redis"))
        _ = one.store.create("deployments", deployment("web"))
        await one.settle()
        one.switches.write(frozenset({"redis-down"}))
        one.cluster.refresh()
        await one.settle(4.0)
        status = container(pods(one.store, "redis")[0])
        assert (status["ready"], status["state"]["waiting"]["reason"]) == (False, "CrashLoopBackOff")
        assert container(pods(one.store, "web")[0])["ready"]
        began = datetime.datetime.now(datetime.UTC)
        one.switches.write(frozenset())
        one.cluster.refresh()
        await one.settle(4.0)
        assert container(pods(one.store, "redis")[0])["ready"]
        assert (datetime.datetime.now(datetime.UTC) - began).total_seconds() < 3

    play(tmp_path, scenario)
