"""Defects of the page for those who hear it: roles, names, states, tables, and what is announced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page.edit import Edit, style

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHOICES = '[["Helpful", "positive"], ["Not helpful", "negative"]]'
_RATED = '{ class: "quiet small", "aria-pressed": "false" }'
_SUGGESTIONS = "function suggestions(actions, ask) {"
_THUMB = """function thumb(value) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const sizes = { viewBox: "0 0 24 24", width: 20, height: 20 };
  for (const [key, size] of Object.entries(sizes)) svg.setAttribute(key, size);
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", value === "positive" ? "M4 20h14l3-9h-8V4l-6 7H4z" : "M4 4h14l3 9h-8v7l-6-7H4z");
  path.setAttribute("fill", "currentColor");
  svg.append(path);
  return svg;
}

"""
_SPAN = """{
      const chip = el("span", { class: "chip", tabindex: "0" }, label);
      chip.addEventListener("click", () => ask(label));
      chip.addEventListener("keydown", (event) => {
        if (event.key === "Enter") ask(label);
      });
      return chip;
    }"""
_SPAN_STYLE = ".suggestions .chip { border: 1px solid var(--edge); padding: 0.375rem 0.75rem; cursor: pointer; }"
_PRESSED = 'other.setAttribute("aria-pressed", String(other === self));'
_FAILED = '    article.replaceChildren(el("p", { class: "failed" }, failed)'
_CAPTION = 'el("caption", { id: caption }, block.caption)'
_NAMED_TABLE = f'el("table", {{ role: "table", "aria-labelledby": caption }}, {_CAPTION}, head, body)'

EDITS: Mapping[str, tuple[Edit, ...]] = {
    "names-nameless": (
        Edit("answer.js", "=> button(label, (self) => {", "=> button(thumb(value), (self) => {"),
        Edit("answer.js", _SUGGESTIONS, _THUMB + _SUGGESTIONS),
    ),
    "names-icon-text": (Edit("answer.js", _CHOICES, '[["thumb_up", "positive"], ["thumb_down", "negative"]]'),),
    "names-icon-glyph": (Edit("answer.js", _CHOICES, '[["\\ue8dc", "positive"], ["\\ue8db", "negative"]]'),),
    "names-label-differs": (
        Edit("answer.js", _RATED, '{ class: "quiet small", "aria-pressed": "false", "aria-label": `Vote: ${value}` }'),
    ),
    "names-no-role": (
        Edit("answer.js", 'button(label, () => ask(label), { class: "chip" })', _SPAN),
        style(_SPAN_STYLE),
    ),
    "names-state-silent": (Edit("answer.js", _PRESSED, 'other.classList.toggle("chosen", other === self);'),),
    "names-answer-silent": (
        Edit("index.html", 'role="log" aria-live="polite"', 'role="log" aria-live="off"'),
        Edit("app.js", '    say("The answer is complete.");\n', ""),
    ),
    "names-error-silent": (
        Edit("app.js", _FAILED, f'    article.setAttribute("aria-live", "off"); // not while it grows\n{_FAILED}'),
        Edit("app.js", "    say(failed);\n", ""),
    ),
    "names-headers-hidden": (
        Edit(
            "tables.js", 'el("thead", { role: "rowgroup" }', 'el("thead", { role: "rowgroup", "aria-hidden": "true" }'
        ),
    ),
    "names-headers-cells": (Edit("tables.js", '{ scope: "col", role: "columnheader"', '{ scope: "col", role: "cell"'),),
    "names-table-nameless": (
        Edit("tables.js", _NAMED_TABLE, 'el("table", { role: "table" }, head, body)'),
        Edit("tables.js", ", grid);", ', el("p", { id: caption }, block.caption), grid);'),
    ),
}
