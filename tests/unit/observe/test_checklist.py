"""What stands beside the product: roster, dashboards, change log, receipts, the old build; each with its trouble."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import hashlib
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from aiohttp import web

from harness.clock import SystemClock
from harness.errors import HarnessError
from harness.evidence.store import Reader
from harness.judge.checklist import Captured, ChangeLog, Receipts
from harness.observe import checklist, dashboards, replicasets
from harness.observe.collector.__main__ import main
from harness.target import Build, Checklist, Environment, Monitor, Target
from tests.unit.observe.objects import owned, pod, snapshot
from tests.unit.observe.servers import free_port, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
DIGEST = "sha256:" + "92" * 32


class Around:
    """The team's other services: answers by path, as text or as a status; `lively` ones change with each look."""

    def __init__(self, answers: dict[str, str | int]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def app(self) -> web.Application:
        made = web.Application()
        _ = made.router.add_get("/{tail:.*}", self._answer)
        return made

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        found = self.answers.get(request.path, 404)
        if isinstance(found, int):
            where = {"Location": "/login"} if 300 <= found < 400 else {}
            return web.Response(status=found, headers=where)
        return web.Response(text=found.replace("LOOK", str(len(self.asked))))


@pytest.fixture
def around() -> Iterator[Callable[..., str]]:
    """Start services with these answers by path; give their address."""
    with contextlib.ExitStack() as stack:

        def start(**answers: str | int) -> str:
            return stack.enter_context(serving(Around({f"/{name}": text for name, text in answers.items()}).app))

        yield start


def target(url: str, **beside: str) -> Target:
    return Target(
        "acme",
        {"production": Environment(url="http://shop/")},
        rehearsal=True,
        builds={"canary": Build(DIGEST, "c0ffee", version="v1.5.0")},
        checklist=Checklist(**beside),
        around=url,
    )


def test_addresses_are_filled_in_and_shown_without_what_may_be_secret() -> None:
    about = target("http://hub/")
    filled = checklist.address("{around}/log/{version}?of={url}", about, about.environments["production"])
    assert filled == "http://hub/log/v1.5.0?of=http://shop"
    assert checklist.shown("https://kim:hush@hub:8443/x?token=hush#y") == "https://hub:8443/x"


def test_a_roster_names_who_is_on_call(around: Callable[..., str]) -> None:
    url = around(roster='{"L1": " Kim ", "L2": "", "L3": null}')
    assert asyncio.run(checklist.roster(target(url, roster="{around}/roster"))) == ({"L1": "Kim"}, "")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (503, "/roster: HTTP 503"),
        (302, "/roster: HTTP 302"),
        ("<html>", "no roster of levels and names"),
        ('["Kim"]', "no roster of levels and names"),
        ('{"L1": ""}', "the roster names nobody"),
    ],
)
def test_an_unreadable_roster_says_why(answer: str | int, words: str, around: Callable[..., str]) -> None:
    names, trouble = asyncio.run(checklist.roster(target(around(roster=answer), roster="{around}/roster")))
    assert names == {}
    assert words in trouble


def test_a_service_that_does_not_answer_is_trouble_without_its_secrets() -> None:
    about = target(f"http://127.0.0.1:{free_port()}", roster="{around}/roster?token=hush")
    _, trouble = asyncio.run(checklist.roster(about))
    assert "/roster: refused" in trouble
    assert "hush" not in trouble


def test_a_change_log_is_read_from_an_address_or_a_file(tmp_path: Path, around: Callable[..., str]) -> None:
    url = around(log="## v1.5.0\ntext")
    assert asyncio.run(checklist.changelog(target(url, changelog="{around}/log"))).text == "## v1.5.0\ntext"
    path = tmp_path / "CHANGELOG.md"
    _ = path.write_text("## v1.5.0\n")
    assert asyncio.run(checklist.changelog(target("", changelog=str(path)))) == ChangeLog("## v1.5.0\n", str(path))


@pytest.mark.parametrize(
    ("given", "words"),
    [("", "names no checklist.changelog"), ("/nowhere/LOG.md", "No such file"), ("{around}/log", "a web page, wanted")],
)
def test_a_change_log_that_is_none_says_why(given: str, words: str, around: Callable[..., str]) -> None:
    url = around(log="<!DOCTYPE html><h2>1.5.0</h2>")
    assert words in asyncio.run(checklist.changelog(target(url, changelog=given))).trouble


