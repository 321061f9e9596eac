"""The record of a look at the page in a run's folder, and pictures in which findings are marked."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, TypeVar

from PIL import Image, ImageDraw

from harness.report import kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FOLDER = "artifacts/page"
MARK = (214, 0, 96)
WIDE = 3
AROUND = 4
T = TypeVar("T")


def write(run: Path, name: str, record: object) -> None:
    """Write a look's record into a run's folder, whole or not at all."""
    _ = kept.write(run / FOLDER, name, record)


def read(run: Path, name: str, kind: type[T]) -> T | None:
    """Read a look's record as what it was written from; None where there is none, kept.UnreadableError if damaged."""
    return kept.read(run / FOLDER, name, kind, called="look", again="judge another run, or look again")


def marked(folder: Path, findings: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    """Return each picture that shows a finding, with its elements framed and numbered as in the list of findings.

    `folder` is `artifacts/page`; a finding has `spot` {picture, box}. A picture that can't be read is left out.
    """
    boxes: dict[str, list[tuple[int, list[float]]]] = {}
    for number, finding in enumerate(findings, 1):
        spot: Mapping[str, Any] = finding["spot"]
        if spot["picture"] and spot["box"]:
            boxes.setdefault(spot["picture"], []).append((number, list(spot["box"])))
    found: dict[str, bytes] = {}
    for file, places in boxes.items():
        try:
            picture = Image.open(folder / file).convert("RGB")
        except OSError:
            continue
        found[file] = _framed(picture, places)
    return found


def told(findings: Iterable[Mapping[str, Any]]) -> str:
    """Return findings as text: what is wrong, where, what was wanted, the criterion, and how to mend it."""
    parts: list[str] = []
    for number, finding in enumerate(findings, 1):
        spot: Mapping[str, Any] = finding["spot"]
        rows = {
            "where": f"{spot['role']} {spot['name']!r} at {spot['where']}" if spot["name"] else spot["where"],
            "state": finding["state"],
            "wanted": finding["wanted"],
            "got": finding["got"],
            "criterion": finding["criterion"],
            "to mend": finding["fix"],
        }
        lines = [f"  {key + ':':<11}{value}" for key, value in rows.items() if value]
        parts.append("\n".join([f"{number}. {finding['says']} ({finding['rule']})", *lines]))
    return "\n\n".join(parts) + "\n"


def _framed(picture: Image.Image, places: list[tuple[int, list[float]]]) -> bytes:
    draw = ImageDraw.Draw(picture)
    for number, (x, y, width, height) in places:
        edges = (x - AROUND, y - AROUND, x + width + AROUND, y + height + AROUND)
        draw.rectangle(edges, outline=MARK, width=WIDE)
        at = (max(0, x - AROUND), max(0, y - AROUND - 14))
        draw.rectangle(draw.textbbox(at, f" {number} "), fill=MARK)
        draw.text(at, f" {number} ", fill="white")
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()
