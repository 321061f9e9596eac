"""Faults of contrast that whoever measures it in all themes and states must find."""

from __future__ import annotations

from sandbox.faults.fault import Fault


def _contrast(name: str, does: str) -> Fault:
    return Fault(name, does, "page", "AX-05", phase="a11y")


FAULTS: tuple[Fault, ...] = (
    _contrast("contrast-pale-hint", "the hint below the question is pale grey in the light theme"),
    _contrast("contrast-pale-hover", "the text of quiet buttons turns pale under the pointer"),
    _contrast("contrast-pale-in-dark", "the titles of answers are dark grey in the dark theme"),
    _contrast("contrast-over-gradient", "questions in the transcript are white on a gradient that ends nearly white"),
    _contrast("contrast-pale-focus", "the text of examples and suggestions turns pale while they have focus"),
    _contrast("contrast-pale-placeholder", "the placeholder is pale grey in the light theme"),
    _contrast("contrast-faded-rating", "the words on the rating buttons are faded to four tenths"),
    _contrast("contrast-veiled-code", "a veil in the ground's colour lies over code"),
    _contrast("contrast-field-edge", "the field for the question has an edge as faint as a dividing line"),
    _contrast("contrast-pale-icon", "an icon is drawn in half a grey that hardly shows in either theme"),
)