def test_receipts_are_a_list_of_delivered_messages(around: Callable[..., str]) -> None:
    url = around(receipts=json.dumps([{"build": DIGEST, "at": "2026-01-01T09:00:00Z", "channel": "pager", "id": 7}]))
    found = asyncio.run(checklist.receipts(target(url, receipts="{around}/receipts"), SystemClock()))
    assert [(one.build, one.channel) for one in found.items] == [(DIGEST, "pager")]
    assert found.read_at
    assert not found.trouble


@pytest.mark.parametrize(
    ("given", "answer", "words"),
    [
        ("", "[]", "names no checklist.receipts"),
        ("{around}/receipts", '{"error": "x"}', "no list of receipts"),
        ("{around}/receipts", 500, "HTTP 500"),
    ],
)
def test_receipts_that_are_none_say_why(given: str, answer: str | int, words: str, around: Callable[..., str]) -> None:
    found = asyncio.run(checklist.receipts(target(around(receipts=answer), receipts=given), SystemClock()))
    assert (found.items, words in found.trouble) == ((), True)


JSON = Monitor("board", "x", carries=("panels.shown", "p95"))


DOCUMENTS: list[tuple[dict[str, Any], tuple[str, ...], float | None]] = [
    ({"timestamp": "2026-01-01T11:59:00Z", "panels": {"shown": 1}, "p95": 0}, (), 60.0),
    ({"timestamp": NOW.timestamp() - 5, "panels": {}, "p95": 1}, ("panels.shown",), 5.0),
    ({"timestamp": (NOW.timestamp() - 5) * 1000, "panels": {"shown": None}, "p95": None}, JSON.carries, 5.0),
    ({"timestamp": "2026-01-01T11:59:00", "panels": {"shown": 1}, "p95": 1}, (), None),
    ({"timestamp": True, "panels": {"shown": 1}, "p95": 1}, (), None),
    ({"panels": {"shown": 1}, "p95": 1}, (), None),
]


@pytest.mark.parametrize(("document", "missing", "age_s"), DOCUMENTS)
def test_a_document_tells_what_it_carries_and_how_old_it_is(
    document: object, missing: tuple[str, ...], age_s: float | None
) -> None:
    said = dashboards.read(JSON, json.dumps(document).encode(), "", NOW)
    assert (said.missing, said.age_s) == (missing, pytest.approx(age_s) if age_s is not None else None)
    assert not said.trouble


@pytest.mark.parametrize(
    ("body", "words"), [(b"<html>", "no JSON"), (b'{"error": "down", "p95": 1}', "answers with an error")]
)
def test_a_document_that_is_none_is_trouble(body: bytes, words: str) -> None:
    assert words in dashboards.read(JSON, body, "", NOW).trouble


def test_a_prometheus_text_carries_samples_and_no_mere_help() -> None:
    text = Monitor("metrics", "x", "text", ("redis_up", "http_requests_total"))
    body = b"# HELP redis_up is it\nredis_up 1\n# HELP http_requests_total x\nhttp_requests_total_of_another 3\n"
    assert dashboards.read(text, body, "", NOW).missing == ("http_requests_total",)
    plain = Monitor("metrics", "x", "text")
    assert dashboards.read(plain, b"# HELP redis_up\n", "", NOW).missing == ("samples",)
    assert dashboards.read(plain, b"redis_up 1\n", "", NOW).missing == ()


def test_a_page_is_as_old_as_the_newest_time_in_it_or_as_its_server_says() -> None:
    page = Monitor("page", "x", "page", ("Error rate",))
    body = b"<p>Error rate</p> 2026-01-01T11:00:00Z .. 2026-01-01T11:59:30Z"
    assert dashboards.read(page, body, "", NOW).age_s == pytest.approx(30)
    said = dashboards.read(page, b"Error rate", "Thu, 01 Jan 2026 11:50:00 GMT", NOW)
    assert (said.age_s, said.aged_by) == (pytest.approx(600), "Last-Modified")
    assert dashboards.read(page, b"Latency", "nonsense", NOW) == dashboards.Told(("Error rate",))
    assert "set carries" in dashboards.read(Monitor("page", "x", "page"), b"x", "", NOW).trouble


def captured(url: str, run: Path, *monitors: Monitor) -> list[Captured]:
    about = target(url)
    environment = Environment(url=url, monitors=monitors)
    return asyncio.run(checklist.captured(about, environment, run, SystemClock()))


