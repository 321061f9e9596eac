"""What each fault does to a request, as pure rules: when it is on, for whom, how often, and to whom never."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from sandbox.faults.watched import WATCHED
from sandbox.product.faults import RULES, Effects, Facts, effects
from sandbox.product.latency import SHAPES, Shape
from sandbox.switches import Switches

SCALE = 0.25  # LATENCY_SCALE of the manifests
CHAT: dict[str, Any] = {"tier": "regular", "turn": 1}
ENHANCED: dict[str, Any] = {"tier": "enhanced", "turn": 1}
TRUTH = Effects(commit="this")
DRAWS = 10_000


def at(*active: str, track: str = "stable", **more: Any) -> Effects:
    """The effects on a request with these facts."""
    return effects(frozenset(active), Facts("this", "other", track, None, **more))


def share(fault: str, of: str, **more: Any) -> float:
    """The share of requests on which a fault has an effect in this field, over evenly spread draws."""
    hit = [getattr(at(fault, draw=i / DRAWS, **more), of) != getattr(TRUTH, of) for i in range(DRAWS)]
    return sum(hit) / DRAWS


def p95_s(fault: str, tier: str) -> float:
    """The 95th percentile of a tier's modelled time, in seconds, where the change does not depend on the draw."""
    shape = SHAPES[tier]
    return at(fault, tier=tier, turn=1).lasts_s(Shape(SCALE * shape.median_s, shape.sigma).p95_s)


@pytest.mark.parametrize("fault", sorted(fault.name for fault in WATCHED))
def test_every_watched_fault_has_a_rule_and_is_gone_when_it_is_off(fault: str) -> None:
    worst: dict[str, Any] = {"turn": 3, "prompt_bytes": 9000, "first": True, "draw": 0.0, "since_s": 60.0}
    everywhere: list[dict[str, Any]] = [
        {"tier": tier, "route": route, "track": "canary", "wall_s": 0.5, **worst}
        for tier, route in (("regular", "/api/chat/ask"), ("enhanced", "/api/chat/ask-enhanced"), ("", "/healthz"))
    ]
    assert any(at(fault, **facts) != TRUTH for facts in everywhere)
    assert all(at(**facts) == TRUTH for facts in everywhere)
    assert all(at("split-50", "target-down", **facts) == TRUTH for facts in everywhere)  # faults of others


@pytest.mark.parametrize("fault", sorted(name for name in RULES if name.startswith("canary-")))
def test_a_fault_of_the_canary_spares_the_stable_pods(fault: str) -> None:
    where: dict[str, Any] = {"turn": 5, "draw": 0.0, "environment": "production", "weight": 50}
    for tier in SHAPES:
        assert at(fault, tier=tier, first=True, **where) == TRUTH
    assert any(at(fault, track="canary", tier=tier, **where) != TRUTH for tier in SHAPES)


def test_every_kind_of_effect_is_caused_by_some_fault() -> None:
    caused = {
        field.name
        for fault in RULES
        for tier in ("regular", "enhanced", "")
        for turn in (2, 3)
        for environment in ("staging", "production")
        for field in fields(Effects)
        if getattr(
            at(
                fault,
                track="canary",
                tier=tier,
                turn=turn,
                draw=0.0,
                first=True,
                route="other",
                prompt_bytes=9000,
                environment=environment,
            ),
            field.name,
        )
        != getattr(TRUTH, field.name)
    }
    assert caused == {field.name for field in fields(Effects)}


@pytest.mark.parametrize(
    ("fault", "tier", "low", "high"),
    [
        ("slow-chat", "regular", 1.65, 1.75),
        ("slow-enhanced", "enhanced", 1.8, 1.9),
        ("canary-none", "regular", 0.22, 0.24),
        ("endpoint-slow", "enhanced", 2.2, 2.3),
        ("delta-140", "enhanced", 0.36, 0.45),  # far inside 1.6 s, and more than 100 ms above chat's 231 ms
    ],
)
def test_a_slow_endpoint_has_the_p95_it_promises(fault: str, tier: str, low: float, high: float) -> None:
    assert low < p95_s(fault, tier) < high


