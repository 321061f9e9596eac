"""Monitoring addresses read twice: dashboards as JSON, metrics as text, pages, and what is none of these."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from harness.clock import FakeClock
from harness.judge.monitors import works
from harness.observe import monitors
from harness.target import Environment, Monitor, Prometheus, Target
from harness.verdict import Outcome, Reason
from tests.unit.observe.servers import free_port, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.judge.monitors import MonitorsSeen, Reading

AT_S = int(FakeClock().wall().timestamp())
AT = "2026-01-01T00:00:00Z"
BOARD: dict[str, Any] = {
    "timestamp": AT,
    "latest": {"p95": 0.2},
    "alerts": [],
    "none": {"p95": None},
    "panels": [{"title": "Chat", "series": [{"name": "p95_s", "points": [[AT_S - 1, 0.1], [AT_S, 0.2]]}]}],
}


def read(answer: Callable[[], web.Response], **monitor: Any) -> MonitorsSeen:
    async def handle(_: web.Request) -> web.Response:
        return answer()

    def app() -> web.Application:
        made = web.Application()
        _ = made.router.add_get("/board", handle)
        return made

    with serving(app) as url:
        one = Monitor("board", "{around}/board", every_s=0.05, **monitor)
        there = Environment(url="http://nowhere", monitors=(one,))
        return asyncio.run(monitors.read("staging", there, Target("x", {"staging": there}, around=url), FakeClock()))


def last(seen: MonitorsSeen) -> Reading:
    return seen.monitors[0].readings[-1]


def board(**changes: Any) -> Callable[[], web.Response]:
    return lambda: web.json_response(BOARD | changes)


def text(body: str, kind: str = "text/plain") -> Callable[[], web.Response]:
    return lambda: web.Response(text=body, content_type=kind)


def test_a_dashboard_carries_locations_lists_and_series_by_name() -> None:
    seen = read(board(), carries=("latest.p95", "latest", "alerts", "p95_s"))
    found = last(seen).carried
    assert {name: one.value for name, one in found.items()} == {
        "latest.p95": 0.2,
        "latest": 0.2,
        "alerts": 0.0,
        "p95_s": 0.2,
    }
    assert found["p95_s"].at_s == AT_S
    assert last(seen).stamp_s == AT_S
    assert len(seen.monitors[0].readings) == 2
    assert works(seen).outcome is Outcome.MET


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gone", "neither a location nor a series of that name"),
        ("none.p95", "null in place of a figure"),
        ("none", "a table without a number in place of a figure"),
        ("timestamp", "str in place of a figure"),
    ],
)
def test_a_series_that_is_not_there_or_has_no_number_says_so(name: str, why: str) -> None:
    seen = read(board(), carries=(name,))
    assert last(seen).carried[name].why == why
    assert works(seen).outcome is Outcome.VIOLATED


def test_the_right_page_without_series_is_violated() -> None:
    seen = read(board(panels=[{"title": "Chat", "series": []}]), carries=("p95_s",))
    assert "series p95_s" in works(seen).because
    seen = read(board(panels=[{"series": [{"name": "p95_s", "points": []}]}]), carries=("p95_s",))
    assert last(seen).carried["p95_s"].why == "a series without a point that has a number"


def test_old_times_are_violated_in_the_document_and_in_its_series() -> None:
    old = read(board(timestamp="2025-12-31T22:00:00Z"), carries=("latest.p95",))
    assert "7200 s old and stands still" in works(old).because
    panels = [{"series": [{"name": "p95_s", "points": [[(AT_S - 7200) * 1000, 0.2]]}]}]
    behind = read(board(panels=panels), carries=("p95_s",))
    assert "its last point is 7200 s old" in works(behind).because


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda: web.json_response({"error": "no"}), '{"error"}'),
        (text("<html></html>", "text/html"), "HTML"),
        (lambda: web.Response(status=502), "HTTP 502"),
        (text("", "application/json"), "nothing in it"),
    ],
    ids=["error", "page", "502", "empty"],
)
def test_what_is_no_dashboard_is_violated(answer: Callable[[], web.Response], said: str) -> None:
    verdict = works(read(answer, carries=("latest.p95",)))
    assert verdict.outcome is Outcome.VIOLATED
    assert said in verdict.because


def test_metrics_carry_samples_and_have_to_move() -> None:
    count = itertools.count()

    def answer() -> web.Response:
        return web.Response(text=f'# HELP lost x\nlost{{a="b c"}} NaN\nseen{{a="b"}} {next(count)} 1767225600000\n')

    seen = read(answer, kind="text", carries=("seen",))
    assert (last(seen).carried["seen"].value, last(seen).carried["seen"].at_s) == (1.0, AT_S)
    assert works(seen).outcome is Outcome.MET
    assert last(read(answer, kind="text", carries=("lost",))).carried["lost"].why == "none of its samples is a number"
    assert last(read(answer, kind="text", carries=("HELP",))).carried["HELP"].why == "no sample of that name"
    still = works(read(text("seen 1\n"), kind="text", carries=("seen",)))
    assert (still.outcome, still.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)


@pytest.mark.parametrize("body", ["<html></html>", '{"error": "x"}', " \n"])
def test_what_is_no_metrics_text_is_violated(body: str) -> None:
    assert works(read(text(body), kind="text", carries=("seen",))).outcome is Outcome.VIOLATED


def test_a_page_carries_texts_and_says_its_time_in_them() -> None:
    page = text(f"<html>Latency, as of {AT}</html>", "text/html")
    assert works(read(page, kind="page", carries=("Latency",))).outcome is Outcome.MET
    assert "not in the page" in works(read(page, kind="page", carries=("Errors",))).because
    assert "wanted a page" in works(read(text("Latency"), kind="page", carries=("Latency",))).because


def test_an_address_where_nobody_listens_is_violated_and_one_nobody_can_find_is_unknown() -> None:
    def of(url: str) -> MonitorsSeen:
        there = Environment(monitors=(Monitor("board", url, carries=("x",), every_s=0.05),))
        return asyncio.run(monitors.read("staging", there, Target("x", {"staging": there}), FakeClock()))

    assert works(of(f"http://127.0.0.1:{free_port()}/board")).outcome is Outcome.VIOLATED
    assert works(of("nonsense")).reason is Reason.NO_DATA


def test_each_series_of_prometheus_is_asked_for_and_a_server_that_is_down_is_violated() -> None:
    asked: list[str] = []

    async def query(request: web.Request) -> web.Response:
        form = await request.post()
        asked.append(str(form["query"]))
        old = "schema_repairs_total" in asked[-1]
        values = [] if old else [[AT_S - 2, "1"]]
        data: dict[str, Any] = {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}
        return web.json_response({"status": "success", "data": data})

    def app() -> web.Application:
        made = web.Application()
        _ = made.router.add_post("/api/v1/query", query)
        return made

    def of(url: str) -> MonitorsSeen:
        there = Environment(prometheus=Prometheus(url=url))
        return asyncio.run(monitors.read("staging", there, Target("x", {"staging": there}), FakeClock()))

    with serving(app) as url:
        seen = of(url)
    ages = {one.name: one.age_s for one in seen.queried}
    assert ages["http_requests_total"] == pytest.approx(2.0)
    assert ages["schema_repairs_total"] is None
    assert len(asked) == len(ages) == 6
    down = of(f"http://127.0.0.1:{free_port()}")
    assert all("no answer" in one.why for one in down.queried)
