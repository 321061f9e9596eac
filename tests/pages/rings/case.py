"""A small page whose one control shows its focus, or does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from harness.judge.page.rings import Shows

BUTTON = '<button class="b" id="t">Target</button>'
NONE = "#t:focus-visible{outline:none}"
BASE = """
body{margin:80px 120px;font:16px/1.5 sans-serif;background:#fff;color:#111}
.b{width:160px;height:40px;border:1px solid #777;border-radius:6px;background:#fff;color:#111}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A page, what its control with the id `t` must be told to show, and what else its page is opened with."""

    name: str
    html: str
    shows: Shows
    scheme: Literal["light", "dark"] = "light"
    forced: bool = False
    covered: bool = False


def page(style: str, body: str = BUTTON, script: str = "") -> str:
    """Return a whole page."""
    return (
        f'<!doctype html><html lang="en"><title>case</title><style>{BASE}{style}</style>'
        f"<body>{body}<script>{script}</script></body></html>"
    )


def shadow(style: str, mode: Literal["open", "closed"], host: str) -> str:
    """Return a page whose control is in a shadow root of an element with the id `host`."""
    inner = f"<style>{BASE}{style}</style><button class=b id=t>Target</button>"
    script = f"document.getElementById('{host}').attachShadow({{mode:'{mode}'}}).innerHTML = `{inner}`;"
    return page("", f'<div id="{host}" style="display:inline-block"></div>', script)


def framed(style: str) -> str:
    """Return a page whose control is in a frame."""
    inner = f"<!doctype html><style>{BASE}body{{margin:30px}}{style}</style><button class='b' id='t'>Target</button>"
    return page("", f'<iframe title="inner" width="300" height="120" srcdoc="{inner}"></iframe>')


CLOCK = (
    f'<div style="display:flex;gap:20px">{BUTTON}<span id="clock">0</span></div>',
    "let n = 0; setInterval(() => { clock.textContent = String(n += 7919); }, 30);",
)
CAROUSEL = (
    f'<div style="display:flex;gap:20px">{BUTTON}<div id="slide" style="width:90px;height:90px"></div></div>',
    "let n = 0; setInterval(() => { slide.style.background = `hsl(${n += 7} 80% 50%)`; }, 30);",
)
SPINNER = (
    f'<div style="display:flex;gap:20px">{BUTTON}<div id="spin" style="width:30px;height:30px;border-radius:50%;'
    'border:4px solid #ddd;border-top-color:#000"></div></div>',
    "let n = 0; setInterval(() => { spin.style.transform = `rotate(${n += 47}deg)`;"
    " spin.style.borderTopColor = `hsl(${3 * n} 80% 30%)`; }, 30);",
)
ROW = (
    '<div id="row"><a href="#row">Row</a> <span id="acts" hidden>'
    '<button class="b" id="t" style="margin:0 24px">Target</button> <button class="b">Other</button></span></div>',
    "row.addEventListener('focusin', () => { acts.hidden = false; });"
    "row.addEventListener('focusout', (e) => { if (!row.contains(e.relatedTarget)) acts.hidden = true; });",
)
CHECKBOX = (
    '<input type="checkbox" id="t" class="unseen"><label for="t">Subscribe to the news</label>',
    ".unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}",
)
FOOT = (
    f'<div style="position:absolute;top:690px">{BUTTON}</div>'
    '<footer style="position:fixed;bottom:0;left:0;right:0;height:160px;background:#ddd">Foot</footer>'
)
