"""Pages whose control shows its focus well, each in another way."""

from __future__ import annotations

from tests.pages.rings.case import (
    BUTTON,
    CAROUSEL,
    CHECKBOX,
    CLOCK,
    FOOT,
    NONE,
    ROW,
    SPINNER,
    Case,
    framed,
    page,
    shadow,
)

RING = "#t:focus-visible{outline:3px solid #0b57d0;outline-offset:2px}"
COMPOSER = '<div class="composer"><textarea id="t" aria-label="Question"></textarea></div>'
FORM = '<form aria-label="Ask"><textarea id="t" aria-label="Question"></textarea></form>'
DEEP = '<div style="height:3000px"></div>' + BUTTON + '<div style="height:900px"></div>'
WIDE = (
    '<div style="width:300px;overflow-x:auto"><div style="width:2000px;padding:20px 0 20px 1500px">'
    f"{BUTTON}</div></div>"
)
LATE = (
    "let timer = 0;"
    "t.addEventListener('focus', () => { timer = setTimeout(() => t.classList.add('on'), 150); });"
    "t.addEventListener('blur', () => { clearTimeout(timer); t.classList.remove('on'); });"
)
FRAME = (
    "t.addEventListener('focus', () => requestAnimationFrame(() => t.classList.add('on')));"
    "t.addEventListener('blur', () => requestAnimationFrame(() => t.classList.remove('on')));"
)

PLAIN = (
    Case("the browser's own ring of a button", page(""), "ok"),
    Case("the browser's own ring of a link", page("", '<a id="t" href="#x">Read the whole report</a>'), "ok"),
    Case("the browser's own ring of a checkbox", page("", '<label><input type="checkbox" id="t"> News</label>'), "ok"),
    Case("the browser's own ring of a list", page("", '<select id="t" aria-label="One"><option>A</select>'), "ok"),
    Case("the browser's own ring of a field", page("", '<input id="t" aria-label="Name" class="b">'), "ok"),
    Case("an outline of its own", page(RING), "ok"),
    Case("an outline inside", page("#t:focus-visible{outline:3px solid #0b57d0;outline-offset:-7px}"), "ok"),
    Case("an outline far outside", page("#t:focus-visible{outline:3px solid #0b57d0;outline-offset:16px}"), "ok"),
    Case("a dotted outline", page("#t:focus-visible{outline:3px dotted #0b57d0}"), "ok"),
    Case("a shadow as ring", page("#t:focus-visible{outline:none;box-shadow:0 0 0 3px #0b57d0}"), "ok"),
    Case("a shadow inside", page("#t:focus-visible{outline:none;box-shadow:inset 0 0 0 3px #0b57d0}"), "ok"),
    Case("a darker border", page("#t{border:3px solid #ccc}#t:focus-visible{outline:none;border-color:#000}"), "ok"),
    Case("another ground", page("#t:focus-visible{outline:none;background:#0b57d0;color:#fff}"), "ok"),
    Case("inverted colours", page("#t:focus-visible{outline:none;filter:invert(1)}"), "ok"),
    Case(
        "an underlined link",
        page(
            "a{color:#111;text-decoration:none}"
            "#t:focus-visible{outline:none;text-decoration:underline 3px;text-decoration-skip-ink:none}",
            '<a id="t" href="#x">Read the whole report</a>',
        ),
        "ok",
    ),
    Case(
        "a ring drawn by ::after",
        page(
            f"#t{{position:relative}}{NONE}"
            "#t:focus-visible::after{content:'';position:absolute;inset:-6px;border:3px solid #0b57d0}"
        ),
        "ok",
    ),
    Case(
        "two colours over a gradient",
        page(
            "body{background:linear-gradient(90deg,#000,#fff)}"
            "#t:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 6px #000}"
        ),
        "ok",
    ),
    Case(
        "a dark button that grows",
        page("#t{background:#111;color:#fff}#t:focus-visible{outline:none;transform:scale(1.3)}"),
        "ok",
    ),
)

