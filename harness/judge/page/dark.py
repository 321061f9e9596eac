"""Does the dark theme reach all of the page, can it be read, and does it stay as it was chosen?

Luminances are WCAG's, 0 black to 1 white. Where the ground itself stays as it was, nothing else is said: all of it
would be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.judge.page import finding, paint, wcag
from harness.judge.page.finding import NOWHERE, Around, Excused, Finding, Spot
from harness.judge.page.paint import Icon, Surface, Text  # noqa: TC001
from harness.judge.page.wcag import Rgba  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.verdict import Verdict

CHANGES: Final = 0.3  # by so much the ground's luminance differs between the themes
GLARING: Final = 0.8  # so light a surface is in the dark theme by mistake
BRIGHT: Final = 0.35  # from here on a surface has to be darker than in the light theme
DARKER: Final = 0.2  # by so much
UNSEEN: Final = 1.5  # so low a ratio of a picture is no matter of its edges' grey

_DARK: Final = "dark"
_TEXT: Final = "WCAG 1.4.3 Contrast (Minimum) (AA)"
_GRAPHIC: Final = "WCAG 1.4.11 Non-text Contrast (AA)"
_STATE: Final = "WCAG 4.1.2 Name, Role, Value (A)"


@dataclass(frozen=True, slots=True)
class Control:
    """What the theme's control says of itself.

    `states` are those of aria-pressed, aria-checked and aria-selected that are there; `chosen` is a list's option, or
    the one of a group that is checked.
    """

    spot: Spot
    states: Mapping[str, str]
    chosen: str = ""

    @property
    def says(self) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        """Return all by which it could tell which theme it is."""
        return self.spot.name, self.chosen, tuple(sorted(self.states.items()))


@dataclass(frozen=True, slots=True)
class Reloaded:
    """The page loaded again in dark: its ground, and the root's ground in the first frame and now (None: not told)."""

    ground: float
    first: float | None = None
    now: float | None = None


@dataclass(frozen=True, slots=True)
class DarkSeen:
    """A page in light, then in dark, loaded again, and back in light.

    `light` and `dark` are the luminances of its ground; `canvas` is the browser's own ground in dark, which follows
    the colour scheme. `back` is the ground after switching back, `system` that of a fresh page where the system
    prefers dark; None where it was not looked at.
    """

    light: float
    dark: float
    canvas: Rgba = (0.0, 0.0, 0.0, 1.0)
    in_light: tuple[Surface, ...] = ()
    in_dark: tuple[Surface, ...] = ()
    texts: tuple[Text, ...] = ()
    icons: tuple[Icon, ...] = ()
    parts: tuple[str, ...] = ()  # names of the components that were there
    control_light: Control | None = None
    control_dark: Control | None = None
    reloaded: Reloaded | None = None
    back: float | None = None
    system: float | None = None
    around: Around = field(default_factory=Around)

    @property
    def changed(self) -> bool:
        """Tell whether switching changed the page at all."""
        return abs(self.light - self.dark) > CHANGES

    def is_light(self, ground: float) -> bool:
        """Tell whether a ground is nearer to that of the light theme."""
        return abs(ground - self.light) < abs(ground - self.dark)


def judge(seen: DarkSeen, excused: Excused) -> Verdict:
    """Decide BB-05: VIOLATED for anything that is not in the theme, can't be read in it, or does not stay."""
    if not seen.changed:
        findings = [_unchanged(seen)]
    else:
        parts = (_surfaces, _texts, _icons, _scheme, _state, _after_reload, _system, _back)
        findings = [found for part in parts for found in part(seen)]
    checked = len(seen.in_dark) + len(seen.texts) + len(seen.icons)
    of = "surfaces, texts and icons in dark"
    right = f"components: {', '.join(seen.parts)}" if seen.parts else ""
    return finding.decide(findings, seen.around, excused, checked=checked, of=of, right=right)


def _unchanged(seen: DarkSeen) -> Finding:
    return Finding(
        "theme-unchanged",
        f"the theme does not change: its ground has luminance {seen.light:.2f} in light, {seen.dark:.2f} in dark",
        spot=NOWHERE if seen.control_dark is None else seen.control_dark.spot,
        wanted=f"grounds that differ by more than {CHANGES:g}",
        got=f"{abs(seen.light - seen.dark):.2f}",
        state=_DARK,
        fix="let the control set the class or attribute that the style sheet's dark rules hang on",
    )


def _surfaces(seen: DarkSeen) -> Iterator[Finding]:
    before = {surface.spot.where: surface.luminance for surface in seen.in_light}
    for surface in seen.in_dark:
        now, was = surface.luminance, before.get(surface.spot.where)
        if now is None:
            continue
        stays = not surface.control and now > BRIGHT and was is not None and was - now < DARKER
        if now <= GLARING and not stays:
            continue
        yield Finding(
            "light-surface",
            f"{surface.part or surface.spot.said} keeps a light ground: luminance {now:.2f}"
            + (f", {was:.2f} in light" if was is not None else "")
            + _like(surface.count),
            surface.spot,
            wanted=f"at most {GLARING:g}, and for a surface above {BRIGHT:g} clearly darker than in light",
            got=f"{now:.2f}",
            state=_DARK,
            fix="take its ground from the theme's colours",
        )