@pytest.mark.parametrize("fault", ["slow-chat", "tail-only", "bimodal"])
def test_a_slow_chat_leaves_enhanced_as_it_is(fault: str) -> None:
    assert at(fault, draw=0.0, **ENHANCED) == TRUTH
    assert at(fault, draw=0.0, **CHAT) != TRUTH


@pytest.mark.parametrize("fault", ["slow-enhanced", "delta-140", "endpoint-slow"])
def test_a_slow_enhanced_leaves_chat_as_it_is(fault: str) -> None:
    assert at(fault, draw=0.0, **CHAT) == TRUTH
    assert at(fault, draw=0.0, **ENHANCED) != TRUTH


def test_a_tail_is_fourteen_of_a_hundred_at_four_seconds_and_the_rest_as_ever() -> None:
    assert share("tail-only", "takes_s", **CHAT) == 0.14
    assert at("tail-only", draw=0.13, **CHAT).lasts_s(0.1) == 4.0
    assert at("tail-only", draw=0.15, **CHAT).lasts_s(0.1) == 0.1


def test_the_canarys_tail_is_a_quarter_so_that_it_shows_in_every_block_of_a_hundred() -> None:
    assert share("canary-tail", "takes_s", track="canary", **CHAT) == 0.25


def test_bimodal_is_quick_or_slow_and_nothing_between() -> None:
    took = sorted(at("bimodal", draw=i / 100, **CHAT).lasts_s(0.1) for i in range(100))
    assert took[:86] == [0.05] * 86
    assert all(1.7 <= seconds <= 2.0 for seconds in took[86:])


def test_only_prompts_over_four_kilobytes_are_slow() -> None:
    took = [at("long-prompt-slow", prompt_bytes=size, **ENHANCED).lasts_s(0.1) for size in (4096, 4097)]
    assert took == [0.1, 2.0]
    assert at("long-prompt-slow", prompt_bytes=9000, **CHAT) == TRUTH


def test_a_freeze_ends_at_the_same_moment_for_everyone_who_waits() -> None:
    ends = {
        10 * i + second + at("stall", wall_s=10 * i + second, **CHAT).freeze_s for i in (7,) for second in (0, 1, 2.5)
    }
    assert ends == {73.0}
    assert at("stall", wall_s=73.0, **CHAT) == at("stall", wall_s=79.9, **CHAT) == TRUTH
    assert at("stall", wall_s=71.0, route="/readyz") == TRUTH  # the kubelet must not end the pod


@pytest.mark.parametrize(
    ("fault", "status", "part"),
    [
        ("errors-drip", {500, 503}, 0.012),
        ("both-5xx", {500}, 0.015),
        ("error-logs-up", {500}, 0.01),
        ("canary-5xx", {500}, 0.025),
        ("one-bad-pod", {500}, 0.04),
    ],
)
def test_a_share_of_chats_fails_and_nothing_else(fault: str, status: set[int], part: float) -> None:
    for tier in SHAPES:
        assert share(fault, "status", track="canary", first=True, tier=tier, turn=1) == part
    assert {at(fault, draw=i / DRAWS, track="canary", first=True, **CHAT).status for i in range(200)} >= status
    assert share(fault, "status", track="canary", first=True, route="/version") == 0


def test_errors_come_in_bursts_of_ten_seconds_in_thirty() -> None:
    assert [share("errors-burst", "status", wall_s=600.0 + second, **CHAT) for second in (0, 9.9, 10, 29.9)] == [
        0.05,
        0.05,
        0,
        0,
    ]


def test_an_outage_is_whole_and_lasts_four_percent_of_the_time() -> None:
    out = [at("outage-4-percent", wall_s=i / 100, **CHAT).status for i in range(4000)]
    assert out == [503] * 160 + [0] * 3840


