"""The source against a real server: what it counts is what happened, and what it can't know it says."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
import urllib.parse
import urllib.request
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from harness.clock import SystemClock
from harness.evidence import names
from harness.observe.prometheus.source import PrometheusSource
from tests.prometheus.pods import Pod, Pods
from tests.unit.prometheus.recording import (
    CANARY,
    CHAT,
    ENHANCED,
    STABLE,
    Recorded,
    arm_of,
    environment,
    target,
    total,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.evidence.sink import Count
    from tests.prometheus.server import Server

OVER = "prometheus-over-1.5"


def source(server: Server, app: str, sink: Recorded, since_s: float | None = None) -> PrometheusSource:
    where = environment(server.url, selector=f'app="{app}"')
    return PrometheusSource(target(), where, sink, SystemClock(), arm_of, since_s=since_s)


def counters(counts: Iterable[Count]) -> list[Count]:
    return [count for count in counts if count.stream != names.ALERTS]


def promql(server: Server, expression: str) -> list[float]:
    query = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"{server.url}/api/v1/query?{query}") as answer:
        return [float(one["value"][1]) for one in json.load(answer)["data"]["result"]]


def test_counts_are_exact_over_a_reset_and_an_instance_that_vanishes_and_the_same_afterwards(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        sink, app = Recorded(), "exact"
        truth: Counter[tuple[str, str, str, str]] = Counter()
        a, b, c = Pod(app, "a", STABLE), Pod(app, "b", CANARY), Pod(app, "c", STABLE)

        def asked(pod: Pod, path: str, count: int, seconds: float = 0.3, status: int = 200) -> None:
            arm = "stable" if pod.version == STABLE else "canary"
            endpoint = "chat" if path == CHAT else "enhanced"
            for _ in range(count):
                pod.ask(path, seconds, status)
            truth[names.PROMETHEUS, endpoint, arm, "n"] += count
            truth[names.PROMETHEUS, endpoint, arm, "5xx"] += count if status >= 500 else 0
            truth[OVER, endpoint, arm, "n"] += count
            truth[OVER, endpoint, arm, "over"] += count if seconds > 1.5 else 0

        for pod in (a, b):
            for path in (CHAT, ENHANCED):
                asked(pod, path, 1000, 2.0)
        async with Pods(server, a, b) as pods:
            truth.clear()  # before the watch
            reading = source(server, app, sink)
            since = time.time()
            await reading.look()
            asked(a, CHAT, 7)
            asked(b, CHAT, 5, seconds=1.55)
            asked(b, ENHANCED, 4, status=503)  # the first ever of this status
            a.values[f'history_persist_success_total{{version="{STABLE}"}}'] += 9
            a.values[f'history_persist_errors_total{{version="{STABLE}"}}'] += 1
            b.values[f'schema_responses_validated_total{{version="{CANARY}"}}'] += 20
            b.values[f'schema_repairs_total{{version="{CANARY}"}}'] += 3
            await pods.scraped()
            await reading.look()
            a.restart()
            asked(a, CHAT, 1500, seconds=1.5)  # more than before: no value falls
            asked(a, ENHANCED, 2, seconds=1.6)
            asked(b, CHAT, 11)
            await pods.scraped()
            pods.remove(b)
            c.restart()
            asked(c, CHAT, 13, status=500)
            await pods.add(c)
            await reading.look()
            for _ in range(15):
                asked(c, ENHANCED, 3)
                await pods.scraped()
                await reading.look()
                if any("no longer scraped" in why for why in sink.whys(names.PROMETHEUS)):
                    break
            until = time.time()
            ranged = await reading.range_counts(since, until)
            for most_s in (900.0, 2.0):  # in one part and in many
                monkeypatch.setattr("harness.observe.prometheus.source.MOST_S", most_s)
                late = Recorded()
                await source(server, app, late, since_s=since).look()
                assert sorted(map(repr, counters(late.counts))) == sorted(map(repr, counters(sink.counts)))

        for counts in (sink.counts, ranged.counts):
            counted = total([count for count in counts if count.stream in {names.PROMETHEUS, OVER}])
            found: Counter[tuple[str, str, str, str]] = Counter()
            for (stream, endpoint, arm), (n, errors) in counted.items():
                found[stream, endpoint, str(arm), "n"] = n
                for kind, k in errors.items():
                    found[stream, endpoint, str(arm), kind] = k
            assert found == +truth
        sums = total(sink.counts)
        assert sums[names.SAVES, names.FROM_PROMETHEUS, "stable"] == (10, {"unsaved": 1})
        assert sums[names.REPAIRS, names.FROM_PROMETHEUS, "canary"] == (20, {"repaired": 3})
        assert sorted(map(repr, counters(sink.counts))) == sorted(map(repr, counters(ranged.counts)))
        whys = " | ".join(sink.whys(names.PROMETHEUS))
        assert f"onesource/127.0.0.1:{a.port}: restarted" in whys
        assert f"onesource/127.0.0.1:{b.port}: no longer scraped" in whys
        assert f"127.0.0.1:{c.port}" not in whys, "it began after the watch: nothing of it is unknown"
        assert max(gap.to_s - gap.from_s for gap in sink.gaps) < 2.5
        assert {(hole.stream, hole.why) for hole in ranged.holes} == {(gap.stream, gap.why) for gap in sink.gaps}

    asyncio.run(story())


def test_a_burst_of_four_percent_errors_is_seen_to_the_last_one(server: Server) -> None:
    async def story() -> None:
        sink, app = Recorded(), "burst"
        pod = Pod(app, "a", STABLE)
        for _ in range(100):
            pod.ask(CHAT, 0.1)
        async with Pods(server, pod) as pods:
            reading = source(server, app, sink)
            await reading.look()
            for status, count in ((200, 480), (500, 20)):
                for _ in range(count):
                    pod.ask(CHAT, 0.1, status)
            await pods.scraped()
            await reading.look()
            theirs = promql(server, f'increase(http_requests_total{{app="{app}",status="500"}}[30s])')
        assert total(sink.counts)[names.PROMETHEUS, "chat", "stable"] == (500, {"5xx": 20})
        assert sum(theirs) == 0, "increase() does not see the first value of a series"
        assert not sink.whys(names.PROMETHEUS)

    asyncio.run(story())


def test_an_alert_that_fired_for_a_moment_is_seen_after_it_ended(server: Server) -> None:
    async def story() -> None:
        sink, app = Recorded(), "alerts"
        pod = Pod(app, "a", STABLE)
        async with Pods(server, pod) as pods:
            reading = source(server, app, sink)
            await reading.look()
            assert {count.endpoint for count in sink.counts if count.stream == names.ALERTS} == {"looks"}
            pod.values["alarm_page"], pod.values["alarm_warn"] = 1, 1
            for _ in range(3):
                await pods.scraped()
            pod.values["alarm_page"] = pod.values["alarm_warn"] = 0
            for _ in range(3):
                await pods.scraped()
            sink.counts.clear()
            await reading.look()
            found = total([count for count in sink.counts if count.stream == names.ALERTS])
            assert found == {
                (names.ALERTS, "looks", None): (1, {}),
                (names.ALERTS, "PersistenceErrorsHigh", None): (1, {"page": 1}),
                (names.ALERTS, "SchemaRepairsHigh", None): (1, {"warning": 1}),
            }
            ranged = total((await reading.range_counts(time.time() - 10, time.time())).counts)
            assert ranged[names.ALERTS, "PersistenceErrorsHigh", None][1]["page"] >= 1

    asyncio.run(story())


def test_a_target_that_fails_is_a_gap_and_its_counts_come_when_it_is_back(server: Server) -> None:
    async def story() -> None:
        sink, app = Recorded(), "fails"
        pod = Pod(app, "a", STABLE)
        pod.ask(CHAT, 0.1)
        async with Pods(server, pod) as pods:
            reading = source(server, app, sink)
            await reading.look()
            pod.answers = False
            pod.ask(CHAT, 0.1)
            for _ in range(2):
                await pods.scraped()
                await reading.look()
            assert not [count for count in sink.counts if count.stream == names.PROMETHEUS]
            assert "up is 0, the scrape failed" in sink.whys(names.PROMETHEUS)[0]
            pod.answers = True
            await pods.scraped()
            await reading.look()
        assert total(sink.counts)[names.PROMETHEUS, "chat", "stable"] == (1, {})
        held = sorted((gap.from_s, gap.to_s) for gap in sink.gaps if gap.stream == names.PROMETHEUS)
        assert all(a[1] == pytest.approx(b[0]) for a, b in itertools.pairwise(held)), "one gap without holes"
        assert "was not scraped for a while" in sink.whys(names.PROMETHEUS)[-1]

    asyncio.run(story())


def test_a_server_whose_only_target_says_nothing_new_is_stale(server: Server) -> None:
    async def story() -> None:
        sink, app = Recorded(), "stale"
        pod = Pod(app, "a", STABLE)
        pod.ask(CHAT, 0.1)
        async with Pods(server, pod) as pods:
            reading = source(server, app, sink)
            await reading.look()
            pods.remove(pod)
            for _ in range(20):
                await asyncio.sleep(1.0)
                await reading.look()
                if len(sink.whys(names.PROMETHEUS)) >= 2:
                    break
        assert "its newest sample is stale, older than 3 s" in sink.whys(names.PROMETHEUS)[0]
        first, second = (gap for gap in sink.gaps if gap.stream == names.PROMETHEUS)
        assert first.to_s - first.from_s > 3
        assert second.from_s == first.to_s, "it goes on, and is not told twice"
        never = Recorded()
        await source(server, "nobody", never).look()
        assert {count.stream for count in never.counts} == {names.ALERTS}

    asyncio.run(story())


def test_a_limit_between_two_edges_is_bounded_and_never_counted(server: Server) -> None:
    async def story() -> None:
        sink, app = Recorded(), "edges"
        pod = Pod(app, "a", STABLE, edges=("1", "1.6", "2.5", "+Inf"))
        pod.ask(CHAT, 0.1)
        async with Pods(server, pod) as pods:
            reading = source(server, app, sink)
            await reading.look()
            for seconds in (0.5, 1.2, 1.2, 1.55, 3.0):
                pod.ask(CHAT, seconds)
            await pods.scraped()
            await reading.look()
        found = total(sink.counts)
        assert found["prometheus-over-1.6", "chat", "stable"] == (5, {"over": 1})
        assert (OVER, "chat", "stable") not in found
        assert sink.whys(OVER) == [
            "limit 1.5 s is between the buckets' edges 1 and 1.6: 1 to 4 of 5 chat requests took longer; "
            "give the histogram an edge at 1.5"
        ]
        assert not sink.whys(names.PROMETHEUS)

    asyncio.run(story())


def test_without_a_start_time_a_counter_that_falls_is_no_data(server: Server) -> None:
    async def story() -> None:
        sink, app = Recorded(), "ageless"
        pod = Pod(app, "a", STABLE, tells_start=False)
        for _ in range(50):
            pod.ask(CHAT, 0.1)
        async with Pods(server, pod) as pods:
            reading = source(server, app, sink)
            await reading.look()
            pod.restart()
            for _ in range(10):
                pod.ask(CHAT, 0.1)
            await pods.scraped()
            await reading.look()
        assert not [count for count in sink.counts if count.stream == names.PROMETHEUS]
        assert "went back from 50 to 10 without a restart" in sink.whys(names.PROMETHEUS)[0]

    asyncio.run(story())
