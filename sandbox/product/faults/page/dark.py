"""Defects of the dark theme: what it does not reach, what nobody can read in it, and where it does not stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page.edit import Edit, style

if TYPE_CHECKING:
    from collections.abc import Mapping

PLUS = (
    '<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">'
    '<path d="M8 2v12M2 8h12" stroke="#1b1f24" stroke-width="2" fill="none"/></svg>'
)

EDITS: Mapping[str, tuple[Edit, ...]] = {
    "dark-white-card": (style(".callout.warning { background: #fdf1d6; color: #1b1f24; }"),),
    "dark-white-field": (style("textarea { background: #ffffff; color: #1b1f24; }"),),
    "dark-invisible-icon": (
        Edit("index.html", 'class="quiet">New conversation<', f'class="quiet">{PLUS} New conversation<'),
    ),
    "dark-lost-on-reload": (
        Edit("theme.js", "return localStorage.getItem(KEY);", "return document.documentElement.dataset.theme ?? null;"),
        Edit(
            "theme.js",
            'localStorage.setItem(KEY, dark ? "dark" : "light");',
            'document.documentElement.dataset.theme = dark ? "dark" : "light";',
        ),
    ),
    "dark-pale-placeholder": (style("textarea::placeholder { color: #5f6671; }"),),
    "dark-unreadable-question": (style(".asked { color: #1b1f24; }"),),
    "dark-switch-dead": (Edit("app.css", ":root.dark {", ":root.night {"),),
    "dark-state-untold": (
        Edit(
            "theme.js",
            "    const dark = isDark();\n"
            '    document.documentElement.classList.toggle("dark", dark);\n'
            '    document.getElementById("theme")?.setAttribute("aria-pressed", String(dark));\n',
            '    document.documentElement.classList.toggle("dark", isDark());\n',
        ),
    ),
    "dark-comes-late": (
        Edit(
            "theme.js",
            '  apply();\n  system.addEventListener("change", apply);',
            "  const late = () => window.requestAnimationFrame(() => window.requestAnimationFrame(apply));\n"
            '  window.addEventListener("load", late);\n'
            '  system.addEventListener("change", apply);',
        ),
        Edit(
            "theme.js",
            'document.addEventListener("DOMContentLoaded", () => {\n    apply();\n',
            'document.addEventListener("DOMContentLoaded", () => {\n',
        ),
    ),
    "dark-system-ignored": (
        Edit(
            "theme.js",
            'return choice === "dark" || (choice !== "light" && system.matches);',
            'return choice === "dark";',
        ),
    ),
    "dark-light-scrollbars": (Edit("app.css", "  color-scheme: dark;\n", ""),),
    "dark-no-way-back": (
        Edit("theme.js", 'const dark = !document.documentElement.classList.contains("dark");', "const dark = true;"),
    ),
}
