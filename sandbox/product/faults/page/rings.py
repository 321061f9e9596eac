"""Defects of how the page shows where the keyboard is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page.edit import style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.product.faults.page.edit import Edit

_RING = "0 0 0 2px var(--ground), 0 0 0 5px var(--accent)"

EDITS: Mapping[str, tuple[Edit, ...]] = {
    "ring-removed": (style(".rating button:focus-visible, .toolbar button:focus-visible { outline: none; }"),),
    "ring-too-faint": (style(".bar-actions button:focus-visible { outline: 1px solid var(--line); }"),),
    "ring-only-a-tint": (style(".rating button:focus-visible { outline: none; background: var(--hover); }"),),
    "ring-mouse-only": (
        style(
            "#send:focus-visible { outline: none; }\n"
            "#send:active { outline: 3px solid var(--accent); outline-offset: 2px; }"
        ),
    ),
    "ring-clipped": (style(".examples li { overflow: hidden; }"),),
    "ring-behind": (
        style(
            ".toolbar button { position: relative; }\n"
            ".toolbar button:focus-visible { outline: none; }\n"
            '.toolbar button:focus-visible::after { content: ""; position: absolute; inset: -5px; z-index: -1; '
            "border: 3px solid var(--accent); border-radius: 0.75rem; }"
        ),
    ),
    "ring-fades": (
        style(
            "@keyframes ring-fades { to { outline-color: transparent; } }\n"
            "#theme:focus-visible { animation: ring-fades 0.6s forwards; }"
        ),
    ),
    "ring-lost-in-forced-colours": (
        style(f".bar-actions button:focus-visible {{ outline: none; box-shadow: {_RING}; }}"),
    ),
    "ring-lost-in-dark": (style(".chip:focus-visible { outline-color: #10131a; }"),),
    "ring-under-the-bar": (style("html { scroll-padding: 0; }\n.foot { padding-bottom: 6rem; }"),),
}
