"""Can every text be read and every field be told from what is around it, in both themes and in every state?

Ratios are WCAG's. Colours decide where a text lies on flat grounds, pixels where it does not; axe is heard as a second
witness of the page at rest. What neither can settle a person has to look at.
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from harness.judge.page import finding, paint
from harness.judge.page.finding import Around, Excused, Finding, Spot
from harness.judge.page.paint import Edge, Icon, Text  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.verdict import Verdict

UNSURE: Final = 0.05  # pixels this share below a limit are no proof: the greys of edges are among them
UNSEEN: Final = 1.5  # so low a ratio of a picture is no matter of its edges' grey

_TEXT: Final = "WCAG 1.4.3 Contrast (Minimum) (AA)"
_GRAPHIC: Final = "WCAG 1.4.11 Non-text Contrast (AA)"


@dataclass(frozen=True, slots=True)
class AxeSaid:
    """What axe's rule color-contrast says of an element, and the texts that we read there."""

    kind: Literal["violation", "incomplete"]
    spot: Spot
    summary: str
    state: str
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class ContrastSeen:
    """All that is new in each state of the page, one of each kind and colour.

    `visits` are controls under the pointer or in focus; `missed` are those that were too many to be visited.
    """

    texts: tuple[Text, ...] = ()
    edges: tuple[Edge, ...] = ()
    icons: tuple[Icon, ...] = ()
    axe: tuple[AxeSaid, ...] = ()
    states: tuple[str, ...] = ()
    visits: int = 0
    missed: int = 0
    around: Around = field(default_factory=Around)


@dataclass(frozen=True, slots=True)
class Limits:
    """The ratios that are needed: of text, of large text, of controls and graphics."""

    text: float = paint.TEXT
    large: float = paint.LARGE
    control: float = paint.CONTROL


def judge(
    seen: ContrastSeen,
    excused: Excused,
    *,
    text: float = paint.TEXT,
    large: float = paint.LARGE,
    control: float = paint.CONTROL,
) -> Verdict:
    """Decide AX-05: VIOLATED for a ratio below its limit, in any state; UNKNOWN where a person has to look."""
    limits = Limits(text, large, control)
    findings = [
        *_texts(seen.texts, limits),
        *_edges(seen.edges, limits),
        *_icons(seen.icons, limits),
        *_axe(seen.axe, limits),
        *_missed(seen.missed),
    ]
    checked = sum(one.count for one in seen.texts) + len(seen.edges) + len(seen.icons)
    right = f"{seen.visits} visits to controls by pointer and focus, in {len(seen.states)} states"
    return finding.decide(
        _merged(findings), seen.around, excused, checked=checked, of="texts, fields and icons", right=right
    )


def _texts(texts: Iterable[Text], limits: Limits) -> Iterator[Finding]:
    for text in texts:
        if text.exempt:
            continue
        if text.doubts and text.seen is None:
            yield _unsettled(text.spot, _called(text), text.state, text.doubts)
        elif paint.pale(text, limits.text, limits.large):
            yield _pale(text, limits)


def _pale(text: Text, limits: Limits) -> Finding:
    wanted = paint.text_limit(text, limits.text, limits.large)
    if text.seen is None:
        ratio, certain = paint.text_ratio(text), True
        ground = paint.hexed(paint.composed(paint.CLEAR, text.layers))
        how = f"{paint.hexed(paint.composed(text.colour, text.layers))} on {ground}"
    else:
        ratio, certain = text.seen.ratio, text.seen.ratio < wanted * (1 - UNSURE)
        how = f"by {text.seen.pixels} pixels where it is worst: {text.doubts[0]}"
    more = f", and so have {text.count - 1} more like it" if text.count > 1 else ""
    return Finding(
        "placeholder-contrast" if text.kind == "placeholder" else "text-contrast",
        f"{_called(text)} has contrast {paint.cut(ratio)} ({how}){more}",
        text.spot,
        wanted=f"{wanted:g}:1",
        got=paint.cut(ratio),
        state=text.state,
        criterion=_TEXT,
        fix="take a colour that stands out more from this ground",
        certain=certain,
    )


