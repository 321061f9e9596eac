"""Defects that show with less room, larger text, a finger, or the wish for less motion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page.edit import Edit, after, style

if TYPE_CHECKING:
    from collections.abc import Mapping

_NARROW = "@media (max-width: 340px) {\n  %s\n}"
_FLOATING = """
const floating = document.getElementById("landing-title");

function float(now) {
  floating.style.transform = `translateY(${Math.sin(now / 100) * 4}px)`;
  window.requestAnimationFrame(float);
}
window.requestAnimationFrame(float);"""

_OF_REFLOW: Mapping[str, tuple[Edit, ...]] = {
    "fit-page-too-wide": (style("body { min-width: 22rem; }"),),
    "fit-code-too-wide": (style("@media (max-width: 400px) {\n  .code pre { white-space: pre; }\n}"),),
    "fit-title-cut": (style(_NARROW % ".answer > h3 { height: 1.5rem; overflow: hidden; }"),),
    "fit-answer-scrolls": (style(_NARROW % ".answer { overflow-x: auto; } .answer > h3 { min-width: 30rem; }"),),
    "fit-rating-on-text": (style(_NARROW % ".rating { margin-top: -3rem; }"),),
    "fit-export-gone": (style(_NARROW % ".toolbar button:last-child { display: none; }"),),
}
_OF_ZOOM: Mapping[str, tuple[Edit, ...]] = {
    "fit-large-text-cut": (
        style("@media (min-width: 1000px) {\n  .markdown { max-height: 96px; overflow: hidden; }\n}"),
    ),
    "fit-large-text-crammed": (style(".markdown p { line-height: 20px; }"),),
    "fit-large-label-covered": (
        style(
            ".composer { position: relative; }\n"
            ".composer label { position: absolute; top: 0; left: 0; }\n"
            ".composer-row { margin-top: 26px; }"
        ),
    ),
    "fit-theme-gone-zoomed": (
        style("@media (min-width: 500px) and (max-width: 700px) {\n  #theme { display: none; }\n}"),
    ),
}
_OF_TARGETS: Mapping[str, tuple[Edit, ...]] = {
    "fit-small-suggestions": (
        style(
            ".suggestions { flex-direction: column; align-items: start; gap: 2px; }\n"
            ".suggestions .chip { min-height: 0; padding: 0 0.5rem; font-size: 0.6875rem; line-height: 1.2; }"
        ),
    ),
    "fit-small-bar-on-phones": (
        style(
            "@media (min-width: 360px) and (max-width: 400px) {\n"
            "  .bar-actions { flex-direction: column; gap: 2px; }\n"
            "  .bar-actions button { min-height: 0; padding: 0 0.5rem; font-size: 0.8125rem; line-height: 1.1; }\n"
            "}"
        ),
    ),
}
_OF_MOTION: Mapping[str, tuple[Edit, ...]] = {
    "motion-title-nudges": (
        style(
            "@keyframes nudge { to { transform: translateX(4px); } }\n"
            ".bar h1 { animation: nudge 1.5s ease-in-out infinite alternate !important; }"
        ),
    ),
    "motion-answers-slide": (
        style(
            "@keyframes arrive { from { transform: translateY(1rem); } }\n"
            ".answer { animation: arrive 400ms ease-out !important; }"
        ),
    ),
    "motion-buttons-rise": (
        style(
            ".bar button { transition: transform 250ms !important; }\n"
            ".bar button:hover { transform: translateY(-3px); }"
        ),
    ),
    "motion-heading-floats": (after("app.js", "let busy = false;", _FLOATING),),
    "motion-page-glides": (style("html { scroll-behavior: smooth !important; }"),),
    "motion-answers-glide": (
        Edit(
            "app.js",
            'asked.scrollIntoView({ block: "start" });',
            'asked.scrollIntoView({ block: "start", behavior: "smooth" });',
        ),
    ),
}

EDITS: Mapping[str, tuple[Edit, ...]] = {**_OF_REFLOW, **_OF_ZOOM, **_OF_TARGETS, **_OF_MOTION}
