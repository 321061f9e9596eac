"""Defects of contrast: in one theme or one state only, over gradients and under veils, of what is no text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page.edit import Edit, style

if TYPE_CHECKING:
    from collections.abc import Mapping

PLUS = (
    '<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">'
    '<path d="M8 2v12M2 8h12" stroke="#7d848e" stroke-opacity="0.5" stroke-width="2" fill="none"/></svg>'
)

EDITS: Mapping[str, tuple[Edit, ...]] = {
    "contrast-pale-hint": (style(":root:not(.dark) .hint { color: #9aa1ab; }"),),
    "contrast-pale-hover": (style("button.quiet:hover { color: #9db4d8; }"),),
    "contrast-pale-in-dark": (style(".dark .answer h3 { color: #5b626d; }"),),
    "contrast-over-gradient": (
        style(".asked { background: linear-gradient(90deg, #0b57d0, #e6eefc); color: #ffffff; }"),
    ),
    "contrast-pale-focus": (style(".chip:focus-visible { color: #8ab4f8; }"),),
    "contrast-pale-placeholder": (style(":root:not(.dark) textarea::placeholder { color: #c3c8d0; }"),),
    "contrast-faded-rating": (style(".rating button { color: color-mix(in srgb, var(--text) 40%, transparent); }"),),
    "contrast-veiled-code": (
        style(
            ".code { position: relative; }\n"
            '.code::after { content: ""; position: absolute; inset: 0; background: var(--ground); opacity: 0.7; }'
        ),
    ),
    "contrast-field-edge": (style("textarea { border-color: var(--line); }"),),
    "contrast-pale-icon": (
        Edit("index.html", 'class="quiet">New conversation<', f'class="quiet">{PLUS} New conversation<'),
    ),
}
