"""The users' stream against a real server: when it asks, what it keeps, and that nobody takes its silence for calm."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from aiohttp import web

from harness.clock import SystemClock
from harness.errors import HarnessError
from harness.observe import asking
from harness.observe.asking import document_of, refusal, shown
from harness.observe.stream import UserStream, door_of, turns
from harness.target import FLAGS, ArmFrom, Build, Environment, Load, NginxRouting, Probes, Target, UrlPairRouting
from tests.unit.observe.servers import NEW, OLD, free_port, serving

if TYPE_CHECKING:
    from pathlib import Path

    from harness.judge.drill import Kind, Seen

FEATURES = {"unified_pipeline": True, "conv_store_primary": "redis", "conv_dual_write": False}


@dataclass
class Shop:
    """What the product does; every request is kept."""

    status: int = 200
    think_s: float = 0.0
    unified: bool = True
    breaks: dict[str, Any] = field(default_factory=dict[str, Any])
    path: str = "/version"
    page: bool = False
    seen: list[web.Request] = field(default_factory=list[web.Request])
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def app(self) -> web.Application:
        app = web.Application()
        _ = app.router.add_post("/api/chat/ask", self.chat)
        _ = app.router.add_get("/{path:.*}", self.version)
        return app

    async def chat(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        body = await request.json()
        self.bodies.append(body)
        await asyncio.sleep(self.think_s)
        meta = {"schema": "v2", "session_id": body["session_id"], "tier": "regular", "tokens_used": 7}
        said: dict[str, Any] = {"title": "An answer to it", "blocks": [{"type": "markdown", "content": "Yes."}]}
        said |= {"meta": meta} | ({"summary": "Yes."} if self.unified else {}) | self.breaks
        return web.json_response(said, status=self.status, headers={"X-Onesource-Version": self.commit(request)})

    async def version(self, request: web.Request) -> web.Response:
        if request.path != self.path:
            return web.Response(status=404)
        if self.page:
            return web.Response(text="<html></html>", content_type="text/html")
        self.seen.append(request)
        commit = self.commit(request)
        said = {"feature_flags": FEATURES, "version": {"git_commit": commit}}
        return web.json_response(said, status=self.status, headers={"X-Onesource-Version": commit})

    def commit(self, request: web.Request) -> str:
        pin = request.headers.get("X-Canary") or request.cookies.get("canary")
        return NEW if pin == "always" else OLD


def streaming(url: str, *, per_s: float = 100.0, mix: dict[Kind, float] | None = None, **given: Any) -> UserStream:
    routing = given.pop("routing", NginxRouting("main", "main-canary"))
    environment = Environment(url=url, routing=routing, token_file=given.pop("token_file", ""))
    settings: dict[str, Any] = {"probes": Probes(timeout_s=1.0), "builds": {"stable": Build("sha256:a", OLD)}} | given
    target = Target("test", {"production": environment}, **settings)
    return UserStream(target, environment, SystemClock(), per_s=per_s, mix=mix)


def watched(stream: UserStream, seconds: float = 0.5) -> tuple[Seen, ...]:
    with stream:
        time.sleep(seconds)
    return stream.seen()


def test_asks_leave_when_they_are_due_and_keep_their_instants() -> None:
    with serving(Shop().app) as url:
        seen = watched(streaming(url))
    assert len(seen) >= 40
    assert [one.due_s for one in seen] == pytest.approx([number / 100 for number in range(len(seen))])
    assert all(one.due_s <= one.sent_s <= one.done_s for one in seen)
    assert sorted(one.sent_s - one.due_s for one in seen)[len(seen) // 2] < 0.1
    assert Counter(one.kind for one in seen)["chat"] == pytest.approx(0.6 * len(seen), abs=1)
    assert {one.error for one in seen} == {""}


def test_a_chat_ask_says_build_and_pipeline_and_a_version_ask_build_and_flags() -> None:
    with serving(Shop().app) as url:
        seen = watched(streaming(url))
    chat, version = (next(one for one in seen if one.kind == kind) for kind in ("chat", "version"))
    assert (chat.commit, chat.unified, chat.flags) == (OLD, True, {})
    assert (version.commit, version.unified) == (OLD, None)
    assert version.flags == {
        "USE_UNIFIED_PIPELINE": "true",
        "CONV_STORE_PRIMARY": "redis",
        "CONV_DUAL_WRITE": "false",
    }


def test_an_answer_without_the_pipelines_field_says_so() -> None:
    with serving(Shop(unified=False).app) as url:
        seen = watched(streaming(url, mix={"chat": 1.0}), 0.2)
    assert {one.unified for one in seen} == {False}


def test_every_chat_is_a_session_of_its_own_and_names_itself(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    _ = tokens.write_text("hush-1\nhush-2\n", encoding="utf-8")
    shop = Shop()
    with serving(shop.app) as url:
        stream = streaming(url, mix={"chat": 1.0}, token_file=str(tokens))
        seen = watched(stream, 0.2)
    sessions = {body["session_id"] for body in shop.bodies}
    assert len(sessions) == len(seen) > 10
    assert all(session.startswith("verify-") for session in sessions)
    asked = [request for request in shop.seen if request.method == "POST"]
    assert {request.headers["Authorization"] for request in asked} == {"Bearer hush-1", "Bearer hush-2"}
    assert {request.headers["X-Onesource-Synthetic"] for request in asked} == {"1"}
    assert not any(request.cookies for request in asked)
    assert "hush" not in repr(seen)


def test_pinned_users_reach_the_canary_by_header_and_by_cookie() -> None:
    with serving(Shop().app) as url:
        seen = watched(streaming(url, mix={"version": 0.5, "header": 0.25, "cookie": 0.25}), 0.3)
    assert {(one.kind, one.commit) for one in seen} == {("version", OLD), ("header", NEW), ("cookie", NEW)}


def test_kinds_that_the_profile_cannot_pin_are_left_out_and_the_rate_is_kept() -> None:
    with serving(Shop().app) as url:
        seen = watched(streaming(url, mix={"version": 0.5, "header": 0.5}, routing=None), 0.3)
    assert {one.kind for one in seen} == {"version"}
    assert len(seen) >= 25
    assert door_of(Environment(url="http://x", routing=UrlPairRouting("http://a", "http://b")), "header") is not None
    assert door_of(Environment(routing=UrlPairRouting("http://a", "http://b")), "header") is None


def test_the_build_comes_from_where_the_profile_says() -> None:
    mix: dict[Kind, float] = {"version": 1.0}
    with serving(Shop().app) as url:
        body = watched(streaming(url, mix=mix, arm_from=ArmFrom(kind="body")), 0.2)
        none = watched(streaming(url, mix=mix, arm_from=ArmFrom(kind="none")), 0.2)
        other = watched(streaming(url, mix=mix, arm_from=ArmFrom(header="X-Other")), 0.2)
    assert ({one.commit for one in body}, {one.commit for one in none}, {one.commit for one in other}) == (
        {OLD},
        {""},
        {""},
    )


def test_the_version_is_asked_for_where_it_answers() -> None:
    with serving(Shop(path="/api/version").app) as url:
        seen = watched(streaming(url, mix={"version": 1.0}), 0.2)
    assert {(one.error, one.commit) for one in seen} == {("", OLD)}


@pytest.mark.parametrize(("status", "error"), [(502, "HTTP 502"), (404, "HTTP 404"), (429, "rate-limited")])
def test_an_answer_that_is_none_is_an_error_of_its_kind_and_asked_once(status: int, error: str) -> None:
    shop = Shop(status=status)
    with serving(shop.app) as url:
        seen = watched(streaming(url), 0.3)
    assert {one.error for one in seen} == {error}
    chats = [one for one in seen if one.kind == "chat"]
    assert len(shop.bodies) == len(chats)
    assert {(one.unified, one.flags == {}) for one in seen} == {(None, True)}


def test_a_page_or_an_answer_out_of_shape_is_invalid() -> None:
    with serving(Shop(page=True, breaks={"title": "short"}).app) as url:
        seen = watched(streaming(url), 0.3)
    assert {(one.kind, one.error) for one in seen} == {("chat", "invalid"), ("version", "invalid")}


def test_a_refused_connection_is_an_error_at_once() -> None:
    seen = watched(streaming(f"http://127.0.0.1:{free_port()}"), 0.3)
    assert {one.error for one in seen} == {"refused"}
    assert len(seen) >= 25


def test_a_silent_target_times_out_and_is_waited_for_to_the_end() -> None:
    begun = time.monotonic()
    with serving(Shop(think_s=5.0).app) as url:
        seen = watched(streaming(url, mix={"chat": 1.0}, probes=Probes(timeout_s=0.4)), 0.3)
    assert time.monotonic() - begun < 4.5, "not as long as it would have taken to answer"
    assert {one.error for one in seen} == {"timeout"}
    assert all(0.35 < one.done_s - one.sent_s < 4.5 for one in seen)


def test_no_more_are_under_way_than_the_profile_declares_and_the_others_are_errors() -> None:
    shop = Shop(think_s=0.6)
    with serving(shop.app) as url:
        seen = watched(streaming(url, mix={"chat": 1.0}, load=Load(in_flight=3)), 0.3)
    errors = Counter(one.error for one in seen)
    assert len(shop.bodies) >= 3
    assert errors["capped"] == len(seen) - len(shop.bodies) > 10


def test_what_was_seen_can_be_asked_for_while_it_runs() -> None:
    with serving(Shop().app) as url, streaming(url) as stream:
        time.sleep(0.3)
        first = stream.seen()
        now = stream.now_s()
        while not (later := stream.seen(now)):
            assert stream.now_s() < 10, "nothing more was seen"
            time.sleep(0.05)
    assert len(first) > 10
    assert now > 0.25
    assert all(one.due_s >= now for one in later)
    assert [one.due_s for one in later] == sorted(one.due_s for one in later)


def test_nothing_is_asked_once_it_has_ended() -> None:
    shop = Shop()
    with serving(shop.app) as url:
        seen = watched(streaming(url), 0.2)
        count = len(shop.seen)
        time.sleep(0.1)
    assert len(shop.seen) == count
    assert count >= len(seen)


def test_a_stream_that_breaks_is_not_taken_for_a_quiet_target(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(asking.Mouth, "chat", broken)

    def watch(url: str) -> None:
        with streaming(url):
            time.sleep(0.3)

    with serving(Shop().app) as url, pytest.raises(HarnessError, match="it broke, so nobody was watching"):
        watch(url)


def test_trouble_of_whoever_acts_is_not_hidden_by_the_streams() -> None:
    def act(url: str) -> None:
        with streaming(url):
            raise LookupError("the act failed")

    with serving(Shop().app) as url, pytest.raises(LookupError, match="the act failed"):
        act(url)


@pytest.mark.parametrize(("per_s", "url"), [(0.0, "http://x"), (20.0, "")])
def test_a_stream_that_could_ask_nothing_is_refused(per_s: float, url: str) -> None:
    with pytest.raises(HarnessError, match="wanted a rate above 0 and an address"):
        _ = streaming(url, per_s=per_s)


def test_kinds_take_turns_as_their_shares_say() -> None:
    shares: dict[Kind, float] = {"chat": 3.0, "version": 2.0}
    drawn = list(islice(turns(shares), 100))
    assert Counter(drawn) == {"chat": 60, "version": 40}
    assert Counter(drawn[:10]) == {"chat": 6, "version": 4}


def test_flags_are_read_as_text_from_the_first_place_that_has_them() -> None:
    document = {"flags": {"unified_pipeline": False, "conv_store_primary": "mongo", "dynamic_prompts": None}}
    assert shown(document, FLAGS) == {"USE_UNIFIED_PIPELINE": "false", "CONV_STORE_PRIMARY": "mongo"}
    assert shown({"flags": {"conv_dual_write": 1}}, FLAGS) == {"CONV_DUAL_WRITE": "1"}
    assert shown({"flags": "none"}, FLAGS) == {}


def test_a_failure_that_is_sent_as_200_is_no_version() -> None:
    assert document_of(b'{"error": "down"}') is None
    assert document_of(b"[]") is None
    assert document_of(msgspec.json.encode({"a": 1})) == {"a": 1}
    assert [refusal(status) for status in (200, 301, 429)] == ["", "HTTP 301", "rate-limited"]
