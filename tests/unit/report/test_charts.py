"""Pictures stand alone, say in words what they show, and carry nobody's markup; facts for them stay small."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.judge import drawing, watched
from harness.judge.course import Course, Hole
from harness.judge.difference import Pair
from harness.judge.limit import Tally, high_bound, low_bound
from harness.judge.quantile import counted
from harness.judge.soak import Slice, State
from harness.judge.watched import Arms, Share
from harness.report.showing import chart
from harness.report.showing.charts.both_arms import Margin, Row, both_arms
from harness.report.showing.charts.over_time import Mark, Point, over_time

SVG = "{http://www.w3.org/2000/svg}"
EVIL = 'P1 </text><script>alert("x")</script> & \x1b[31m\u202e'


def parsed(svg: str) -> ET.Element:
    assert "<script" not in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    root = ET.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert root.findtext(f"{SVG}title")
    assert root.findtext(f"{SVG}desc")
    named = {element.get("id") for element in root.iter()}
    assert set((root.get("aria-labelledby") or "").split()) <= named
    return root


def points(count: int, hits: int = 1, of: int = 100) -> list[Point]:
    return [Point(60.0 * i, hits, of) for i in range(count)]


def kinds(root: ET.Element, kind: str) -> list[ET.Element]:
    return [element for element in root.iter() if kind in (element.get("class") or "").split()]


def test_a_share_over_time_shows_its_limit_interval_and_what_says_nothing() -> None:
    svg = over_time(
        "A line", points(20), 0.02, marks=[Mark(300, 420, "spoiled"), Mark(600, 660, "hole")], began_s=1_767_225_600.0
    )
    root = parsed(svg)
    assert len(kinds(root, "limit")) == 1
    assert len([one for one in kinds(root, "band") if one.tag == f"{SVG}path"]) == 1
    hatched = [
        one for one in root.iter() if "-spoiled)" in (one.get("style") or "") or "-hole)" in (one.get("style") or "")
    ]
    assert len(hatched) == 4  # two stretches and their entries in the legend
    said = root.findtext(f"{SVG}desc") or ""
    low, high = low_bound(20, 2000, 0.05), high_bound(20, 2000, 0.05)
    assert f"20 failures in 2,000 requests: 1%, between {low * 100:.3g}% and {high * 100:.3g}%; the limit is 2%" in said
    assert "2 min 00 s spoiled by our own traffic; 1 min 00 s not watched" in said
    assert "2026-01-01 00:00:00 UTC" in svg
    assert "prefers-color-scheme:dark" in svg


@pytest.mark.parametrize(
    "svg", [over_time(EVIL, points(3), 0.02), both_arms(EVIL, [Row(0.5, 1, 2, 3)], [Row(0.5, 1, 2, 3)])]
)
def test_texts_are_escaped_and_carry_no_control_characters(svg: str) -> None:
    root = parsed(svg)
    assert "</text><script>alert" in (root.findtext(f"{SVG}title") or "")
    assert "\x1b" not in svg
    assert "\u202e" not in svg


def test_nothing_counted_is_no_picture() -> None:
    assert over_time("A line", [], 0.02) == ""
    assert over_time("A line", [Point(0, 0, 0)], 0.02) == ""
    assert both_arms("A line", [], [Row(0.5, 1, 2, 3)]) == ""


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 50), st.integers(50, 5000)), min_size=1, max_size=50),
    st.floats(0, 1),
)
def test_whatever_the_figures_are_the_picture_is_well_formed(given: list[tuple[float, int, int]], limit: float) -> None:
    made = [Point(at, hits, of) for at, hits, of in sorted(given)]
    svg = over_time("A line", made, limit, marks=[Mark(0, 10, "hole")])
    _ = parsed(svg)
    assert "nan" not in svg
    assert "inf" not in svg


def test_both_arms_show_their_bands_and_the_margin() -> None:
    judged, reference = (
        [Row(0.5, 0.1, 0.2, 0.3), Row(0.95, 0.4, 0.5, None)],
        [Row(0.5, None, 0.2, 0.3), Row(0.95, 0.3, 0.4, 0.6)],
    )
    root = parsed(both_arms("A line", judged, reference, Margin(0.95, 0.1), names=("canary", "stable")))
    assert len([one for one in kinds(root, "band") if one.tag == f"{SVG}path"]) == 2
    assert len(kinds(root, "limit")) == 2
    said = root.findtext(f"{SVG}desc") or ""
    assert "canary: P50 0.2 s, P95 0.5 s" in said
    assert "canary's P95 may be at most 0.1 s above stable's" in said
    assert "unbounded" in said


def course(count: int) -> Course:
    bad = {3: State.GENERATOR_INVALID, 4: State.GENERATOR_INVALID, 9: State.INCOMPLETE}
    slices = [Slice(1e9 + i, 1e9 + i + 1, bad.get(i, State.COMPLETE)) for i in range(count)]
    return Course((*slices,), float(count), 5.0, ended=True, holes=(Hole(1e9 + 9, 1e9 + 10.5, "away", ours=True),))


def test_a_verdict_carries_its_series_joined_evenly_and_small() -> None:
    windows = tuple(Tally(i % 2, 100) for i in range(1001))
    share = Share(windows, course(1001), starts=tuple(1e9 + i for i in range(1001)))
    facts: Any = watched.keeps_within(0.02, share, alpha=0.01).facts
    assert len(facts["series"]) == 167  # of 6 windows each
    assert facts["series"][:2] == [[0, 3, 600], [6, 3, 600]]
    assert sum(of for _, _, of in facts["series"]) == 100_100
    assert facts["series_marks"] == [[3, 5, "spoiled"], [9, 10.5, "hole"]]
    assert len(json.dumps(facts)) < 5_000
    assert [*chart.of("A line", facts)] == ["over time"]


def test_the_worst_of_several_sources_is_drawn_and_the_others_facts_stay_small() -> None:
    starts = tuple(1e9 + i for i in range(40))
    good = watched.p95_keeps_within(
        1.5, Share(tuple(Tally(0, 100) for _ in starts), course(40), starts=starts), alpha=0.01
    )
    bad = watched.p95_keeps_within(
        1.5, Share(tuple(Tally(50, 100) for _ in starts), course(40), starts=starts), alpha=0.01
    )
    said: Any = watched.every({"good": good, "bad": bad}).facts
    assert said["series"][0] == [0, 50, 100]
    assert not drawing.FACTS & said["parts"]["good"].keys()
    assert "2,000 above 1.5 s in 4,000 requests" in chart.of("A line", said)["over time"]


def test_a_comparison_carries_the_quantiles_of_both_arms() -> None:
    rng = np.random.default_rng(1)
    pairs = tuple(Pair(counted(rng.exponential(0.3, 200)), counted(rng.exponential(0.3, 200))) for _ in range(15))
    facts: Any = watched.quantile_not_worse(0.1, Arms(pairs, course(15)), alpha=0.01).facts
    assert [row[0] for row in facts["arms"]["judged"]] == [*drawing.QUANTILES]
    for arm in ("judged", "reference"):
        for _, low, value, high in facts["arms"][arm]:
            assert (low or 0) <= value <= (high or 1e9)
    assert len(json.dumps(facts)) < 4_000
    root = parsed(chart.of("A line", facts)["both arms"])
    assert "at most 0.1 s" in "".join(root.itertext())


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"series": [[0, 1, 2]]},
        {"series": [[0, 3, 2]], "limit_high": 0.1},
        {"series": "text", "limit_high": 0.1},
        {"series": [["a", None, 2]], "limit_high": 0.1},
        {"series": [[0, 1]], "limit_high": 0.1},
        {"series": [[0, 1, 2]], "limit_high": 7},
        {"arms": {"judged": [[0.5, 1, 2, 3]]}},
        {"arms": {"judged": [[1, 1, 2, 3]], "reference": [[0.5, 1, 2, 3]]}},
        {"arms": [1, 2]},
    ],
)
def test_facts_that_are_no_figures_give_no_picture(facts: dict[str, Any]) -> None:
    assert chart.of("A line", facts) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["judged", "reference", "alpha"]), inner)
    ),
    max_leaves=12,
)
ROWS = st.lists(st.lists(JSON, min_size=3, max_size=4), max_size=4)


@settings(deadline=None, max_examples=300)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "series": ROWS | JSON,
            "series_marks": ROWS | JSON,
            "series_from": JSON,
            "limit_high": st.floats(0, 1) | JSON,
            "quantile": st.floats(0, 1) | JSON,
            "value_limit": JSON,
            "arms": st.fixed_dictionaries({"judged": ROWS, "reference": ROWS, "alpha": JSON}) | JSON,
        },
    )
)
def test_whatever_the_facts_are_a_picture_is_well_formed_or_not_there(facts: dict[str, Any]) -> None:
    for svg in chart.of("A line", facts).values():
        _ = parsed(svg)
