"""The rows of a table as a page shows them: of a table, laid out as cards, or as a list of cards."""

from __future__ import annotations

from dataclasses import dataclass

from harness.judge.page.finding import Spot  # noqa: TC001  msgspec reads the annotations when it runs


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is shown: `pieces` are its cells' texts with what names them; a card of a list is one piece.

    `tabular`: it is a row of a table, whose cells lie on so many `lines`. `semantics` is "kept", "implicit" (laid out
    as no table, and no role says what it is) or "lost".
    """

    spot: Spot
    pieces: tuple[str, ...]
    lines: int = 1
    tabular: bool = True
    semantics: str = "kept"


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest letters of an answer."""

    spot: Spot
    px: float


@dataclass(frozen=True, slots=True)
class View:
    """An answer in a window of `window` px: `width` is the page's own, `wide` that of its content.

    `cells` and `items` (of lists) are what a screen reader finds in it; `targets` are its buttons.
    """

    state: str
    window: int
    width: float
    wide: float
    header: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    cells: int = 0
    items: int = 0
    smallest: Smallest | None = None
    targets: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """One answer: the headers and rows of its document, and how they were shown, one window after another."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    views: tuple[View, ...]


def showing(view: View, row: tuple[str, ...]) -> list[Row]:
    """Return what shows all values of a row."""
    return [one for one in view.rows if all(has(one, value) for value in row)]


def has(shown: Row, value: str) -> bool:
    """Tell whether one of its pieces shows a value."""
    return any(_plain(value) in _plain(piece) for piece in shown.pieces)


def is_card(shown: Row, view: View, headers: tuple[str, ...], row: tuple[str, ...]) -> bool:
    """Tell a card from a table's row: no table at all, cells below each other, or values named without a header."""
    if not shown.tabular or shown.lines > 1:
        return True
    return not view.header and not unnamed(shown, headers, row)


def unnamed(shown: Row, headers: tuple[str, ...], row: tuple[str, ...]) -> list[str]:
    """Return the headers of which no piece holds both name and value."""
    pairs = zip(headers, row, strict=False)
    return [
        header for header, value in pairs if header and not any(_names(piece, header, value) for piece in shown.pieces)
    ]


def _names(piece: str, header: str, value: str) -> bool:
    text, name = _plain(piece), _plain(header)
    return name in text and _plain(value) in text.replace(name, "", 1)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
