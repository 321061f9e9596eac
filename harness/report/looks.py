"""The record of a look at the page in a run's folder, and pictures in which findings are marked."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, TypeVar

from PIL import Image, ImageDraw, ImageFont

from harness.report import kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FOLDER = "artifacts/page"
MARK = (214, 0, 96)
WIDE = 3
AROUND = 4
LEAST = 12  # px: so much of a frame is always in its picture
LABEL = 18  # px: the height of a number
LETTERS = 15  # px
NO_CRITERION = "none of WCAG's; the line itself asks for it"
T = TypeVar("T")


def write(run: Path, name: str, record: object) -> None:
    """Write a look's record into a run's folder, whole or not at all."""
    _ = kept.write(run / FOLDER, name, record)


def read(run: Path, name: str, kind: type[T]) -> T | None:
    """Read a look's record as what it was written from; None where there is none, kept.UnreadableError if damaged."""
    return kept.read(run / FOLDER, name, kind, called="look", again="judge another run, or look again")


def marked(folder: Path, findings: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    """Return each picture that shows a finding, with its elements framed and numbered as in the list of findings.

    `folder` is `artifacts/page`; a finding has `spot` {picture, box}. Without a box all of the picture is framed; what
    lies outside of the picture is a bar at that edge. A picture that can't be read is left out.
    """
    boxes: dict[str, list[tuple[int, list[float]]]] = {}
    for number, finding in enumerate(findings, 1):
        spot: Mapping[str, Any] = finding["spot"]
        if spot["picture"]:
            boxes.setdefault(spot["picture"], []).append((number, list(spot["box"] or ())))
    found: dict[str, bytes] = {}
    for file, places in boxes.items():
        try:
            picture = Image.open(folder / file).convert("RGB")
        except OSError:
            continue
        found[file] = _framed(picture, places)
    return found


def told(findings: Iterable[Mapping[str, Any]]) -> str:
    """Return findings as text: what is wrong, where, what was wanted, the criterion, and how to mend it.

    Each begins with the number that it has in the marked pictures.
    """
    parts: list[str] = []
    for number, finding in enumerate(findings, 1):
        spot: Mapping[str, Any] = finding["spot"]
        rows = {
            "where": f"{spot['role']} {spot['name']!r} at {spot['where']}" if spot["name"] else spot["where"],
            "state": finding["state"],
            "wanted": finding["wanted"],
            "got": finding["got"],
            "criterion": finding["criterion"] or NO_CRITERION,
            "to mend": finding["fix"],
            "picture": spot["picture"],
        }
        lines = [f"  {key + ':':<11}{value}" for key, value in rows.items() if value]
        parts.append("\n".join([f"{number}. {finding['says']} ({finding['rule']})", *lines]))
    return "\n\n".join(parts) + "\n"


def _framed(picture: Image.Image, places: list[tuple[int, list[float]]]) -> bytes:
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(LETTERS)
    taken: set[tuple[float, float]] = set()
    for number, box in places:
        edges = _edges(box, picture.width, picture.height)
        draw.rectangle(edges, outline=MARK, width=WIDE)
        says = str(number)
        wide = draw.textlength(says, font) + 2 * WIDE
        x, y = max(0.0, min(edges[0], picture.width - wide)), max(0.0, edges[1] - LABEL)
        while (x, y) in taken and x + 2 * wide < picture.width:
            x += wide  # several findings at one element: their numbers stand side by side
        taken.add((x, y))
        draw.rectangle((x, y, x + wide, y + LABEL), fill=MARK)
        draw.text((x + wide / 2, y + LABEL / 2), says, fill="white", font=font, anchor="mm")
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()


def _edges(box: list[float], across: int, down: int) -> tuple[float, float, float, float]:
    """Return a frame around a box, as much of it as can be seen: left, top, right, bottom."""
    if not box:
        return 0.0, 0.0, across - 1.0, down - 1.0
    x, y, width, height = box
    left, right = _clamped(x - AROUND, x + width + AROUND, across)
    top, bottom = _clamped(y - AROUND, y + height + AROUND, down)
    return left, top, right, bottom


def _clamped(begin: float, end: float, most: int) -> tuple[float, float]:
    begin = min(max(0.0, begin), most - 1.0 - LEAST)
    return max(0.0, begin), min(most - 1.0, max(end, begin + LEAST))