def _edges(edges: Iterable[Edge], limits: Limits) -> Iterator[Finding]:
    for edge in edges:
        ratio = paint.edge_ratio(edge)
        if edge.exempt or ratio >= limits.control:
            continue
        yield Finding(
            "edge-contrast",
            f"{edge.part or edge.spot.said} is told from what is around it by contrast {paint.cut(ratio)} at best",
            edge.spot,
            wanted=f"{limits.control:g}:1, of its border or its ground",
            got=paint.cut(ratio),
            state=edge.state,
            criterion=_GRAPHIC,
            fix="give it a border that stands out from the ground",
            certain=not edge.doubts,
        )


def _icons(icons: Iterable[Icon], limits: Limits) -> Iterator[Finding]:
    for icon in icons:
        ratio = paint.icon_ratio(icon)
        if icon.exempt or (ratio is not None and ratio >= limits.control):
            continue
        called = f"the icon in {icon.part or icon.spot.said}"
        if ratio is None:
            yield _unsettled(icon.spot, called, icon.state, ("its pixels could not be read",))
            continue
        yield Finding(
            "icon-contrast",
            f"{called} has contrast {paint.cut(ratio)} with what is around it",
            icon.spot,
            wanted=f"{limits.control:g}:1",
            got=paint.cut(ratio),
            state=icon.state,
            criterion=_GRAPHIC,
            fix="draw it in a colour that stands out more from this ground",
            certain=bool(icon.colours) or ratio < UNSEEN,
        )


def _axe(said: Iterable[AxeSaid], limits: Limits) -> Iterator[Finding]:
    """Return what axe adds: violations that we don't share; what it can't tell is told by our pixels."""
    for one in said:
        if one.kind == "incomplete":
            yield from _texts(one.texts, limits)
            if not one.texts:
                yield _unsettled(one.spot, "what axe could not measure", one.state, (one.summary,))
        elif not any(paint.pale(text, limits.text, limits.large) for text in one.texts):
            yield Finding(
                "axe-contrast",
                f"axe finds too little contrast at {one.spot.said}: {one.summary}",
                one.spot,
                wanted=f"{limits.text:g}:1, large text {limits.large:g}:1",
                got=one.summary,
                state=one.state,
                criterion=_TEXT,
                fix="take a colour that stands out more from this ground",
            )


def _missed(count: int) -> Iterator[Finding]:
    if count:
        yield Finding(
            "states-not-visited",
            f"{count} controls were not visited by pointer and focus: there are too many in one state of the page",
            wanted="each control under the pointer and in focus",
            got=f"{count} not visited",
            criterion=_TEXT,
            fix="look at them by hand, and sign what was seen",
            certain=False,
        )


def _unsettled(spot: Spot, called: str, state: str, doubts: Sequence[str]) -> Finding:
    return Finding(
        "contrast-unsettled",
        f"the contrast of {called} can't be measured: {', '.join(doubts)}",
        spot,
        wanted="a contrast that can be told",
        got=", ".join(doubts),
        state=state,
        criterion=_TEXT,
        fix="look at it, and sign what was seen",
        certain=False,
    )


def _called(text: Text) -> str:
    kinds = {"text": "the text", "icon": "the icon", "typed": "what is typed", "placeholder": "the placeholder"}
    shown = f" {text.text!r}" if text.text else ""
    return f"{kinds[text.kind]}{shown}{f' in {text.part}' if text.part else ''}"


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding for each rule and place, with all states in which it was found."""
    by_place: dict[tuple[str, str], Finding] = {}
    for one in findings:
        key = (one.rule, one.spot.where)
        first = by_place.get(key)
        if first is None:
            by_place[key] = one
        elif one.state not in first.state:
            by_place[key] = replace(first, state=f"{first.state}; {one.state}", certain=first.certain or one.certain)
        elif one.certain and not first.certain:
            by_place[key] = replace(one, state=first.state)
    return list(by_place.values())
