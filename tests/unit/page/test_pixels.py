"""Contrast by pixels: letters over flat grounds, gradients and under veils, drawn here as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harness.observe.page import pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEIGHT, WIDTH, EM = 32, 320, 32
WHITE, BLACK, GREY = (255, 255, 255), (0, 0, 0), (119, 119, 119)
BARS = np.zeros((HEIGHT, WIDTH), dtype=bool)
BARS[8:24, 2::8] = True
BARS[8:24, 3::8] = True


def flat(colour: tuple[int, int, int]) -> NDArray[Any]:
    return np.full((HEIGHT, WIDTH, 3), colour, dtype=np.uint8)


def gradient() -> NDArray[Any]:
    """From black on the left to white on the right."""
    shades = np.linspace(0, 255, WIDTH).astype(np.uint8)
    return np.repeat(np.repeat(shades[None, :, None], HEIGHT, axis=0), 3, axis=2)


def written(ground: NDArray[Any], colour: tuple[int, int, int], bars: NDArray[Any] = BARS) -> NDArray[Any]:
    picture = ground.copy()
    picture[bars] = colour
    return picture


def seen(ground: NDArray[Any], colour: tuple[int, int, int], veil: float = 0.0) -> pixels.Seen | None:
    """Return what is seen of letters of a colour on a ground, under a veil of white."""

    def veiled(picture: NDArray[Any]) -> NDArray[Any]:
        return np.rint(picture * (1 - veil) + 255 * veil).astype(np.uint8)

    pictures = [written(ground, colour), ground, written(ground, (255, 0, 255))]
    normal, bare, inked = (veiled(picture) for picture in pictures)
    return pixels.glyphs(normal, bare, inked, EM)


@pytest.mark.parametrize(("colour", "wanted"), [(BLACK, 21.0), (GREY, 4.478), (WHITE, 1.0)])
def test_letters_on_a_flat_ground_have_the_contrast_of_their_colour(
    colour: tuple[int, int, int], wanted: float
) -> None:
    found = seen(flat(WHITE), colour)
    assert found is not None
    assert found.ratio == pytest.approx(wanted, abs=0.01)
    assert found.pixels == BARS.sum()


def test_on_a_gradient_the_worst_place_counts() -> None:
    found = seen(gradient(), WHITE)
    assert found is not None
    assert found.ratio < 1.3


def test_a_veil_takes_from_the_contrast() -> None:
    found = seen(flat(WHITE), BLACK, veil=0.7)
    assert found is not None
    assert found.ratio == pytest.approx(2.1, abs=0.2)


def test_grey_edges_of_letters_don_t_count() -> None:
    edges = np.roll(BARS, 2, axis=1) & ~BARS
    normal = written(written(flat(WHITE), BLACK), (200, 200, 200), edges)
    inked = written(written(flat(WHITE), (255, 0, 255)), (255, 200, 255), edges)
    found = pixels.glyphs(normal, flat(WHITE), inked, EM)
    assert found is not None
    assert found.ratio == pytest.approx(21.0)


def test_where_no_letter_is_nothing_is_told() -> None:
    assert pixels.glyphs(flat(WHITE), flat(WHITE), flat(WHITE), EM) is None
    nothing = flat(WHITE)[:0]
    assert pixels.glyphs(nothing, nothing, nothing, EM) is None


def test_a_drawing_is_told_from_what_lies_along_its_border() -> None:
    icon = flat(WHITE)[:, :32].copy()
    assert pixels.drawing(icon) == pytest.approx(1.0)
    icon[10:22, 10:22] = BLACK
    assert pixels.drawing(icon) == pytest.approx(21.0)
    assert pixels.drawing(icon[:2]) is None


def test_a_part_is_cut_at_the_picture_s_edges() -> None:
    picture = flat(WHITE)
    assert pixels.part(picture, (-5.0, 0.0, 10.0, 4.0)).shape == (4, 5, 3)
    assert pixels.part(picture, (1.0, 1.0, 4.0, 4.0), 2.0).shape == (8, 8, 3)
    assert pixels.part(picture, (1000.0, 0.0, 10.0, 4.0)).size == 0
    assert pixels.part(picture, (-50.0, 0.0, 10.0, 4.0)).size == 0
    assert pixels.lightness(pixels.part(picture, (1000.0, 0.0, 10.0, 4.0))) is None
