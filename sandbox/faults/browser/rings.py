"""Faults of the focus ring: the page works with the keyboard, and does not show where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults.fault import Fault, V

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.faults.fault import Expected


def _ring(name: str, does: str, implied: Mapping[str, Expected] | None = None) -> Fault:
    return Fault(name, does, "page", "AX-03", implied=implied or {}, phase="a11y")


FAULTS: tuple[Fault, ...] = (
    _ring("ring-removed", "the buttons of tables and ratings have no focus ring"),
    _ring("ring-too-faint", "the buttons at the top have a thin ring in a colour close to the ground's"),
    _ring("ring-only-a-tint", "a rating with focus is tinted a little, and has no ring"),
    _ring("ring-mouse-only", "the send button has a ring while the mouse presses it, and none for the keyboard"),
    _ring("ring-clipped", "the rings of the example questions are cut off by the list's items"),
    _ring("ring-behind", "the rings of a table's buttons are drawn behind the answer they stand on"),
    _ring("ring-fades", "the ring of the theme button fades away within a second"),
    _ring("ring-lost-in-forced-colours", "the rings at the top are shadows, which forced colours take away"),
    _ring("ring-lost-in-dark", "the rings of suggestions and examples are dark in the dark theme too"),
    _ring(
        "ring-under-the-bar",
        "buttons that the keyboard reaches lie behind the bar at the bottom",
        {"AX-02": V},  # focus that nobody can see is the keyboard's finding too
    ),
)
