"""Following pods through cuts, restarts and a rollout: each line once, or a hole with its bounds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sandbox.cluster.logs import stamp
from tests.unit.logs.cluster import Pod, watched

if TYPE_CHECKING:
    import pytest

    from tests.kube.backend import Backend


def test_no_line_is_lost_or_doubled_over_cuts_restarts_and_a_rollout(backend: Backend) -> None:
    pods = [Pod(backend, "a"), Pod(backend, "b")]
    for pod in pods:
        pod.say(*(f"{pod.name} before {i}" for i in range(50)))
    with watched(backend) as seen:
        for step in range(12):
            for pod in pods:
                pod.say(*(f"{pod.name} {step}.{i}" for i in range(20)), step_ns=0 if step % 2 else 500)
            if step in {3, 8}:
                pods[0].restart()
                pods[0].say("first words of an instance")
            if step == 6:
                pods[1].restart()
            if step % 3 == 1:
                seen.cut()
            if step == 7:
                pods.append(Pod(backend, "c"))
            time.sleep(0.3)
        for pod in pods:
            pod.say("the end")
        seen.until(lambda: all(seen.lines.get(pod.name, [])[-1:] == ["the end"] for pod in pods))
        time.sleep(0.3)
    assert seen.lines == {pod.name: pod.said for pod in pods}
    assert seen.followed.holes == []
    assert seen.followed.again > 0
    assert seen.followed.troubles
    assert {("a", "main", i) for i in range(3)} | {("b", "main", 1), ("c", "main", 0)} <= seen.followed.instances


def test_what_an_instance_said_before_we_came_is_read_too(backend: Backend) -> None:
    pod = Pod(backend, "a")
    pod.say("one", "two")
    pod.restart()
    pod.say("three")
    with watched(backend) as seen:
        seen.until(lambda: seen.lines.get("a") == ["one", "two", "three"])


def test_a_deleted_pods_last_words_are_kept(backend: Backend) -> None:
    pod = Pod(backend, "a")
    with watched(backend) as seen:
        pod.say("one")
        seen.until(lambda: seen.lines.get("a") == ["one"])
        pod.say("last words")
        pod.delete()
        seen.until(lambda: seen.lines.get("a") == ["one", "last words"])
        time.sleep(0.3)
    assert seen.followed.holes == []


def test_more_than_one_restart_between_two_looks_is_a_hole(backend: Backend) -> None:
    pod = Pod(backend, "a")
    pod.say("one")
    with watched(backend) as seen:
        seen.until(lambda: seen.lines.get("a") == ["one"])

        def skip(obj: dict[str, Any]) -> None:
            obj["status"]["containerStatuses"][0]["restartCount"] = 3

        for instance in (2, 3):
            pod.instance = instance
            pod.say(f"instance {instance}")
        _ = backend.on_loop(lambda store: store.mutate("pods", "default", "a", skip))
        seen.until(lambda: "instance 3" in seen.lines["a"])
    assert seen.lines["a"] == ["one", "instance 2", "instance 3"]
    (hole,) = seen.followed.holes
    assert (hole.pod, hole.why) == ("a", "3 restarts between two looks")


def test_lines_before_the_start_are_left_out(backend: Backend) -> None:
    pod = Pod(backend, "a")
    pod.say("old", at_ns=time.time_ns() - 3_600_000_000_000)
    with watched(backend, since=stamp(time.time_ns() - 60_000_000_000)) as seen:
        pod.say("new")
        seen.until(lambda: seen.lines.get("a") == ["new"])


def test_a_connection_that_says_nothing_is_opened_anew_and_loses_nothing(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.observe.logs.follow.QUIET_S", 0.1)
    pod = Pod(backend, "a")
    with watched(backend) as seen:
        for i in range(5):
            pod.say(f"line {i}")
            time.sleep(0.25)
        seen.until(lambda: seen.lines.get("a") == pod.said)
    assert seen.followed.connections > 2
    assert seen.followed.troubles == {}
    assert seen.followed.holes == []


def test_what_cannot_be_read_is_down_until_it_can(backend: Backend) -> None:
    pod = Pod(backend, "a")
    aside = pod.file.rename(pod.file.with_suffix(".aside"))
    with watched(backend) as seen:
        seen.until(lambda: list(seen.followed.down) == ["a/main"])
        _ = aside.rename(pod.file)
        pod.say("one")
        seen.until(lambda: seen.lines.get("a") == ["one"])
        assert seen.followed.down == {}
    (outage,) = seen.followed.outages
    assert outage.what == "a/main"
    assert 0 < outage.until_s - outage.from_s < 5


def test_the_skew_between_pods_is_measured(backend: Backend) -> None:
    ahead, right = Pod(backend, "ahead"), Pod(backend, "right")
    with watched(backend) as seen:
        time.sleep(0.3)
        ahead.say("x", at_ns=time.time_ns() + 30_000_000_000)
        right.say("y")
        seen.until(lambda: len(seen.followed.skews) == 2)
    assert abs(seen.followed.spread_s - 30) < 1
    assert seen.followed.skews["ahead"] < -29


def test_an_api_that_refuses_is_a_counted_trouble_and_is_asked_again(backend: Backend) -> None:
    pod = Pod(backend, "a")
    pod.say("one")
    with watched(backend, since="no time") as seen:
        seen.until(lambda: seen.followed.troubles["log: HTTP 400"] > 1)
    assert seen.lines == {"a": []}
    assert seen.followed.lines == 0
