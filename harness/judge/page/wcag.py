"""Luminance and contrast of colours, after the definitions of WCAG 2.2; and what lies over what.

Colours are sRGB, 0 to 255 a channel. Whole pictures are reckoned at once.
Formulas: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance and #dfn-contrast-ratio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Rgb: TypeAlias = tuple[float, float, float]
"""Red, green and blue, 0 to 255."""

Rgba: TypeAlias = tuple[float, float, float, float]
"""Red, green and blue, 0 to 255, and alpha, 0 to 1."""

MIDDLE: Final = 0.179
"""The luminance from which black and white differ by the same ratio, 4.58: below it a ground is dark."""

_WEIGHTS: Final = np.array([0.2126, 0.7152, 0.0722])


def _linear(share: NDArray[Any]) -> NDArray[np.float64]:
    """Undo sRGB's transfer curve for shares of full light, 0 to 1."""
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


_OF_BYTE: Final = _linear(np.arange(256) / 255.0)


def luminance(rgb: ArrayLike) -> NDArray[np.float64]:
    """Return the relative luminance (0 black, 1 white) of colours whose channels are the last axis."""
    channels: NDArray[Any] = np.asarray(rgb)
    bytes_ = channels.dtype == np.uint8
    light = _OF_BYTE[channels] if bytes_ else _linear(np.clip(channels.astype(float) / 255.0, 0.0, 1.0))
    return np.asarray(light @ _WEIGHTS, dtype=np.float64)


def ratio(one: ArrayLike, other: ArrayLike) -> NDArray[np.float64]:
    """Return the contrast ratio (1 to 21) of two luminances, in either order."""
    first: NDArray[Any] = np.asarray(one, dtype=np.float64)
    second: NDArray[Any] = np.asarray(other, dtype=np.float64)
    return (np.maximum(first, second) + 0.05) / (np.minimum(first, second) + 0.05)


def lightness(colour: Rgb) -> float:
    """Return one colour's relative luminance."""
    return float(luminance(colour))


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of two opaque colours."""
    return float(ratio(lightness(one), lightness(other)))


def over(top: Rgba, below: Rgba) -> Rgba:
    """Return what is seen of a colour laid over another (source-over, as CSS composites in sRGB)."""
    alpha = top[3] + below[3] * (1 - top[3])
    if alpha <= 0:
        return (0.0, 0.0, 0.0, 0.0)
    red, green, blue = (
        (above * top[3] + under * below[3] * (1 - top[3])) / alpha
        for above, under in zip(top[:3], below[:3], strict=True)
    )
    return (red, green, blue, alpha)
