"""Defects of tables on phones, and of the layout of the main controls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page.edit import Edit, after, style

if TYPE_CHECKING:
    from collections.abc import Mapping

_NARROW = "@media (max-width: 767.98px) {"
_ON_PHONES = _NARROW + "\n  %s\n}"
_PARTS = 'return el("div", { class: "table-block" }, bar, frame);'
_CARDS = """const cards = el("ul", { class: "cards" }, ...rows.map((row) => el("li", {},
    ...row.map((cell, i) => el("p", {}, `${headers[i]}: ${cell}`)))));
  return el("div", { class: "table-block" }, bar, frame, cards);"""
_FORGETS = """
  window.matchMedia("(max-width: 767.98px)").addEventListener("change", (now) => {
    if (now.matches) head.hidden = true; // the cards' labels say it
  });"""
_FOOT = "  </footer>"

_OF_CARDS: Mapping[str, tuple[Edit, ...]] = {
    "cards-none-on-phones": (Edit("app.css", _NARROW, "@media (min-width: 480px) and (max-width: 767.98px) {"),),
    "cards-missing-at-767": (Edit("app.css", _NARROW, "@media (max-width: 766.98px) {"),),
    "cards-still-at-768": (Edit("app.css", _NARROW, "@media (max-width: 768px) {"),),
    "cards-labels-lost": (Edit("app.css", "content: attr(data-label)", "content: attr(data-title)"),),
    "cards-too-wide": (Edit("app.css", "minmax(0, 2fr) minmax(0, 3fr)", "minmax(16rem, 2fr) minmax(16rem, 3fr)"),),
    "cards-and-table": (
        Edit("tables.js", _PARTS, _CARDS),
        style(".cards { display: none; }\n" + _ON_PHONES % ".cards { display: grid; gap: 0.5rem; }"),
    ),
    "cards-drop-columns": (style(_ON_PHONES % "td:nth-child(n + 4) { display: none; }"),),
    "cards-drop-rows": (style(_ON_PHONES % "tbody tr:nth-child(n + 4) { display: none; }"),),
    "cards-small-print": (style(_ON_PHONES % "td { font-size: 0.625rem; }"),),
    "cards-small-tools": (
        style(
            _ON_PHONES % ".toolbar button { min-height: 0; padding: 0 0.5rem; font-size: 0.75rem; line-height: 1.25; }"
        ),
    ),
    "cards-header-not-back": (after("tables.js", "  reachable(frame, caption);", _FORGETS),),
    "cards-roles-implicit": (
        Edit("tables.js", 'role: "table", ', ""),
        Edit("tables.js", '...rows.map((row) => el("tr", { role: "row" },', '...rows.map((row) => el("tr", {},'),
        Edit("tables.js", 'role: "cell", ', ""),
    ),
}

_OF_LAYOUT: Mapping[str, tuple[Edit, ...]] = {
    "layout-badge-over-send": (
        after("index.html", _FOOT, '\n  <div class="beta">Beta</div>'),
        style(
            ".beta { display: none; }\n"
            "@media (min-width: 1200px) and (max-width: 1500px) {\n"
            "  .beta { display: block; position: fixed; right: 10.5rem; bottom: 2rem; width: 7rem; height: 3.5rem;\n"
            "    padding: 1rem; background: var(--mine); border: 1px solid var(--edge); border-radius: 0.5rem; }\n"
            "}"
        ),
    ),
    "layout-send-outside": (
        style(
            "@media (min-width: 360px) and (max-width: 400px) {\n"
            "  #send { position: fixed; right: -8rem; bottom: 1rem; }\n"
            "}"
        ),
    ),
    "layout-notice-over-composer": (
        after("index.html", _FOOT, '\n  <div class="notice">Questions are kept for 30 days.</div>'),
        style(
            ".notice { display: none; }\n"
            "@media (max-width: 340px) {\n"
            "  .notice { display: block; position: fixed; inset: auto 0 0; height: 10rem; padding: 1rem;\n"
            "    background: var(--raised); border-top: 1px solid var(--edge); }\n"
            "}"
        ),
    ),
    "layout-theme-over-new": (
        style("@media (min-width: 768px) and (max-width: 800px) {\n  #theme { margin-inline-start: -5rem; }\n}"),
    ),
    "layout-new-gone": (style("@media (max-width: 340px) {\n  #new { display: none; }\n}"),),
    "layout-send-untouchable": (style("@media (min-width: 1800px) {\n  #send { pointer-events: none; }\n}"),),
}

EDITS: Mapping[str, tuple[Edit, ...]] = {**_OF_CARDS, **_OF_LAYOUT}
