"""Following a log in our server: what arrives, across rotation, and when it ends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from sandbox.kube import logs
from tests.kube.cluster import Cluster, Pod

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.kube.store import Obj
    from tests.kube.backend import Api, Backend

STAMP = "2026-11-23T03:00:17.123456789Z"


@pytest.fixture
def pod(backend: Backend, api: Api) -> Pod:
    """A running pod in the default namespace."""
    return Cluster(api, "default", backend).write_pod()


class Following:
    """A log being followed in the background."""

    def __init__(self, pod: Pod, query: str = "") -> None:
        self.text = ""
        self._pod = pod
        self._query = query
        self._said = threading.Condition()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        url = f"{self._pod.path}/log?follow=true&{self._query}"
        with self._pod.cluster.api.client.stream("GET", url) as response:
            for chunk in response.iter_text():
                with self._said:
                    self.text += chunk
                    self._said.notify_all()

    def until(self, text: str) -> None:
        with self._said:
            assert self._said.wait_for(lambda: self.text.endswith(text), 5), self.text

    def end(self) -> str:
        self._thread.join(5)
        assert not self._thread.is_alive(), "the stream did not end"
        return self.text


def _write(path: Path, text: str) -> None:
    with path.open("a") as file:
        _ = file.write(f"{STAMP} stdout F {text}\n")


def _change(pod: Pod, change: Callable[[Obj], None]) -> None:
    backend = pod.cluster.backend
    assert backend is not None
    _ = backend.on_loop(lambda store: store.mutate("pods", "default", "talker", change))


def _gone(pod: Pod) -> None:
    backend = pod.cluster.backend
    assert backend is not None
    _ = backend.on_loop(lambda store: store.delete("pods", "default", "talker"))


def test_a_followed_log_goes_on_until_the_pod_is_gone(pod: Pod) -> None:
    assert pod.log is not None
    following = Following(pod, "tailLines=1")
    following.until("three\n")
    _write(pod.log, "four")
    following.until("four\n")
    _write(pod.log, "last words")
    _gone(pod)
    assert following.end() == "three\nfour\nlast words\n"


def test_a_followed_log_survives_rotation(pod: Pod) -> None:
    assert pod.log is not None
    following = Following(pod, "tailLines=1")
    following.until("three\n")
    _write(pod.log, "four")
    _ = pod.log.rename(pod.log.with_suffix(".log.20261123-030017"))
    _write(pod.log, "five")
    following.until("five\n")
    _gone(pod)
    assert following.end() == "three\nfour\nfive\n"


def test_a_followed_log_ends_with_its_containers_instance(pod: Pod) -> None:
    following = Following(pod)
    following.until("three\n")

    def restart(obj: Obj) -> None:
        obj["status"]["containerStatuses"][0]["restartCount"] = 1

    _change(pod, restart)
    assert following.end() == "one\ntwo\nthree\n"


def test_the_previous_instance_has_its_own_log(pod: Pod) -> None:
    assert pod.log is not None

    def restart(obj: Obj) -> None:
        obj["status"]["containerStatuses"][0]["restartCount"] = 1

    _change(pod, restart)
    _write(pod.log.with_name("1.log"), "again")
    read = pod.cluster.api.get
    assert read(f"{pod.path}/log").body == "again\n"
    assert read(f"{pod.path}/log?previous=true").body == "one\ntwo\nthree\n"


def test_a_container_that_has_not_started_says_so(pod: Pod) -> None:
    def wait(obj: Obj) -> None:
        obj["status"]["containerStatuses"][0] |= {"restartCount": 1, "state": {"waiting": {"reason": "ErrImagePull"}}}

    _change(pod, wait)
    answer = pod.cluster.api.get(f"{pod.path}/log")
    assert answer.status == 400
    assert answer.body["message"] == 'container "main" in pod "talker" is trying and failing to pull image'


def test_partial_lines_are_joined(pod: Pod) -> None:
    assert pod.log is not None
    _ = pod.log.write_text(f"{STAMP} stdout P begin \n{STAMP} stdout F end\n")
    assert pod.cluster.api.get(f"{pod.path}/log").body == "begin end\n"


def test_what_no_line_end_follows_yet_waits_for_it(pod: Pod) -> None:
    assert pod.log is not None
    following = Following(pod, "tailLines=1")
    following.until("three\n")
    with pod.log.open("a") as file:
        _ = file.write(f"{STAMP} stdout F fo")
        file.flush()
        _ = file.write("ur\n")
    following.until("four\n")
    _gone(pod)
    _ = following.end()


@pytest.mark.parametrize("tail", [1, 999, 1000, 1001, 20000, 50000, 60000])
def test_the_tail_of_a_big_file_is_found_from_its_end(tmp_path: Path, tail: int) -> None:
    path = tmp_path / "0.log"
    lines = [f"{STAMP} stdout F {number:05d} {'x' * (number % 97)}\n" for number in range(50000)]
    _ = path.write_text("".join(lines))
    with path.open("rb") as file:
        at = logs._tail(file, path.stat().st_size, tail)
        _ = file.seek(at)
        assert file.read() == "".join(lines[-tail:]).encode()


def test_the_first_line_since_a_time_is_found_by_bisection(tmp_path: Path) -> None:
    path = tmp_path / "0.log"
    lines = [f"2026-11-23T03:{n // 60:02d}:{n % 60:02d}.000000000Z stdout F {'x' * (n % 50)}\n" for n in range(3600)]
    _ = path.write_text("".join(lines))
    with path.open("rb") as file:
        for number in (0, 1, 59, 1800, 3599):
            at = logs._first_since(file, path.stat().st_size, lines[number][:30].encode())
            _ = file.seek(at)
            assert file.readline() == lines[number].encode()
        assert logs._first_since(file, path.stat().st_size, b"2026-11-24") == path.stat().st_size
