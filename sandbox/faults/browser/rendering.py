"""Faults in how fast the page draws an answer."""

from __future__ import annotations

from sandbox.faults.fault import Fault


def _drawn(name: str, does: str, primary: str | None = "PD-03") -> Fault:
    return Fault(name, does, "page", primary, phase="postdeploy")


FAULTS: tuple[Fault, ...] = (
    _drawn("render-work-140", "the page works 140 ms on each answer before it shows it"),
    _drawn("render-tenth-400", "the page works 400 ms on one answer in ten"),
    _drawn(
        "render-grows", "the page works 30 ms for each answer that is already there, so that the later ones are slow"
    ),
    _drawn("render-debounced", "the page waits for 200 ms of quiet before it draws a whole answer"),
    _drawn("render-typed", "the page types an answer's title out, a letter every 15 ms"),
    _drawn("render-work-100", "the page works 100 ms on each answer, which is within the limit", None),
)
