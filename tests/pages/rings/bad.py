"""Pages whose control hides its focus, each in another way."""

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

FIELD = '<input id="t" class="b" aria-label="Name">'
LINK = '<a id="t" href="#x">Read the whole report</a>'
CLIPPED = f'<div class="clip" style="width:160px;height:40px">{BUTTON}</div>'
STUCK = (
    '<header style="position:sticky;top:0;height:200px;background:#ddd;z-index:1">Head</header>'
    f'<div style="margin-top:-120px">{BUTTON}</div>'
)

NOTHING = (
    Case("no outline", page(NONE), "none"),
    Case("a ring when hovered only", page(f"{NONE}#t:hover{{outline:3px solid #0b57d0}}"), "none"),
    Case("a ring while pressed only", page(f"{NONE}#t:active{{outline:3px solid #0b57d0}}"), "none"),
    Case(
        "a ring for the mouse only",
        page("#t:focus:not(:focus-visible){outline:3px solid #0b57d0}#t:focus-visible{outline:none}"),
        "none",
    ),
    Case(
        "a ring that only a press of the mouse switches on",
        page(
            f"{NONE}#t.on{{box-shadow:0 0 0 3px #0b57d0}}",
            script="t.addEventListener('mousedown', () => t.classList.add('on'));",
        ),
        "none",
    ),
    Case("a transparent outline", page("#t:focus-visible{outline:3px solid transparent}"), "none"),
    Case("a white outline on white", page("#t:focus-visible{outline:3px solid #fff;outline-offset:2px}"), "none"),
    Case("another cursor", page(f"{NONE}#t:focus-visible{{cursor:crosshair}}"), "none"),
    Case(
        "a ring behind the card it stands on",
        page(
            f".card{{background:#eee;padding:30px;width:300px}}#t{{position:relative}}{NONE}"
            "#t:focus-visible::after{content:'';position:absolute;inset:-6px;border:3px solid #0b57d0;z-index:-1}",
            f'<div class="card">{BUTTON}</div>',
        ),
        "none",
    ),
    Case(
        "an outline that is cut off",
        page(".clip{overflow:hidden}#t:focus-visible{outline:3px solid #0b57d0;outline-offset:2px}", CLIPPED),
        "weak",  # what is left of it lies within the corners
    ),
    Case(
        "a shadow that is cut off",
        page(f".clip{{contain:paint}}{NONE}#t:focus-visible{{box-shadow:0 0 0 3px #0b57d0}}", CLIPPED),
        "weak",  # what is left of it lies within the corners
    ),
    Case("behind a bar at the bottom", page("", FOOT), "none", covered=True),
    Case("behind a bar at the top", page("", STUCK), "none", covered=True),
    Case("a field without ring and caret", page("#t{outline:none;caret-color:transparent}", FIELD), "none"),
    Case("an unseen checkbox whose label shows nothing", page(CHECKBOX[1], CHECKBOX[0]), "none"),
    Case(
        "a ring that fades away",
        page(
            "@keyframes gone{to{outline-color:transparent}}"
            "#t:focus-visible{outline:3px solid #0b57d0;animation:gone .4s forwards}"
        ),
        "none",
    ),
    Case("nothing in an open shadow root", shadow(NONE, "open", "host"), "none"),
    Case("nothing in a closed shadow root", shadow(NONE, "closed", "t"), "none"),
    Case("nothing in a frame", framed(NONE), "none"),
    Case("nothing beside a clock", page(NONE, *CLOCK), "none"),
    Case("nothing beside pictures that change", page(NONE, *CAROUSEL), "none"),
    Case("nothing beside something that turns", page(NONE, *SPINNER), "none"),
    Case("nothing in a row that shows its buttons while it has focus", page(NONE, *ROW), "none"),
    Case("nothing far below the window", page(NONE, f'<div style="height:3000px"></div>{BUTTON}'), "none"),
    Case(
        "a shadow in forced colours",
        page(f"{NONE}#t:focus-visible{{box-shadow:0 0 0 3px #0b57d0}}"),
        "none",
        forced=True,
    ),
    Case(
        "another ground in forced colours", page(f"{NONE}#t:focus-visible{{background:#0b57d0}}"), "weak", forced=True
    ),
)

TOO_LITTLE = (
    Case("a pale thin outline", page("#t:focus-visible{outline:1px solid #ddd}"), "weak"),
    Case("a border of nearly the same colour", page(f"{NONE}#t:focus-visible{{border-color:#6d6d6d}}"), "weak"),
    Case(
        "a shadow that hardly covers", page(f"{NONE}#t:focus-visible{{box-shadow:0 0 0 4px rgb(0 0 0 / 12%)}}"), "weak"
    ),
    Case("a soft shadow", page(f"{NONE}#t:focus-visible{{box-shadow:0 2px 6px rgb(0 0 0 / 15%)}}"), "weak"),
    Case("a tinted ground", page(f"{NONE}#t:focus-visible{{background:#eef3fb}}"), "weak"),
    Case("a little transparency", page(f"{NONE}#t:focus-visible{{opacity:.9}}"), "weak"),
    Case(
        "text of nearly the same colour",
        page(f"a{{color:#0b57d0}}{NONE}#t:focus-visible{{color:#1a66df}}", LINK),
        "weak",
    ),
    Case(
        "a dot",
        page(
            f"{NONE}#t:focus-visible{{background:linear-gradient(#000,#000) 8px 8px / 4px 4px no-repeat #fff}}",
        ),
        "weak",
    ),
    Case(
        "a pale button that grows",
        page(
            "#t{background:#f2f2f2;border:0}#t:focus-visible{outline:none;transform:scale(1.3)}",
            '<button class="b" id="t" aria-label="Target"></button>',
        ),
        "weak",
    ),
    Case(
        "a dark ring in the dark theme",
        page(
            "#t:focus-visible{outline:3px solid #22262e}@media (prefers-color-scheme:dark)"
            "{body{background:#14171c;color:#eee}.b{background:#1d2128;color:#eee}}"
        ),
        "weak",
        scheme="dark",
    ),
    Case(
        "a pale border of the composer around it",
        page(
            ".composer{border:3px solid #ddd;padding:16px;width:400px}.composer:focus-within{border-color:#ccc}"
            "#t{outline:none;border:0;width:100%;height:60px}",
            '<div class="composer"><textarea id="t" aria-label="Question"></textarea></div>',
        ),
        "weak",
    ),
)

ELSEWHERE = (
    Case(
        "a word far away",
        page(
            f"{NONE}#told{{position:absolute;top:600px}}",
            f'{BUTTON}<p id="told"></p>',
            "t.addEventListener('focus', () => { told.textContent = 'Target: press Enter to open it'; });"
            "t.addEventListener('blur', () => { told.textContent = ''; });",
        ),
        "remote",
    ),
)

BAD = (*NOTHING, *TOO_LITTLE, *ELSEWHERE)
