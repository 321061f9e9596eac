"""Contrast by pixels, for texts whose colours alone don't tell it: over pictures and gradients, under veils.

Three pictures of the same place: as it is, with all letters clear, with all letters in a colour that stands out
anywhere. Where the last two differ most, a letter covers the pixel whole; there, what is seen is compared with what
would be seen without it. Sizes are in device pixels of those pictures.
"""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from harness.judge.page import wcag
from harness.judge.page.paint import Seen
from harness.observe.page import scripts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from harness.judge.page.finding import Box, Picture
    from harness.judge.page.paint import Text
    from harness.observe.page.tab import Tab

INK: Final = "rgb(255, 0, 255)"
WHOLE: Final = 0.9  # of the most that any pixel of the text is covered
LEAST: Final = 0.1  # covered less than this everywhere: no letter was found
FEWEST: Final = 4  # pixels of a place
WORST: Final = 0.1  # quantile of the places
THROUGH: Final = "a background shows through its letters"  # as colours.js says it
_MARGIN_PX: Final = 2.0


def settle(tab: Tab, texts: Sequence[Text]) -> tuple[Text, ...]:
    """Return the texts, those that are doubtful with what their pixels say.

    The page must be as it was when they were read, its transitions frozen.
    """
    doubtful = [text for text in texts if text.doubts and not _unreadable(text)]
    clip = _clip(tab, [text.spot.box for text in doubtful if text.spot.box is not None])
    if clip is None:
        return tuple(texts)
    normal = _shot(tab, clip)
    bare = _inked(tab, clip, "rgba(0, 0, 0, 0)")
    inked = _inked(tab, clip, INK)
    _ = tab.run(scripts.text("ink.js"), None)
    scale = normal.shape[1] / clip[2]
    found: list[Text] = []
    for text in texts:
        box = text.spot.box
        if not text.doubts or box is None or _unreadable(text):
            found.append(text)
            continue
        at = (box[0] - clip[0], box[1] - clip[1], box[2], box[3])
        parts = [part(picture, at, scale) for picture in (normal, bare, inked)]
        found.append(replace(text, seen=glyphs(parts[0], parts[1], parts[2], round(text.size_px * scale))))
    return tuple(found)


def glyphs(normal: NDArray[Any], bare: NDArray[Any], inked: NDArray[Any], em: int) -> Seen | None:
    """Return the contrast of letters from three pictures of one size (bytes, RGB); None where no letter is in them.

    Each place of one em both ways has its median ratio; the worst tenth of the places counts.
    """
    if normal.size == 0:
        return None
    ground = bare.astype(float)
    ink = np.array([255.0, 0.0, 255.0])
    room = np.maximum(np.abs(ink - ground).max(axis=-1), 1.0)
    cover = np.abs(inked.astype(float) - ground).max(axis=-1) / room
    most = float(cover.max())
    if most < LEAST:
        return None
    rows, columns = np.nonzero(cover >= WHOLE * most)
    ratios = wcag.ratio(wcag.luminance(normal), wcag.luminance(bare))[rows, columns]
    size = max(em, 1)
    places = rows // size * (normal.shape[1] // size + 1) + columns // size
    local = [ratios[places == place] for place in np.unique(places)]
    medians = [float(np.median(one)) for one in local if len(one) >= FEWEST] or [float(np.median(ratios))]
    return Seen(float(np.quantile(medians, WORST, method="lower")), len(ratios))


def drawing(picture: NDArray[Any]) -> float | None:
    """Return the contrast of a small picture with what lies along its border; None where there is no picture."""
    if min(picture.shape[:2]) < 3:
        return None
    light = wcag.luminance(picture)
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    return float(np.quantile(wcag.ratio(light, np.median(border)), 0.95))


def lightness(picture: NDArray[Any]) -> float | None:
    """Return the median luminance of a picture; None where there is none."""
    return float(np.median(wcag.luminance(picture))) if picture.size else None


def of(tab: Tab, picture: Picture) -> NDArray[Any]:
    """Return the pixels of a picture that a tab took, one CSS px each."""
    return np.asarray(Image.open(tab.folder / picture.file).convert("RGB"))


def part(picture: NDArray[Any], box: Box, scale: float = 1.0) -> NDArray[Any]:
    """Return what of a picture lies in a box (CSS px); nothing where it lies outside."""
    left, top = max(0, math.floor(box[0] * scale)), max(0, math.floor(box[1] * scale))
    right, bottom = max(0, math.ceil((box[0] + box[2]) * scale)), max(0, math.ceil((box[1] + box[3]) * scale))
    return picture[top:bottom, left:right]


def _unreadable(text: Text) -> bool:
    """Tell whether no letter of its own can be told by colouring it."""
    return THROUGH in text.doubts or (text.kind == "typed" and not text.text)


def _clip(tab: Tab, boxes: Sequence[Box]) -> Box | None:
    """Return what of the viewport holds all boxes; None where there is no box in it."""
    width, height = tab.run("() => [window.innerWidth, window.innerHeight]")
    inside = [b for b in boxes if b[0] < width and b[1] < height and b[0] + b[2] > 0 and b[1] + b[3] > 0]
    if not inside:
        return None
    left = max(0.0, math.floor(min(b[0] for b in inside) - _MARGIN_PX))
    top = max(0.0, math.floor(min(b[1] for b in inside) - _MARGIN_PX))
    right = min(float(width), math.ceil(max(b[0] + b[2] for b in inside) + _MARGIN_PX))
    bottom = min(float(height), math.ceil(max(b[1] + b[3] for b in inside) + _MARGIN_PX))
    return (left, top, right - left, bottom - top)


def _inked(tab: Tab, clip: Box, colour: str) -> NDArray[Any]:
    _ = tab.run(scripts.text("ink.js"), colour)
    return _shot(tab, clip)


def _shot(tab: Tab, clip: Box) -> NDArray[Any]:
    taken = tab.page.screenshot(
        clip={"x": clip[0], "y": clip[1], "width": clip[2], "height": clip[3]},
        animations="disabled",
        caret="hide",
        scale="device",
    )
    return np.asarray(Image.open(io.BytesIO(taken)).convert("RGB"))
