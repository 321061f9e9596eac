"""Defects of the suggested actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page.edit import Edit, after

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHIP = 'button(label, () => ask(label), { class: "chip" })'
_TAKE_AWAY = 'transcript.querySelectorAll(".suggestions, .retry")'
_SPAN = (
    "{\n"
    '      const chip = el("span", { role: "button", class: "chip" }, label);\n'
    '      chip.addEventListener("click", () => ask(label));\n'
    "      return chip;\n"
    "    }"
)

EDITS: Mapping[str, tuple[Edit, ...]] = {
    "actions-sent-twice": (
        after("app.js", "        ask(next);", "\n        api.ask(next, () => {}).catch(() => {}); // warms it up"),
    ),
    "actions-neighbour": (Edit("answer.js", _CHIP, 'button(label, () => ask(labels[0]), { class: "chip" })'),),
    "actions-cut-text": (Edit("answer.js", _CHIP, 'button(label, () => ask(label.slice(0, 16)), { class: "chip" })'),),
    "actions-dead": (Edit("answer.js", _CHIP, 'el("button", { type: "button", class: "chip" }, label)'),),
    "actions-mouse-only": (Edit("answer.js", _CHIP, _SPAN),),
    "actions-marked": (Edit("answer.js", _CHIP, 'button(`<b>${label}</b>`, () => ask(label), { class: "chip" })'),),
    "actions-shown-twice": (
        Edit("answer.js", "...labels.map((label) =>", "...labels.flatMap((label) => [label, label]).map((label) =>"),
    ),
    "actions-first-only": (Edit("answer.js", "...labels.map((label) =>", "...labels.slice(0, 1).map((label) =>"),),
    "actions-built-in": (
        Edit(
            "answer.js",
            "  if (labels.length === 0) return null;",
            '  labels.push("Tell me more about it", "Explain it in simple words");',
        ),
    ),
    "actions-not-shown": (Edit("answer.js", "if (labels.length === 0)", "if (labels.length !== 0)"),),
    "actions-not-refreshed": (Edit("app.js", _TAKE_AWAY, 'transcript.querySelectorAll(".retry")'),),
    "actions-usable-while-busy": (
        Edit("app.js", _TAKE_AWAY, 'transcript.querySelectorAll(".retry")'),
        Edit(
            "app.js",
            "    fill(article, answer, {",
            '    for (const old of transcript.querySelectorAll(".suggestions")) old.remove();\n'
            "    fill(article, answer, {",
        ),
    ),
}
