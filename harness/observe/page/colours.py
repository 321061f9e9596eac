"""Reading the colours of a page in the state it is in: texts, edges, icons, surfaces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from harness.judge.page.paint import Edge, Icon, Rim, Surface, Text
from harness.observe.page import pixels
from harness.observe.page.tab import spot_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.judge.page.finding import Picture
    from harness.judge.page.paint import Layer
    from harness.judge.page.wcag import Rgba
    from harness.observe.page.tab import Tab

SCRIPTS: Final = ("colours.js", "shapes.js")
"""What a tab must be opened with (`State.scripts`)."""

SCALE: Final = 2.0
"""Device pixels for one CSS px: at one, thin letters cover no pixel whole."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is new on the page since it was read before: one of each kind and colour."""

    texts: tuple[Text, ...] = ()
    edges: tuple[Edge, ...] = ()
    icons: tuple[Icon, ...] = ()


def read(tab: Tab, state: str, picture: Picture | None = None) -> Reading:
    """Return what was not read since `forget`, in the state that `state` calls it."""
    found: Mapping[str, Any] = tab.run("() => window.__shapes.read()")
    return Reading(
        tuple(text_of(one, state, picture) for one in found["texts"]),
        tuple(_edge(one, state, picture) for one in found["edges"]),
        tuple(_icon(one, state, picture) for one in found["icons"]),
    )


def forget(tab: Tab) -> None:
    """Read everything anew, as after the theme was switched."""
    _ = tab.run("() => window.__shapes.forget()")


def pictured(reading: Reading, picture: Picture) -> Reading:
    """Return what was read with its places in a picture that was taken of the same state afterwards."""
    return Reading(
        tuple(replace(text, spot=replace(text.spot, picture=picture.file)) for text in reading.texts),
        tuple(replace(edge, spot=replace(edge.spot, picture=picture.file)) for edge in reading.edges),
        tuple(replace(icon, spot=replace(icon.spot, picture=picture.file)) for icon in reading.icons),
    )


def drawings(tab: Tab, icons: Sequence[Icon], picture: Picture) -> tuple[Icon, ...]:
    """Return icons, those without flat colours with what their pixels in a picture say."""
    if all(icon.colours for icon in icons):
        return tuple(icons)
    seen = pixels.of(tab, picture)
    return tuple(
        icon
        if icon.colours or icon.spot.box is None
        else replace(icon, seen=pixels.drawing(pixels.part(seen, icon.spot.box)))
        for icon in icons
    )


def surfaces(tab: Tab, picture: Picture) -> tuple[Surface, ...]:
    """Return all that paints a ground of its own; of gradients and pictures, how light they are in the picture."""
    found: Sequence[Mapping[str, Any]] = tab.run("() => window.__shapes.surfaces()")
    read_ = [_surface(one, picture) for one in found]
    if not any(surface.picture for surface in read_):
        return tuple(read_)
    seen = pixels.of(tab, picture)
    return tuple(
        replace(surface, seen=pixels.lightness(pixels.part(seen, surface.spot.box)))
        if surface.picture and surface.spot.box is not None
        else surface
        for surface in read_
    )


def text_of(given: Mapping[str, Any], state: str, picture: Picture | None = None) -> Text:
    """Return a text from what the page's script says."""
    return Text(
        spot=spot_of(given["spot"], picture),
        kind=given["kind"],
        text=given["text"],
        colour=_rgba(given["colour"]),
        layers=_layers(given["layers"]),
        size_px=float(given["size"]),
        weight=float(given["weight"]),
        state=state,
        part=given["part"],
        doubts=tuple(given["doubts"]),
        exempt=given["exempt"],
        count=given["count"],
    )


def _edge(given: Mapping[str, Any], state: str, picture: Picture | None) -> Edge:
    rims = tuple(
        Rim(tuple(_rgba(line) for line in rim["lines"]), _rgba(rim["ground"]), _layers(rim["outside"]))
        for rim in given["rims"]
    )
    spot = spot_of(given["spot"], picture)
    return Edge(spot, given["kind"], rims, state, given["part"], tuple(given["doubts"]), given["exempt"])


def _icon(given: Mapping[str, Any], state: str, picture: Picture | None) -> Icon:
    colours = () if given["pixels"] else tuple(_rgba(colour) for colour in given["colours"])
    layers = _layers(given["layers"])
    return Icon(spot_of(given["spot"], picture), colours, layers, state, given["part"], given["exempt"])


def _surface(given: Mapping[str, Any], picture: Picture) -> Surface:
    return Surface(
        spot=spot_of(given["spot"], picture),
        layers=_layers(given["layers"]),
        part=given["part"],
        control=given["control"],
        picture=given["picture"],
        count=given["count"],
    )


def _rgba(given: Sequence[float]) -> Rgba:
    red, green, blue, alpha = (float(channel) for channel in given)
    return (red, green, blue, alpha)


def _layers(given: Sequence[Sequence[float]]) -> tuple[Layer, ...]:
    return tuple((float(one[0]), float(one[1]), float(one[2]), float(one[3]), float(one[4])) for one in given)
