"""Defects of the landing page's examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page.edit import Edit

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLICKED = 'api.tell("example_clicked", { text });'
_PRESSED = f"{_CLICKED}\n      ask(text);"
_FOUND = "[...new Set(found)].slice(0, 5)"
_ON_KEY = 'question.addEventListener("keydown", (event) => {'

EDITS: Mapping[str, tuple[Edit, ...]] = {
    "examples-fallback": (Edit("api.js", "(body?.examples ?? [])", "(body?.prompts ?? [])"),),
    "examples-same-request": (
        Edit("api.js", 'fetch("/api/prompts/examples?n=5"', 'fetch("/api/prompts/examples?n=5&seed=7"'),
    ),
    "examples-shown-twice": (Edit("api.js", _FOUND, "[found[0], ...found].slice(0, 5)"),),
    "examples-too-few": (Edit("api.js", _FOUND, "[...new Set(found)].slice(0, 2)"),),
    "examples-blank": (Edit("api.js", _FOUND, '[...new Set(found), ""].slice(-5)'),),
    "examples-dead": (Edit("app.js", _PRESSED, _CLICKED),),
    "examples-neighbour": (Edit("app.js", _PRESSED, f"{_CLICKED}\n      ask(texts[0]);"),),
    "examples-sent-twice": (
        Edit("app.js", _PRESSED, f"{_PRESSED}\n      api.ask(text, () => {{}}).catch(() => {{}}); // warms it up"),
    ),
    "examples-unfilled": (Edit("app.js", "button(text, () => {", 'button("${text}", () => {'),),
    "examples-reshuffled": (
        Edit("app.js", _ON_KEY, f'question.addEventListener("input", () => showExamples());\n\n{_ON_KEY}'),
    ),
}
