"""How a pod goes: nobody who was let in goes without an answer."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.sandbox.product_pods import Process, Town, send

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = {"question": "How do I plan a picnic?"}


@pytest.fixture
def town() -> Iterator[Town]:
    with Town() as town:
        _ = town.store("redis-service")
        yield town


async def user(pod: Process, statuses: list[int]) -> None:
    """Ask over one connection until an answer says that it was the last one."""
    async with httpx.AsyncClient(verify=False) as client:
        while True:
            answer = await client.post(f"{pod.url}/api/chat/ask", json=BODY)
            statuses.append(answer.status_code)
            if answer.headers.get("Connection") == "close":
                return


def test_a_terminating_pod_answers_every_request_and_then_ends(town: Town) -> None:
    pod = town.pod(LATENCY_SCALE="0.1", DRAIN_SECONDS="0.5")
    statuses: list[int] = []

    async def scene() -> int:
        users = [asyncio.create_task(user(pod, statuses)) for _ in range(10)]
        await asyncio.sleep(0.3)
        pod.popen.terminate()
        await asyncio.sleep(0.1)
        async with httpx.AsyncClient(verify=False) as late:  # the ingress has not heard of it yet
            ready, asked = await late.get(f"{pod.url}/readyz"), await late.post(f"{pod.url}/api/chat/ask", json=BODY)
        assert (ready.status_code, ready.headers["Connection"]) == (503, "close")
        assert (asked.status_code, asked.headers["Connection"]) == (200, "close")
        _ = await asyncio.gather(*users)
        return len(statuses)

    assert asyncio.run(scene()) > 20
    assert set(statuses) == {200}
    assert pod.popen.wait(5) == 0
    assert len(pod.events("request_metrics")) == len(statuses) + 1


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_long_answer_under_way_is_finished_within_two_seconds(town: Town, accept: str) -> None:
    pod = town.pod(LATENCY_SCALE="20")

    async def scene() -> tuple[httpx.Response, float]:
        async with httpx.AsyncClient(verify=False, timeout=20) as client:
            headers = {"Accept": accept}
            under_way = asyncio.create_task(client.post(f"{pod.url}/api/chat/ask", json=BODY, headers=headers))
            await asyncio.sleep(0.3)
            pod.popen.terminate()
            began = time.monotonic()
            return await under_way, began

    answer, began = asyncio.run(scene())
    assert pod.popen.wait(5) == 0
    assert time.monotonic() - began < 2
    assert answer.status_code == 200
    assert '"schema": "v2"' in answer.text


def test_a_terminated_pod_takes_nobody_in(town: Town) -> None:
    pod = town.pod()
    assert pod.end() == 0
    with pytest.raises(httpx.ConnectError):
        _ = send("GET", f"{pod.url}/healthz")