def _texts(seen: DarkSeen) -> Iterator[Finding]:
    for text in seen.texts:
        if not paint.pale(text):
            continue
        ratio = paint.text_ratio(text) if text.seen is None else text.seen.ratio
        place = f" in {text.part}" if text.part else ""
        placeholder = text.kind == "placeholder"
        yield Finding(
            "placeholder-unreadable" if placeholder else "text-unreadable",
            f"{'the placeholder' if placeholder else 'the text'} {text.text!r}{place} has contrast {paint.cut(ratio)}"
            + _like(text.count),
            text.spot,
            wanted=f"{paint.text_limit(text):g}:1",
            got=paint.cut(ratio),
            state=text.state or _DARK,
            criterion=_TEXT,
            fix="take its colour from the theme's colours",
        )


def _icons(seen: DarkSeen) -> Iterator[Finding]:
    for icon in seen.icons:
        ratio = paint.icon_ratio(icon)
        if ratio is None or icon.exempt or ratio >= paint.CONTROL:
            continue
        yield Finding(
            "icon-unseen",
            f"the icon{f' in {icon.part}' if icon.part else ''} has contrast {paint.cut(ratio)} with what is around it",
            icon.spot,
            wanted=f"{paint.CONTROL:g}:1",
            got=paint.cut(ratio),
            state=icon.state or _DARK,
            criterion=_GRAPHIC,
            fix="draw it in currentColor or in a colour of the theme",
            certain=bool(icon.colours) or ratio < UNSEEN,
        )


def _scheme(seen: DarkSeen) -> Iterator[Finding]:
    light = wcag.lightness(seen.canvas[:3])
    if light < wcag.MIDDLE:
        return
    yield Finding(
        "color-scheme",
        "scroll bars and the browser's own controls stay light: the colour scheme in use is light",
        wanted="color-scheme: dark",
        got=f"a canvas of luminance {light:.2f}",
        state=_DARK,
        fix="set color-scheme: dark on the root where the theme is dark",
    )


def _state(seen: DarkSeen) -> Iterator[Finding]:
    light, dark = seen.control_light, seen.control_dark
    if light is None or dark is None:
        return
    if light.says == dark.says:
        yield Finding(
            "theme-state-untold",
            f"the theme's control {dark.spot.name!r} says the same in light and in dark",
            dark.spot,
            wanted="aria-pressed, aria-checked, the chosen option or the name to tell which theme it is",
            got=", ".join(f"{name}={value!r}" for name, value in sorted(dark.states.items())) or "no state",
            state=_DARK,
            criterion=_STATE,
            fix="set aria-pressed (or aria-checked) to whether the theme is dark",
        )
    elif light.spot.name == dark.spot.name and _DARK in dark.spot.name.lower() and _on(light) and not _on(dark):
        yield Finding(
            "theme-state-wrong",
            f"the theme's control {dark.spot.name!r} says on in light and off in dark",
            dark.spot,
            wanted="on in dark",
            got=", ".join(f"{name}={value!r}" for name, value in sorted(dark.states.items())),
            state=_DARK,
            criterion=_STATE,
            fix="set its state to whether the theme is dark",
        )


def _on(control: Control) -> bool:
    return "true" in control.states.values()


def _after_reload(seen: DarkSeen) -> Iterator[Finding]:
    again = seen.reloaded
    if again is None:
        return
    if seen.is_light(again.ground):
        yield Finding(
            "theme-lost",
            f"the page is light again after a reload: its ground has luminance {again.ground:.2f}",
            wanted="the theme that was chosen",
            got=f"{again.ground:.2f}, {seen.dark:.2f} before",
            state="dark, loaded again",
            fix="keep what was chosen where a reload finds it, and set it before the first paint",
        )
    elif again.first is not None and again.now is not None and _flashes(seen, again.first, again.now):
        yield Finding(
            "theme-flash",
            f"the page flashes light when it is loaded in dark: luminance {again.first:.2f} in its first frame",
            wanted="the theme before the first paint",
            got=f"{again.first:.2f}, then {again.now:.2f}",
            state="dark, loaded again",
            fix="set the theme in a script of the head that is not deferred",
        )


def _flashes(seen: DarkSeen, first: float, now: float) -> bool:
    return seen.is_light(first) and not seen.is_light(now)


def _system(seen: DarkSeen) -> Iterator[Finding]:
    if seen.system is None or not seen.is_light(seen.system):
        return
    yield Finding(
        "system-ignored",
        f"a fresh page is light where the system prefers dark: its ground has luminance {seen.system:.2f}",
        wanted="the system's theme where nothing was chosen",
        got=f"{seen.system:.2f}",
        state="dark by the system, nothing chosen",
        fix="follow prefers-color-scheme, or say in the profile that it is not followed (ui.theme.follows_system)",
    )


def _back(seen: DarkSeen) -> Iterator[Finding]:
    if seen.back is None or seen.is_light(seen.back):
        return
    yield Finding(
        "theme-no-return",
        f"the page stays dark when light is chosen again: its ground has luminance {seen.back:.2f}",
        spot=NOWHERE if seen.control_dark is None else seen.control_dark.spot,
        wanted=f"about {seen.light:.2f}, as before",
        got=f"{seen.back:.2f}",
        state="light again",
        fix="let the control take back what it set",
    )


def _like(count: int) -> str:
    return f", and so have {count - 1} more like it" if count > 1 else ""
