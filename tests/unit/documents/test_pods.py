"""A pod asked through the API: what the pod says, what the API says in its place, and who was not asked at all."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

from harness.observe.pods import PodHttp, Reply, listed, one_each
from harness.target import Environment
from tests.unit.documents.product import Cluster, Pod
from tests.unit.observe.servers import free_port, kubeconfig, serving

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from harness.observe.logs.api import Container


def _ask(folder: Path, url: str, pod: str = "a", path: str = "/healthz") -> Reply:
    async def ask() -> Reply:
        async with PodHttp(Environment(kubeconfig=str(kubeconfig(folder, url)), context="prod")) as pods:
            return await pods.ask(pod, 8001, path)

    return asyncio.run(ask())


def test_a_pods_own_answer_comes_back_with_status_type_and_body(tmp_path: Path) -> None:
    cluster = Cluster(Pod("a", answers={"/gone": 503}))
    with serving(cluster.app) as url:
        assert _ask(tmp_path, url) == Reply(200, "application/json", b'{"status": "ok"}')
        assert _ask(tmp_path, url, path="/gone").status == 503, "a 503 of the pod's is an answer"
        assert cluster.tokens == {"Bearer hush"}


def test_a_pod_that_refuses_was_asked_and_one_that_is_not_there_was_not(tmp_path: Path) -> None:
    with serving(Cluster(Pod("a", down=True)).app) as url:
        assert _ask(tmp_path, url) == Reply(None, "", b"", "refused (the API's proxy answered HTTP 503)")
        assert _ask(tmp_path, url, pod="b") == Reply(
            None, "", b"", "the Kubernetes API: no such pod (HTTP 404)", asked=False
        )


def test_an_api_that_is_not_there_says_nothing_of_the_pod(tmp_path: Path) -> None:
    found = _ask(tmp_path, f"http://127.0.0.1:{free_port()}")
    assert found == Reply(None, "", b"", "the Kubernetes API: refused", asked=False)


def test_a_silent_pod_ends_in_a_time_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.observe.pods.TIMEOUT_S", 0.2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        found = _ask(tmp_path, f"http://127.0.0.1:{deaf.getsockname()[1]}")
    assert (found.status, found.error) == (None, "timeout: no answer in 0.2 s")


def test_who_was_stopped_while_waiting_asks_once_more_instead_of_blaming_the_pod(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.observe.pods.TIMEOUT_S", 0.3)
    monkeypatch.setattr("harness.observe.pods.AWAY_S", 0.2)
    with serving(Cluster(Pod("a")).app) as url, socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        silent = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        assert asyncio.run(_stopped(tmp_path, url)).status == 200
        assert asyncio.run(_stopped(tmp_path, silent)).error == "timeout: no answer in 0.3 s"


async def _stopped(folder: Path, url: str) -> Reply:
    """Ask a pod; this process does not run from shortly after the question until long after the timeout."""
    async with PodHttp(Environment(kubeconfig=str(kubeconfig(folder, url)), context="prod")) as pods:
        asked = asyncio.create_task(pods.ask("a", 8001, "/healthz"))
        await asyncio.sleep(0)
        time.sleep(1.0)  # noqa: ASYNC251  as SIGSTOP would
        return await asked


def test_an_answer_without_end_is_cut(tmp_path: Path) -> None:
    with serving(Cluster(Pod("a", answers={"/healthz": b" " * (3 << 20)})).app) as url:
        assert _ask(tmp_path, url).error == "an answer of more than 1 MiB"


def test_containers_say_if_their_pod_leaves_and_which_ports_they_have(tmp_path: Path) -> None:
    with serving(Cluster(Pod("a", leaving=True, restarts=2)).app) as url:

        async def ask() -> tuple[list[Container], str]:
            async with PodHttp(Environment(kubeconfig=str(kubeconfig(tmp_path, url)), context="prod")) as pods:
                return await listed(pods, "app=onesource,component=backend")

        found, trouble = asyncio.run(ask())
    assert trouble == ""
    (main,) = one_each(list(reversed(found)), 8001)
    assert (main.name, main.instance, main.ready, main.leaving, main.ports) == ("main", 2, True, True, (8001,))