def test_dashboards_are_kept_as_files_with_their_hashes(tmp_path: Path, around: Callable[..., str]) -> None:
    body = json.dumps({"timestamp": SystemClock().wall().isoformat(), "p95": 1})
    url = around(board=body, lively="redis_up LOOK", still="redis_up 1")
    good, lively, still, gone = captured(
        url,
        tmp_path,
        Monitor("The board!", "{around}/board", carries=("p95",)),
        Monitor("lively", "{url}/lively", "text", ("redis_up",), every_s=0.01),
        Monitor("still", "{around}/still", "text", ("redis_up",), every_s=0.01),
        Monitor("gone", "{around}/gone?token=hush"),
    )
    assert good.file == "artifacts/dashboards/01-the-board-.json"
    assert hashlib.sha256((tmp_path / good.file).read_bytes()).hexdigest() == good.sha256
    assert good.age_s is not None
    assert abs(good.age_s) < 60
    assert (lively.age_s, lively.aged_by) == (0.0, "it changed between two looks")
    assert (still.age_s, still.file) == (None, "artifacts/dashboards/03-still.txt")
    assert gone.trouble == f"{url}/gone: HTTP 404"
    assert not gone.file


def test_the_old_build_is_found_by_image_or_by_what_pods_run() -> None:
    stable = Build(DIGEST, "c", image="repo/backend:v1")

    def template(name: str, owner: str, image: str) -> dict[str, Any]:
        return owned(name, owner) | {"spec": {"template": {"spec": {"containers": [{"name": "b", "image": image}]}}}}

    found = snapshot(
        deployments=[owned("onesource"), owned("onesource-canary")],
        replicasets=[
            template("by-image", "onesource", "repo/backend:v1"),
            template("by-digest", "onesource", f"repo/backend@{DIGEST}"),
            template("by-pods", "onesource", "repo/backend:latest"),
            template("other-build", "onesource", "repo/backend:v2"),
            template("other-deployment", "onesource-canary", "repo/backend:v1"),
        ],
        pods=[pod("p", "by-pods", DIGEST)],
    )
    assert replicasets.carrying(found, "onesource", stable) == ("by-digest", "by-image", "by-pods")
    assert replicasets.carrying(found, "nothing", stable) == ()
    unnamed = msgspec.structs.replace(stable, image="")
    assert replicasets.carrying(found, "onesource", unnamed) == ("by-digest", "by-pods")


def test_the_collector_reads_roster_and_checklist_for_a_rollout(
    tmp_path: Path, around: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = around(roster='{"L1": "Kim"}', log="## 1.5.0\nx", receipts="[]", board='{"p95": 1}')
    about = target(url, roster="{around}/roster", changelog="{around}/log", receipts="{around}/receipts")
    monitors = (Monitor("board", "{around}/board", carries=("p95",), every_s=0.01),)
    about = msgspec.structs.replace(about, environments={"production": Environment(monitors=monitors)})
    _ = (tmp_path / "target.json").write_bytes(msgspec.json.encode(about))

    def refused(_: Environment) -> dict[str, bool]:
        raise HarnessError("the API did not answer")

    monkeypatch.setattr(checklist, "rights", refused)
    assert main(["--run", str(tmp_path), "--phase", "rollout"]) == 1, "no cluster access"
    reader = Reader(tmp_path)

    def body(name: str) -> Any:
        taken = reader.snapshot(name)
        assert taken is not None
        return taken.body

    assert body(checklist.ROSTER) == {"L1": "Kim"}
    assert msgspec.convert(body(checklist.CHANGELOG), ChangeLog).text == "## 1.5.0\nx"
    assert msgspec.convert(body(checklist.RECEIPTS), Receipts).items == ()
    (one,) = msgspec.convert(body(checklist.DASHBOARDS)["dashboards"], tuple[Captured, ...])
    assert (tmp_path / one.file).is_file()
    taken = reader.snapshot(checklist.RIGHTS)
    assert taken is not None
    assert taken.error == "the API did not answer"


def test_other_phases_read_the_roster_alone(tmp_path: Path, around: Callable[..., str]) -> None:
    about = target(around(roster=503), roster="{around}/roster", changelog="{around}/log")
    _ = (tmp_path / "target.json").write_bytes(msgspec.json.encode(about))
    assert main(["--run", str(tmp_path), "--phase", "context"]) == 1, "no cluster access"
    reader = Reader(tmp_path)
    taken = reader.snapshot(checklist.ROSTER)
    assert taken is not None
    assert "HTTP 503" in taken.error
    assert reader.snapshot(checklist.CHANGELOG) is None
