"""A server that errs, warns, lies or wants a token: what it leaves is a gap with the reason, and no secret."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from harness.clock import FakeClock, SystemClock
from harness.errors import UsageError
from harness.evidence import names
from harness.observe.prometheus.source import PrometheusSource
from harness.target import Environment
from tests.unit.prometheus.fake import Fake
from tests.unit.prometheus.recording import CHAT, STABLE, Recorded, arm_of, environment, target, total

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cr3t-t0ken"
UTC = 1_767_225_600.0  # when the fake clock begins
LABELS = {"job": "onesource", "instance": "a:8001", "app": "onesource"}


def series(name: str, *values: tuple[float, str], **labels: str) -> dict[str, object]:
    return {"metric": {"__name__": name, **LABELS, **labels}, "values": [(UTC + at, value) for at, value in values]}


def requests(*values: tuple[float, str], status: str = "200", path: str = CHAT) -> dict[str, object]:
    return series("http_requests_total", *values, status=status, path=path, version=STABLE)


async def looked(fake: Fake, *, looks: int = 2, token: str = "", selector: str = 'app="onesource"') -> Recorded:
    """Look once when it begins and again a minute later, and so on."""
    sink, clock = Recorded(), FakeClock()
    where = environment(fake.url, selector=selector, step_s=60.0, token=token)
    reading = PrometheusSource(target(), where, sink, clock, arm_of)
    for number in range(looks):
        await reading.look()
        if number + 1 < looks:
            clock.sleep(60.0)
    return sink


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (400, b'{"status":"error","errorType":"bad_data","error":"parse\\nerror"}', "HTTP 400 bad_data: parse error"),
        (503, b'{"status":"error","errorType":"timeout","error":"timed out"}', "HTTP 503 timeout: timed out"),
        (200, b'{"status":"error","errorType":"execution","error":"no"}', "HTTP 200 execution: no"),
        (200, b'{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["partial"]}', "partial"),
        (200, b'{"status":"success","data":{"resultType":"vector","result":[]}}', "wanted a matrix, got a vector"),
        (200, b'{"status":"success","data":{"result":7}}', "an answer of another shape"),
        (200, b"<html>hello</html>", "wanted JSON with a status"),
        (302, b"", "HTTP 302, wanted JSON"),
    ],
)
def test_an_answer_that_is_not_whole_is_a_gap(status: int, body: bytes, why: str) -> None:
    async def story() -> None:
        async with Fake(instead={"query": (status, body)}) as fake:
            sink = await looked(fake)
            assert not {"/elsewhere"} & set(fake.asked), "a redirect is not followed"
        gaps = [gap for gap in sink.gaps if gap.stream == "prometheus-over-1.5"]
        assert why in gaps[-1].why
        assert (gaps[-1].from_s, gaps[-1].to_s) == (UTC, UTC + 60)
        assert all("\n" not in gap.why for gap in sink.gaps)
        assert {count.stream for count in sink.counts} <= {names.ALERTS}

    asyncio.run(story())


def test_nobody_at_the_address_is_a_gap() -> None:
    async def story() -> None:
        async with Fake() as fake:
            pass
        assert "prometheus query: no answer: refused" in (await looked(fake)).whys(names.PROMETHEUS)

    asyncio.run(story())


def test_a_token_is_read_again_when_its_file_changes_and_shows_nowhere(tmp_path: Path) -> None:
    async def story() -> None:
        file = tmp_path / "token"
        _ = file.write_text(f"{SECRET}\n", encoding="utf-8")
        refusal = f'{{"status":"error","errorType":"unauthorized","error":"Bearer {SECRET} is wrong"}}'.encode()
        async with Fake(instead={"query": (401, refusal), "alerts": (401, refusal)}) as fake:
            sink = await looked(fake, token=str(file))
            assert {headers["Authorization"] for headers in fake.headers} == {f"Bearer {SECRET}"}
            assert "Bearer [token] is wrong" in " ".join(sink.whys(names.PROMETHEUS))
            assert SECRET not in repr(sink)
            _ = file.write_text("another", encoding="utf-8")
            _ = await looked(fake, token=str(file), looks=1)
            assert fake.headers[-1]["Authorization"] == "Bearer another"
        for text in ("", "two words", f"{SECRET}\nline", "ümlaut"):
            _ = file.write_text(text, encoding="utf-8")
            bad = await looked(fake, token=str(file))
            assert "wanted one token, one line" in bad.whys(names.PROMETHEUS)[0]
            assert SECRET not in repr(bad)
        file.unlink()
        assert "No such file" in (await looked(fake, token=str(file))).whys(names.PROMETHEUS)[0]

    asyncio.run(story())


def test_a_token_that_changes_between_two_looks_is_taken_up(tmp_path: Path) -> None:
    async def story() -> None:
        file = tmp_path / "token"
        _ = file.write_text("first", encoding="utf-8")
        async with Fake() as fake:
            where = environment(fake.url, token=str(file))
            reading = PrometheusSource(target(), where, Recorded(), FakeClock(), arm_of)
            await reading.look()
            _ = file.write_text("second!", encoding="utf-8")
            await reading.look()
            seen = [headers["Authorization"] for headers in fake.headers]
        assert list(dict.fromkeys(seen)) == ["Bearer first", "Bearer second!"]

    asyncio.run(story())


@pytest.mark.parametrize("url", ["", "ftp://x", f"http://me:{SECRET}@x:9090", f"http://x/?token={SECRET}"])
def test_an_address_with_a_password_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageError, match="wanted http") as refused:
        _ = PrometheusSource(target(), environment(url), Recorded(), FakeClock(), arm_of)
    assert SECRET not in str(refused.value)
    with pytest.raises(UsageError, match="wanted a server to read, got none"):
        _ = PrometheusSource(target(), Environment(), Recorded(), FakeClock(), arm_of)


def test_an_empty_result_is_a_gap_that_names_the_expression() -> None:
    async def story() -> None:
        async with Fake() as fake:
            sink = await looked(fake)
        assert 'no series is picked by {__name__=~"http_requests_total|' in sink.whys(names.PROMETHEUS)[-1]
        assert [count.endpoint for count in sink.counts] == ["looks", "looks"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("value", "why"),
    [("NaN", "nan"), ("-1", "negative"), ("+Inf", "inf"), ("2.5", "wanted a whole number"), ("x", "wanted a number")],
)
def test_a_value_that_is_no_count_is_a_gap(value: str, why: str) -> None:
    async def story() -> None:
        async with Fake([requests((-30, "1"), (30, value))]) as fake:
            sink = await looked(fake)
        assert why in sink.whys(names.PROMETHEUS)[-1]
        assert not [count for count in sink.counts if count.stream == names.PROMETHEUS]

    asyncio.run(story())


def test_a_time_after_bad_readings_is_counted_from_the_last_good_one() -> None:
    async def story() -> None:
        async with Fake([requests((-30, "10"))]) as fake:
            sink, clock = Recorded(), FakeClock()
            where = environment(fake.url, step_s=60.0)
            reading = PrometheusSource(target(), where, sink, clock, arm_of)
            await reading.look()
            clock.sleep(60.0)
            fake.instead["query"] = (500, b"")
            await reading.look()
            clock.sleep(60.0)
            fake.instead.clear()
            fake.series = [requests((30, "13"), (90, "17"))]
            await reading.look()
            await reading.look()
        assert total(sink.counts)[names.PROMETHEUS, "chat", "stable"] == (7, {})
        first = next(gap for gap in sink.gaps if gap.stream == names.PROMETHEUS)
        assert (first.from_s - UTC, first.to_s - UTC) == (0, 60)

    asyncio.run(story())


def test_alerts_count_by_severity_and_a_look_only_with_rules_that_work() -> None:
    async def story() -> None:
        def alert(name: str, severity: str, state: str = "firing") -> dict[str, object]:
            labels = {"alertname": name, **({"severity": severity} if severity else {})}
            return {"labels": labels, "state": state, "activeAt": "2026-01-01T00:00:00Z", "value": "1e+00"}

        shown = [
            alert("RedisDown", "page"),
            alert("Other", "critical"),
            alert("Nameless", ""),
            alert("HighLatency", ""),  # the profile's list has it
            alert("Quiet", "INFO"),
            alert("Soon", "page", "pending"),
        ]
        past: list[dict[str, object]] = [{"metric": {"alertname": "Gone", "severity": "warn", "instance": "a"}}]
        async with Fake(alerts=shown, fired=past) as fake:
            sink = await looked(fake, looks=1)
            found = {count.endpoint: dict(count.errors) for count in sink.counts}
            assert found == {
                "RedisDown": {"page": 1},
                "Other": {"page": 1},
                "Nameless": {"page": 1},
                "HighLatency": {"warning": 1},
                "Quiet": {"warning": 1},
                "Gone": {"warning": 1},
                "looks": {},
            }
            fake.alerts, fake.fired = [], []
            unsound: dict[str, object] = {
                "groups": [{"rules": [{"name": "RedisDown", "type": "alerting", "health": "err"}]}]
            }
            nothing: dict[str, object] = {"groups": []}
            for rules in (nothing, unsound):
                fake.rules = rules
                assert (await looked(fake)).counts == [], "that nothing fires says nothing"

    asyncio.run(story())


def test_what_cannot_be_read_afterwards_is_a_gap_too() -> None:
    async def story() -> None:
        for instead in ({"query": (500, b"")}, {"query_range": (422, b"{}")}):
            async with Fake(instead=instead) as fake:
                reading = PrometheusSource(target(), environment(fake.url), Recorded(), FakeClock(), arm_of)
                stretch = await reading.range_counts(UTC - 600, UTC)
            assert not stretch.counts
            assert {hole.stream for hole in stretch.holes} == {
                names.PROMETHEUS,
                "prometheus-over-1.5",
                "prometheus-over-1.6",
            }
            assert {(hole.from_s - UTC, hole.to_s - UTC) for hole in stretch.holes} == {(-600, 0)}
        async with Fake() as fake:
            reading = PrometheusSource(target(), environment(fake.url), Recorded(), FakeClock(), arm_of)
            stretch = await reading.range_counts(UTC - 600, UTC)
        assert "no series is picked" in stretch.holes[0].why

    asyncio.run(story())


def test_it_reads_at_every_step_until_it_is_cancelled() -> None:
    async def story() -> None:
        async with Fake() as fake:
            sink = Recorded()
            where = environment(fake.url, step_s=0.05)
            running = asyncio.create_task(PrometheusSource(target(), where, sink, SystemClock(), arm_of).run())
            async with asyncio.timeout(10):
                while len(sink.counts) < 4:  # noqa: ASYNC110  nothing tells of a count
                    await asyncio.sleep(0.02)
            _ = running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
        times = [count.at_s for count in sink.counts]
        assert times == sorted(set(times))

    asyncio.run(story())
