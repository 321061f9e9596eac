from __future__ import annotations

import html.parser
import re
from typing import TYPE_CHECKING, Any

import pytest

from harness import policy
from harness.cli import run as gate
from harness.report import markdown, plot
from harness.report import page as paging
from tests.gate.builder import MET_FACTS, build

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "<script>alert(1)</script> | `rm -rf` [x](javascript:y) \x1b[31m \u202e & \"'"
FACTS: dict[str, Any] = {**MET_FACTS, "<img src=x onerror=y>": EVIL, "pods": [{"a": EVIL}], "none": None}


def pages(tmp_path: Path, phase: str = "canary", **options: Any) -> tuple[str, str]:
    """The page and the summary of a run."""
    folder = build(tmp_path, phase, **options)
    _ = gate(["decide", phase, "--run", str(folder.path)])
    return (folder.path / "verdict.html").read_text(), (folder.path / "verdict.md").read_text()


class Seen(html.parser.HTMLParser):
    """What stands in a page: elements, attributes that load or run something, and whether it is well nested."""

    VOID = frozenset({"meta", "link", "img", "br", "line", "rect", "path", "circle"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.bad: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.bad += [
            (k, v) for k, v in attrs if k.startswith("on") or k == "src" or (k == "href" and v and v[0] != "#")
        ]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            _ = self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_nothing_from_a_test_becomes_markup(tmp_path: Path) -> None:
    shown, summary = pages(tmp_path, verdicts={"P2-RTE-02": ("VIOLATED", None, EVIL, FACTS)})
    seen = Seen(shown)
    assert seen.open == []
    assert not {"script", "img", "iframe", "link", "object"} & set(seen.tags)
    assert seen.bad == []
    assert "&lt;script&gt;alert(1)" in shown
    for text in (shown, summary):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<script" not in summary
    row = next(line for line in summary.splitlines() if line.startswith("| P2\\-RTE\\-02"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 5


def test_the_page_has_landmarks_headings_and_scopes(tmp_path: Path) -> None:
    shown, _ = pages(tmp_path)
    seen = Seen(shown)
    assert {"main", "header", "footer", "caption"} <= set(seen.tags)
    assert seen.tags.count("h1") == 1
    assert shown.count('scope="col"') == 4
    assert shown.count('scope="row"') == len(policy.load().of("canary").required)
    assert '<html lang="en">' in shown


def test_the_page_stands_alone_and_is_small(tmp_path: Path) -> None:
    facts = {f"fact {i}": "x" * 5_000 for i in range(300)}
    shown, _ = pages(tmp_path, verdicts={"P2-RTE-02": ("VIOLATED", None, "x" * 100_000, facts)})
    assert len(shown.encode()) < 300_000
    assert Seen(shown).open == []
    assert "url(" not in shown
    assert "@import" not in shown


@pytest.mark.usefixtures("planned_in_part")
def test_planned_lines_stand_on_every_page(tmp_path: Path) -> None:
    for text in pages(tmp_path, "bugbash"):
        plain = text.replace("\\", "")
        assert "Not covered by this version" in plain
        for line in ("BB-01", "BB-08", "BY-04"):
            assert line in plain


def test_a_rehearsal_says_so_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown, summary = pages(tmp_path, rehearsal=True)
    assert "REHEARSAL" in shown
    assert "REHEARSAL" in summary
    assert "REHEARSAL" in capsys.readouterr().out


def test_what_is_no_rehearsal_does_not_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not [text for text in (*pages(tmp_path), capsys.readouterr().out) if "REHEARSAL" in text]


def test_the_page_draws_an_interval_with_a_text_alternative(tmp_path: Path) -> None:
    shown, _ = pages(tmp_path)
    assert 'aria-label="observed 0.1002, interval 0.0934 to 0.1071, allowed 0.07 to 0.13, 3,500 samples"' in shown


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"estimate": 1, "low": 0, "high": 2},
        {"estimate": 3, "low": 0, "high": 2, "limit_high": 5},
        {"estimate": None, "low": None, "high": None, "limit_high": 5, "n": 0},
        {"estimate": "1", "low": True, "high": 2, "limit_high": 5},
        {"estimate": float("nan"), "low": 0, "high": 2, "limit_high": 5},
    ],
    ids=str,
)
def test_figures_that_are_not_whole_are_not_drawn(facts: dict[str, Any]) -> None:
    assert plot.of(facts) is None


def test_bounds_without_an_estimate_are_not_called_an_interval() -> None:
    assert plot.words({"low": 10, "high": 20, "n": 3}) == "3 samples"


def test_an_estimate_right_on_its_limit_can_be_drawn() -> None:
    assert plot.of({"estimate": 0, "low": 0, "high": 0, "limit_high": 0}) is not None


def test_the_summary_stays_below_what_ci_takes() -> None:
    assert len(markdown.escape("x" * 10_000_000)) <= 1_000


def test_a_code_span_cannot_be_ended_from_inside() -> None:
    assert markdown.code("a ``` b") == "```` a ``` b ````"


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [("fg", "bg"), ("fg", "card"), ("muted", "bg"), ("muted", "card"), ("link", "bg"), ("link", "card"), ("fg", "rule")]
    + [(ink, paper) for ink in ("met", "bad", "open") for paper in (f"{ink}-bg", "card")],
)
def test_text_has_enough_contrast_in_both_themes(theme: int, ink: str, paper: str) -> None:
    css = (paging.TEMPLATES / "verdict.css").read_text()
    tokens = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css.split(":root {")[1 + theme].split("}")[0]))
    light, dark = sorted((luminance(tokens[ink]), luminance(tokens[paper])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
