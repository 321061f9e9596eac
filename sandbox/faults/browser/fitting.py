"""Faults that show with less room, larger text, a finger, or the wish for less motion."""

from __future__ import annotations

from sandbox.faults.fault import Fault


def _of(line: str, name: str, does: str) -> Fault:
    return Fault(name, does, "page", line, phase="a11y")


FAULTS: tuple[Fault, ...] = (
    _of("AX-06", "fit-page-too-wide", "the page is never narrower than 352 px"),
    _of("AX-06", "fit-code-too-wide", "on narrow screens lines of code don't wrap, and widen the page"),
    _of("AX-06", "fit-title-cut", "at 320 px a title keeps the height of one line and hides the others"),
    _of("AX-06", "fit-answer-scrolls", "at 320 px each answer has to be scrolled sideways for its title"),
    _of("AX-06", "fit-rating-on-text", "at 320 px the rating lies on the end of the answer"),
    _of("AX-06", "fit-export-gone", "at 320 px a table can't be exported"),
    _of("AX-07", "fit-large-text-cut", "a paragraph has a height in px that larger text does not fit into"),
    _of("AX-07", "fit-large-text-crammed", "the height of a line is given in px, so that larger lines collide"),
    _of("AX-07", "fit-large-label-covered", "the composer comes 26 px below its label, whatever the label's size"),
    _of("AX-07", "fit-theme-gone-zoomed", "the theme can't be changed in a window that is zoomed to 200%"),
    _of("AX-08", "fit-small-suggestions", "the suggested questions are lines of 15 px, 2 px apart"),
    _of("AX-08", "fit-small-bar-on-phones", "on a phone the buttons at the top are 16 px high, 2 px apart"),
    _of("AX-09", "motion-title-nudges", "the title is nudged for ever, whatever motion somebody wants"),
    _of("AX-09", "motion-answers-slide", "answers slide in, whatever motion somebody wants"),
    _of("AX-09", "motion-buttons-rise", "buttons rise under the pointer, whatever motion somebody wants"),
    _of("AX-09", "motion-heading-floats", "a script lets a heading float and never asks whether it may"),
    _of("AX-09", "motion-page-glides", "the page scrolls smoothly, whatever motion somebody wants"),
    _of("AX-09", "motion-answers-glide", "a script glides to each new answer and never asks whether it may"),
)
