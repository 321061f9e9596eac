"""The controllers' queue: each object once at a time, in order, and nothing lost when a sync fails."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from sandbox.cluster import workqueue
from sandbox.cluster.workqueue import WorkQueue
from tests.sandbox.clusters import until

if TYPE_CHECKING:
    import pytest


async def working(queue: WorkQueue) -> asyncio.Task[None]:
    task = asyncio.create_task(queue.run())
    await asyncio.sleep(0)
    return task


async def stop(queue: WorkQueue, task: asyncio.Task[None]) -> None:
    queue.close()
    _ = task.cancel()
    _ = await asyncio.gather(task, return_exceptions=True)


def test_asking_twice_before_the_look_makes_one_look_and_order_is_kept() -> None:
    async def scenario() -> list[str]:
        queue, seen = WorkQueue(), list[str]()
        queue.handle("a", lambda _, name: seen.append(f"a-{name}"))
        queue.handle("b", lambda _, name: seen.append(f"b-{name}"))
        for controller, name in (("a", "1"), ("b", "1"), ("a", "2"), ("a", "1"), ("b", "1")):
            queue.add(controller, "", name)
        task = await working(queue)
        await until(lambda: len(seen) >= 3)
        await asyncio.sleep(0.01)
        await stop(queue, task)
        return seen

    assert asyncio.run(scenario()) == ["a-1", "b-1", "a-2"]


def test_asking_during_a_look_makes_another_look() -> None:
    async def scenario() -> int:
        queue, seen = WorkQueue(), list[str]()

        def sync(_: str, name: str) -> None:
            seen.append(name)
            if len(seen) < 3:
                queue.add("a", "", name)

        queue.handle("a", sync)
        queue.add("a", "", "1")
        task = await working(queue)
        await until(lambda: len(seen) == 3)
        await stop(queue, task)
        return len(seen)

    assert asyncio.run(scenario()) == 3


def test_a_sync_that_fails_is_told_and_tried_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workqueue, "RETRY_S", (0.01,))

    async def scenario() -> int:
        queue, tries = WorkQueue(), 0

        def sync(_namespace: str, _name: str) -> None:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise ValueError("not yet")

        queue.handle("a", sync)
        queue.add("a", "ns", "1")
        task = await working(queue)
        await until(lambda: tries == 3)
        await stop(queue, task)
        return tries

    with caplog.at_level(logging.ERROR):
        assert asyncio.run(scenario()) == 3
    assert [record.getMessage() for record in caplog.records] == [
        "sync of a ns/1 failed (try 1)",
        "sync of a ns/1 failed (try 2)",
    ]
