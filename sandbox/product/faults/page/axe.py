"""Defects that automated rules know: roles, names, languages, structure; some in one theme or state alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page.edit import Edit, after, style

if TYPE_CHECKING:
    from collections.abc import Mapping

_THEME_BUTTON = '<button type="button" id="theme" class="quiet" aria-pressed="false">Dark theme</button>'
_NEW_BUTTON = '<button type="button" id="new" class="quiet">New conversation</button>'
_STARTS = "let busy = false;"  # of app.js: behind it all elements that it needs are known
_FAILED = 'el("p", { class: "failed" }, failed)'

_IN_A_FRAME = """

const usage = document.createElement("iframe");
usage.title = "Usage";
usage.tabIndex = -1;
usage.className = "usage";
document.querySelector("main").append(usage);
const meter = usage.contentDocument.createElement("div");
meter.setAttribute("role", "meter");
meter.setAttribute("aria-valuenow", "40");
meter.style.height = "8px";
usage.contentDocument.body.append(meter);
"""
_IN_A_SHADOW_ROOT = """

customElements.define("usage-meter", class extends HTMLElement {
  connectedCallback() {
    const meter = document.createElement("div");
    meter.setAttribute("role", "meter");
    meter.setAttribute("aria-valuenow", "40");
    meter.style.height = "8px";
    this.attachShadow({ mode: "open" }).append(meter);
  }
});
document.querySelector("main").append(document.createElement("usage-meter"));
"""
_UNDER_THE_POINTER = """

for (const [event, hidden] of [["mouseenter", false], ["mouseleave", true]]) {
  document.getElementById("new").addEventListener(event, () => {
    document.getElementById("new-tip").hidden = hidden;
  });
}
"""
_IN_FOCUS = """

const begin = document.getElementById("new");
begin.addEventListener("focus", () => begin.setAttribute("aria-describedby", "new-tip"));
begin.addEventListener("blur", () => begin.removeAttribute("aria-describedby"));
"""

EDITS: Mapping[str, tuple[Edit, ...]] = {
    "axe-label-missing": (
        after(
            "index.html", _THEME_BUTTON, '\n      <input type="search" id="filter" class="filter" autocomplete="off">'
        ),
        style(
            ".filter { font: inherit; color: var(--text); background: var(--ground); border: 1px solid var(--edge); "
            "border-radius: 0.5rem; padding: 0.375rem 0.75rem; min-height: 2.25rem; max-width: 100%; }"
        ),
    ),
    "axe-role-unknown": (Edit("answer.js", 'role: "note"', 'role: "callout"'),),
    "axe-list-broken": (Edit("app.js", 'el("li", {}, button(text', 'el("div", {}, button(text'),),
    "axe-value-unknown": (Edit("answer.js", '"aria-pressed": "false"', '"aria-pressed": "none"'),),
    "axe-name-nowhere": (Edit("index.html", 'aria-labelledby="landing-title"', 'aria-labelledby="landing-heading"'),),
    "axe-in-frame": (
        after("app.js", _STARTS, _IN_A_FRAME),
        style(".usage { width: 100%; height: 1.5rem; border: 0; }"),
    ),
    "axe-in-shadow-root": (after("app.js", _STARTS, _IN_A_SHADOW_ROOT),),
    "axe-lang-missing": (Edit("index.html", '<html lang="en">', "<html>"),),
    "axe-lang-unknown": (Edit("index.html", '<html lang="en">', '<html lang="english">'),),
    "axe-dark-only": (
        after(
            "theme.js",
            "const dark = isDark();",
            '\n    document.querySelector(".bar")?.setAttribute("role", dark ? "dark" : "banner");',
        ),
    ),
    "axe-hovered-only": (
        after(
            "index.html", _NEW_BUTTON, '\n      <span id="new-tip" class="unseen" role="tip" hidden>Begins anew.</span>'
        ),
        after("app.js", _STARTS, _UNDER_THE_POINTER),
    ),
    "axe-focused-only": (after("app.js", _STARTS, _IN_FOCUS),),
    "axe-failed-only": (Edit("app.js", _FAILED, 'el("p", { class: "failed", role: "error" }, failed)'),),
    "axe-id-twice": (Edit("tables.js", "const caption = `table-${count}`;", "const caption = `answer-${count}`;"),),
}
