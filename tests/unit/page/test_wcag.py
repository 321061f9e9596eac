"""Luminance, contrast and compositing against the definitions' own values."""

from __future__ import annotations

import numpy as np
import pytest

from harness.judge.page import paint, wcag
from harness.judge.page.finding import Spot
from harness.judge.page.paint import Edge, Icon, Rim, Surface, Text

WHITE = (255.0, 255.0, 255.0)
BLACK = (0.0, 0.0, 0.0)
PAPER = (255.0, 255.0, 255.0, 1.0, 1.0)
NIGHT = (20.0, 23.0, 28.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        (BLACK, WHITE, 21.0),
        (WHITE, BLACK, 21.0),
        (WHITE, WHITE, 1.0),
        ((119.0, 119.0, 119.0), WHITE, 4.478),  # the best-known grey that fails
        ((118.0, 118.0, 118.0), WHITE, 4.542),  # and the one that passes
        ((255.0, 0.0, 0.0), WHITE, 3.998),
    ],
)
def test_contrast_is_that_of_the_definition(one: wcag.Rgb, other: wcag.Rgb, wanted: float) -> None:
    assert wcag.contrast(one, other) == pytest.approx(wanted, abs=0.001)


def test_pictures_are_reckoned_like_single_colours() -> None:
    picture = np.array([[[0, 0, 0], [255, 255, 255]], [[119, 119, 119], [255, 0, 0]]], dtype=np.uint8)
    light = wcag.luminance(picture)
    assert light.shape == (2, 2)
    assert light == pytest.approx(wcag.luminance(picture.astype(float)))
    assert light[1, 1] == pytest.approx(0.2126)
    assert wcag.ratio(light, 1.0)[0, 0] == pytest.approx(21.0)


def test_black_and_white_differ_alike_from_the_middle() -> None:
    assert float(wcag.ratio(wcag.MIDDLE, 0.0)) == pytest.approx(float(wcag.ratio(wcag.MIDDLE, 1.0)), abs=0.01)


@pytest.mark.parametrize(
    ("top", "below", "wanted"),
    [
        ((255.0, 0.0, 0.0, 1.0), (0.0, 0.0, 255.0, 1.0), (255.0, 0.0, 0.0, 1.0)),
        ((255.0, 0.0, 0.0, 0.5), (0.0, 0.0, 255.0, 1.0), (127.5, 0.0, 127.5, 1.0)),
        ((255.0, 0.0, 0.0, 0.5), (0.0, 0.0, 0.0, 0.0), (255.0, 0.0, 0.0, 0.5)),
        ((0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_what_lies_over_what(top: wcag.Rgba, below: wcag.Rgba, wanted: wcag.Rgba) -> None:
    assert wcag.over(top, below) == pytest.approx(wanted)


def test_opacity_fades_an_element_with_all_that_it_holds() -> None:
    card = (0.0, 0.0, 255.0, 1.0, 0.5)  # a blue card at half opacity, white letters on it, on white paper
    assert paint.composed((255.0, 255.0, 255.0, 1.0), (card, PAPER)) == pytest.approx(WHITE)
    assert paint.composed(paint.CLEAR, (card, PAPER)) == pytest.approx((127.5, 127.5, 255.0))
    faded = (0.0, 0.0, 0.0, 0.0, 0.5)
    assert paint.composed((0.0, 0.0, 0.0, 1.0), (faded, PAPER)) == pytest.approx((127.5, 127.5, 127.5))


def text(size_px: float = 16.0, weight: float = 400.0, kind: paint.TextKind = "text") -> Text:
    return Text(Spot("p"), kind, "a", (119.0, 119.0, 119.0, 1.0), (PAPER,), size_px=size_px, weight=weight)


@pytest.mark.parametrize(
    ("one", "limit"),
    [
        (text(), 4.5),
        (text(size_px=23.9), 4.5),
        (text(size_px=24.0), 3.0),
        (text(size_px=18.0, weight=700.0), 4.5),
        (text(size_px=18.66, weight=700.0), 3.0),
        (text(size_px=18.66, weight=600.0), 4.5),
        (text(kind="icon"), 3.0),
        (text(kind="placeholder"), 4.5),
    ],
)
def test_large_text_needs_less(one: Text, limit: float) -> None:
    assert paint.text_limit(one) == limit
    assert paint.pale(one) is (limit == 4.5)


def test_a_ratio_is_cut_and_not_rounded() -> None:
    assert paint.cut(4.4999) == "4.49:1"
    assert paint.cut(4.5) == "4.50:1"
    assert paint.hexed((27.0, 31.4, 255.0)) == "#1b1fff"


@pytest.mark.parametrize(
    ("rims", "wanted"),
    [
        ((), 1.0),
        ((Rim((), (0.0, 0.0, 0.0, 0.0), (PAPER,)),), 1.0),
        ((Rim(((118.0, 118.0, 118.0, 1.0),), (255.0, 255.0, 255.0, 1.0), (PAPER,)),), 4.54),  # a line
        ((Rim((), (0.0, 0.0, 0.0, 1.0), (PAPER,)),), 21.0),  # a ground
        ((Rim((), paint.CLEAR, (PAPER,)), Rim((), (0.0, 0.0, 0.0, 1.0), (PAPER,))), 21.0),  # what it stands in
    ],
)
def test_an_edge_is_as_good_as_its_best_part(rims: tuple[Rim, ...], wanted: float) -> None:
    assert paint.edge_ratio(Edge(Spot("input"), "field", rims)) == pytest.approx(wanted, abs=0.01)


def test_an_icon_is_as_good_as_its_best_colour_or_its_pixels() -> None:
    both = Icon(Spot("svg"), ((255.0, 255.0, 255.0, 1.0), (0.0, 0.0, 0.0, 1.0)), (PAPER,))
    assert paint.icon_ratio(both) == pytest.approx(21.0)
    assert paint.icon_ratio(Icon(Spot("svg"), (), (PAPER,), seen=2.5)) == 2.5
    assert paint.icon_ratio(Icon(Spot("svg"), (), (PAPER,))) is None


def test_a_surface_is_as_light_as_its_layers_or_its_picture() -> None:
    assert Surface(Spot("div"), (NIGHT,)).luminance == pytest.approx(0.0087, abs=0.001)
    assert Surface(Spot("div"), (NIGHT,), picture=True, seen=0.7).luminance == 0.7
    assert Surface(Spot("div"), (NIGHT,), picture=True).luminance is None