def test_the_bad_pod_is_slow_as_well_and_the_others_are_fine() -> None:
    assert at("one-bad-pod", first=True, draw=0.5, **CHAT).lasts_s(0.1) == pytest.approx(0.7)
    assert at("one-bad-pod", first=False, draw=0.0, **CHAT) == TRUTH


@pytest.mark.parametrize(
    ("fault", "field", "part"),
    [
        ("persist-errors", "unsaved", 0.008),
        ("canary-persist", "unsaved", 0.008),
        ("repairs", "draft", 0.02),
        ("canary-repairs", "draft", 0.02),
        ("repairs-high", "draft", 0.02),
        ("repair-plateau", "draft", 0.004),
        ("repeated-failure", "repairable", 0.005),
        ("invalid-v2", "wire", 0.015),
    ],
)
def test_a_share_of_answers_is_spoiled(fault: str, field: str, part: float) -> None:
    assert share(fault, field, track="canary", **CHAT) == part
    assert share(fault, field, track="canary") == 0


def test_the_repair_trend_starts_near_nothing_and_rises_up_to_a_tenth() -> None:
    seen = [share("repair-trend-up", "draft", since_s=since, **CHAT) for since in (0.0, 50.0, 100.0, 10_000.0)]
    assert seen == pytest.approx([0.0005, 0.0155, 0.0305, 0.1], abs=2 / DRAWS)


def test_the_time_since_a_switch_is_known_from_its_file(tmp_path: Any) -> None:
    switches = Switches(tmp_path / "faults.json")
    assert switches.since_s == 0
    switches.write(frozenset({"repair-trend-up"}))
    assert switches.active() == {"repair-trend-up"}
    assert switches.since_s == pytest.approx((tmp_path / "faults.json").stat().st_mtime, abs=1e-3)
    assert json.loads((tmp_path / "faults.json").read_text()) == ["repair-trend-up"]


def test_context_is_lost_on_later_turns_only() -> None:
    assert share("context-loss", "forgets", tier="regular", turn=2) == 0.006
    assert at("context-loss", draw=0.0, **CHAT) == TRUTH


def test_the_session_is_dropped_from_the_third_turn_on() -> None:
    assert [at("session-dropped", tier="regular", turn=turn).other_session for turn in (1, 2, 3, 4)] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("route", ["other", "/healthz", "/readyz"])
def test_a_single_page_server_swallows_health_and_unknown_paths(route: str) -> None:
    assert at("spa-fallback", route=route).html


@pytest.mark.parametrize(
    "route", ["/version", "/metrics", "/", "/static/{name}", "/api/chat/ask", "/api/metrics/observability"]
)
def test_a_single_page_server_leaves_the_products_own_paths(route: str) -> None:
    assert at("spa-fallback", route=route) == TRUTH


def test_an_alert_pages_for_four_seconds_in_twenty_and_a_warning_goes_on() -> None:
    assert [at("alert-page", wall_s=100.0 + second).alerts for second in (0, 3.9, 4, 19.9)] == [
        {"RedisDown"},
        {"RedisDown"},
        frozenset(),
        frozenset(),
    ]
    assert at("alert-warn", wall_s=19.0).alerts == {"HighLatency"}


def test_counters_fall_for_five_seconds_in_thirteen() -> None:
    fallen = [at("counters-backwards", wall_s=130.0 + second).figures for second in (0, 4.9, 5, 12.9)]
    assert fallen == ["backwards", "backwards", "", ""]


def test_a_shared_shock_hits_both_arms_alike_and_half_of_the_time() -> None:
    for track in ("stable", "canary"):
        took = [at("both-slow-together", track=track, wall_s=float(second), **CHAT).plus_s for second in (0, 9, 10, 19)]
        assert took == [0.3, 0.3, 0, 0]


def test_the_canarys_streams_begin_later_and_take_no_longer() -> None:
    late = at("canary-ttft", track="canary", streamed=True, **CHAT)
    assert late.first_factor == 1.4
    assert late.lasts_s(0.1) == 0.1
