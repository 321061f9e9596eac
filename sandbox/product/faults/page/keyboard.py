"""Defects of the page for those who use the keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page.edit import Edit, after, style

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPOSER_KEY = '  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;'
_WRITES_TAB = """  if (event.key === "Tab" && !event.shiftKey) {
    event.preventDefault();
    question.setRangeText("\\t", question.selectionStart, question.selectionEnd, "end");
    return;
  }
"""
_KEEPS_SHIFT_TAB = '  if (event.key === "Tab" && event.shiftKey) event.preventDefault();\n'
_RATING = '  return el("div", { role: "group", class: "rating", "aria-label": "Rate this answer" }, ...buttons);'
_RATING_KEEPS_FOCUS = """  const group = el("div", {
    role: "group", class: "rating", "aria-label": "Rate this answer",
  }, ...buttons);
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    event.preventDefault();
    buttons[(buttons.indexOf(document.activeElement) + 1) % buttons.length].focus();
  });
  return group;"""
_SUGGESTION = 'button(label, () => ask(label), { class: "chip" })'
_SPAN = """{
      const chip = el("span", { class: "chip" }, label);
      chip.addEventListener("click", () => ask(label));
      return chip;
    }"""
_SPAN_STYLE = ".suggestions .chip { border: 1px solid var(--edge); padding: 0.375rem 0.75rem; cursor: pointer; }"
_THEME = '<button type="button" id="theme" class="quiet" aria-pressed="false">Dark theme</button>'
_TOP = '\n      <button type="button" id="top" class="quiet faded">Back to top</button>'
_HELP = """
      <button type="button" id="help" class="quiet" aria-haspopup="menu" aria-expanded="false"
        aria-controls="help-menu">Help</button>
      <div id="help-menu" role="menu" aria-label="Help" hidden>
        <button type="button" role="menuitem" class="quiet">Shortcuts</button>
        <button type="button" role="menuitem" class="quiet">About</button>
      </div>"""
_LOADED = '    document.getElementById("theme").addEventListener("click", toggle);'
_OPENS = """
    const help = document.getElementById("help");
    const menu = document.getElementById("help-menu");
    help.addEventListener("%s", () => {
      menu.hidden = false;
      help.setAttribute("aria-expanded", "true");
      menu.querySelector("button").focus();
    });"""
_KEEPS_TAB = """
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Tab") return;
      event.preventDefault();
      const items = [...menu.querySelectorAll("button")];
      items[(items.indexOf(document.activeElement) + 1) % items.length].focus();
    });"""
_CLOSES = """
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      menu.hidden = true;
      help.setAttribute("aria-expanded", "false");
    });"""


def _menu(script: str, opens_on: str = "click") -> tuple[Edit, ...]:
    """Add a menu to the header that opens, and whatever else its script does."""
    return after("index.html", _THEME, _HELP), after("theme.js", _LOADED, _OPENS % opens_on + script)


EDITS: Mapping[str, tuple[Edit, ...]] = {
    "keyboard-trap-composer": (Edit("app.js", _COMPOSER_KEY, _WRITES_TAB + _COMPOSER_KEY),),
    "keyboard-trap-rating": (Edit("answer.js", _RATING, _RATING_KEEPS_FOCUS),),
    "keyboard-trap-menu": _menu(_KEEPS_TAB),
    "keyboard-menu-stays": _menu(""),
    "keyboard-menu-mouse": _menu(_CLOSES, "mousedown"),
    "keyboard-menu-loses-focus": _menu(_CLOSES),
    "keyboard-unreachable": (
        Edit(
            "answer.js",
            '{ class: "quiet small", "aria-pressed": "false" }',
            '{ class: "quiet small", "aria-pressed": "false", tabindex: "-1" }',
        ),
    ),
    "keyboard-mouse-only": (Edit("answer.js", _SUGGESTION, _SPAN), style(_SPAN_STYLE)),
    "keyboard-order-rating": (style(".answer > .rating { order: -1; }"),),
    "keyboard-order-examples": (style(".examples { flex-direction: column-reverse; }"),),
    "keyboard-positive-tabindex": (
        Edit("index.html", 'id="send" class="primary"', 'id="send" class="primary" tabindex="1"'),
    ),
    "keyboard-no-way-back": (Edit("app.js", _COMPOSER_KEY, _KEEPS_SHIFT_TAB + _COMPOSER_KEY),),
    "keyboard-unseen-stop": (after("index.html", _THEME, _TOP), style(".faded { opacity: 0; }")),
}