AROUND = (
    Case(
        "the border of the composer around it",
        page(
            ".composer{border:3px solid #ddd;padding:16px;width:400px}.composer:focus-within{border-color:#0b57d0}"
            "#t{outline:none;border:0;width:100%;height:60px}",
            COMPOSER,
        ),
        "ok",
    ),
    Case(
        "the border of a form whose edges are far away",
        page(
            "form{border:4px solid #ddd;padding:120px;width:320px}form:focus-within{border-color:#0b57d0}"
            "#t{outline:none;border:1px solid #777;width:100%;height:60px}",
            FORM,
        ),
        "ok",
    ),
    Case(
        "a ring around the list item",
        page(
            f"li{{width:300px;padding:8px}}{NONE}li:focus-within{{outline:3px solid #0b57d0}}", f"<ul><li>{BUTTON}</ul>"
        ),
        "ok",
    ),
    Case(
        "a ring around the label of an unseen checkbox",
        page(CHECKBOX[1] + "#t:focus-visible + label{outline:3px solid #0b57d0}", CHECKBOX[0]),
        "ok",
    ),
    Case(
        "a ring beside a transparent checkbox, in its label",
        page(
            "#t{opacity:0;position:absolute}.s{padding:6px}#t:focus-visible + .s{outline:3px solid #0b57d0}",
            '<label><input type="checkbox" id="t"><span class="s">Subscribe to the news</span></label>',
        ),
        "ok",
    ),
    Case("a ring in an open shadow root", shadow(RING, "open", "host"), "ok"),
    Case("a ring in a closed shadow root", shadow(RING, "closed", "t"), "ok"),
    Case("a ring in a frame", framed(RING), "ok"),
)

MOVING = (
    Case(
        "a ring that fades in",
        page("#t{outline:3px solid transparent;transition:outline-color .4s}#t:focus-visible{outline-color:#0b57d0}"),
        "ok",
    ),
    Case(
        "a ring that waits before it fades in",
        page(f"#t{{transition:box-shadow .2s .3s}}{NONE}#t:focus-visible{{box-shadow:0 0 0 3px #0b57d0}}"),
        "ok",
    ),
    Case("a ring that a script draws late", page(f"{NONE}#t.on{{box-shadow:0 0 0 3px #0b57d0}}", script=LATE), "ok"),
    Case(
        "a ring that a script draws with the next frame",
        page(f"{NONE}#t.on{{box-shadow:0 0 0 3px #0b57d0}}", script=FRAME),
        "ok",
    ),
    Case("a clock beside it", page(RING, *CLOCK), "ok"),
    Case("pictures that change beside it", page(RING, *CAROUSEL), "ok"),
    Case("something that a script turns beside it", page(RING, *SPINNER), "ok"),
    Case(
        "something that turns for ever beside it",
        page(
            RING + "@keyframes turn{to{transform:rotate(360deg)}}.turn{width:30px;height:30px;border:4px solid #000;"
            "border-top-color:#fff;border-radius:50%;animation:turn 1s linear infinite}",
            f'<div style="display:flex;gap:20px">{BUTTON}<div class="turn"></div></div>',
        ),
        "ok",
    ),
    Case("far below the window", page("", DEEP), "ok"),
    Case("far below, scrolled to smoothly", page("html{scroll-behavior:smooth}", DEEP), "ok"),
    Case("far to the side in a frame that scrolls", page("", WIDE), "ok"),
    Case(
        "above a bar, by scroll-padding", page("html{scroll-padding-bottom:200px}body{min-height:2000px}", FOOT), "ok"
    ),
    Case("in a row that shows its buttons while it has focus", page(RING, *ROW), "ok"),
    Case(
        "a link that appears with focus",
        page(
            "#t{position:absolute;left:-9999px}"
            "#t:focus{left:20px;top:20px;padding:10px;background:#111;color:#fff;outline:none}",
            '<a id="t" href="#x">Skip to the question</a>',
        ),
        "ok",
    ),
)

SETTINGS = (
    Case(
        "a light ring in the dark theme",
        page(
            "@media (prefers-color-scheme:dark){body{background:#14171c;color:#eee}"
            ".b{background:#1d2128;color:#eee}#t:focus-visible{outline:3px solid #8ab4f8}}"
        ),
        "ok",
        scheme="dark",
    ),
    Case("an outline in forced colours", page(RING), "ok", forced=True),
    Case(
        "a transparent outline beside the shadow, seen in forced colours alone",
        page("#t:focus-visible{outline:3px solid transparent;box-shadow:0 0 0 3px #0b57d0}"),
        "ok",
        forced=True,
    ),
    Case(
        "a field with its caret alone",
        page("#t{outline:none}", '<input id="t" class="b" aria-label="Name">'),
        "caret-only",
    ),
)

GOOD = (*PLAIN, *AROUND, *MOVING, *SETTINGS)
