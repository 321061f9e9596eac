"""The parts of the decision's page: figures in words, since when, pictures that may be shown, charts taken in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli.decide import of_folder
from harness.judge import drawing
from harness.report import looks
from harness.report.showing import chart, figures, page_charts, page_pictures, since
from harness.report.showing import page as paging
from tests.gate.builder import Folder, build
from tests.gate.figures import both, slow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
LINE = "P2-RTE-01"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (slow(), "observed 6.75% above 1.5 s, interval 6.04% to 7.52%, allowed up to 5% above 1.5 s, 4,800 requests"),
        (both(), "observed +0.02 s, interval +0.01 s to +0.03 s, allowed up to +0.1 s, 24 blocks"),
        ({"estimate": 60_252, "limit_low": 50_000, "n": 9}, "observed 60,252, allowed from 50,000, 9 samples"),
        ({"estimate": 7200.0, "limit_low": 86_400, "to_go_s": 79_200}, "observed 2 h 00 min, allowed from 24 h 00 min"),
        ({"estimate": 0.05, "relative": True, "limit_high": 0.1}, "observed +5%, allowed up to +10%"),
        (
            {"estimate": -0.002, "hits": 9, "hits_reference": 8, "limit_low": -0.01},
            "observed -0.2 points, allowed from -1 points",
        ),
        ({"n": 5, "unit": "pod and answer"}, "5 samples"),
        ({"estimate": 10**400, "n": True}, ""),
    ],
    ids=str,
)
def test_figures_are_written_with_what_they_are(facts: dict[str, Any], said: str) -> None:
    assert figures.words(facts) == said


@pytest.mark.parametrize(
    ("facts", "spare"),
    [
        ({"estimate": 0.06, "hits": 6, "limit_high": 0.05}, "1 points over"),
        ({"estimate": 0.04, "hits": 4, "limit_high": 0.05}, "1 points to spare"),
        ({"estimate": 5, "limit_low": 8, "limit_high": 90}, "3 short"),
        ({"estimate": 5}, ""),
    ],
    ids=str,
)
def test_the_margin_says_on_which_side_of_the_limit_it_is(facts: dict[str, Any], spare: str) -> None:
    assert figures.of(facts).spare == spare


@pytest.mark.parametrize(
    ("hits", "after", "found"),
    [
        ([0, 0, 9, 9, 9], None, (20, 40)),
        ([0, 0, 9, 9, 9], 400, (20, 40)),
        ([0, 0, 9, 9, 9], 300, (20, 30)),
        ([9, 0, 0, 9, 9], None, (30, 40)),
        ([0, 0, 0, 0, 0], None, None),
        ([9, 0, 0, 0, 0], None, None),
    ],
    ids=str,
)
def test_a_rise_begins_where_the_excess_last_left_zero(
    hits: list[int], after: float | None, found: tuple[float, float] | None
) -> None:
    points = [(10.0 * i, float(one), 100.0) for i, one in enumerate(hits)]
    assert since.onset(points, 0.05, after) == found


def test_the_first_violated_slice_tells_since_when(tmp_path: Path) -> None:
    resets = [{"at": 1_795_549_000.0, "reason": "GAP", "because": "away"}]
    resets += [{"at": 1_795_550_400.0 + 60 * i, "reason": "VIOLATED", "because": "slow"} for i in range(2)]
    folder = build(tmp_path, verdicts={LINE: ("VIOLATED", None, "not held", {"resets": resets})})
    assert "2026-11-24 20:00:00 UTC, when the first slice ended" in paging.render(of_folder(folder.path, "canary"))


@pytest.mark.parametrize(
    "facts",
    [
        {"resets": [{"at": -1, "reason": "VIOLATED"}], "series": "x", "violated": [1]},
        {"resets": [{"at": 1e300, "reason": "VIOLATED"}], "series": [[1, 2]]},
        {"series": [[0, 1, 2]], "series_from": 1e14, "limit_high": 0.1},
        {"series": [[0, 9, 10]], "series_from": 0, "limit_high": 5e-324},
        {"series": [], "series_from": 0, "limit_high": 0.1},
        {"violated": [{"line": LINE, "since": "0001-01-01T00:00:00+10:00"}], "owners": [], "calls": 1},
        {"pictures": [{"file": 1}], "findings": [{"says": None}], "arms": {"judged": [[1]], "reference": 2}},
    ],
    ids=str,
)
def test_facts_of_another_shape_break_nothing(tmp_path: Path, facts: dict[str, Any]) -> None:
    made = of_folder(build(tmp_path, verdicts={LINE: ("VIOLATED", None, "not held", facts)}).path, "canary")
    assert "not held" in paging.render(made)


def pictured(
    tmp_path: Path, put: Callable[[Path], object], file: str = "a.png", **facts: Any
) -> page_pictures.Pictures:
    """What is shown of a line whose facts name one picture, that `put` has written into `artifacts/page`."""
    named: dict[str, Any] = {"pictures": [{"file": file, "name": "landing", "state": "dark"}], **facts}
    folder: Folder = build(tmp_path, verdicts={LINE: ("VIOLATED", None, "not held", named)})
    inside = folder.path / "artifacts" / "page"
    inside.mkdir()
    _ = put(inside)
    return page_pictures.of(of_folder(folder.path, "canary"), folder.path)[LINE]


def writing(content: bytes, name: str = "a.png") -> Callable[[Path], object]:
    return lambda inside: (inside / name).write_bytes(content)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + b"0" * 20, "image/jpeg"),
        (b"RIFF0000WEBPVP8 " + b"0" * 20, "image/webp"),
    ],
    ids=["png", "jpeg", "webp"],
)
def test_a_small_picture_becomes_part_of_the_page(tmp_path: Path, content: bytes, kind: str) -> None:
    (shown,) = pictured(tmp_path, writing(content)).shown
    assert shown.source.startswith(f"data:{kind};base64,")
    assert shown.said == "landing [dark]"


def test_a_picture_with_its_findings_marked_is_shown_instead(tmp_path: Path) -> None:
    def both_of(inside: Path) -> None:
        _ = (inside / "a.png").write_bytes(PNG)
        _ = (inside / "a-marked.png").write_bytes(PNG + b"marked")

    (shown,) = pictured(tmp_path, both_of, findings=[{"says": "pale", "spot": {"picture": "a.png"}}]).shown
    assert (shown.file, shown.said) == ("a-marked.png", "landing [dark], what was found is marked")


def outside(inside: Path) -> None:
    """A link to a picture that lies elsewhere."""
    _ = (inside.parent / "b.png").write_bytes(PNG)
    (inside / "a.png").symlink_to(inside.parent / "b.png")


def pipe(inside: Path) -> None:
    os.mkfifo(inside / "a.png")


def subfolder(inside: Path) -> None:
    (inside / "a.png").mkdir()


def nothing(_: Path) -> None:
    """Name a picture that is not there."""


@pytest.mark.parametrize(
    "put",
    [
        writing(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        writing(b"<script>alert(1)</script>"),
        writing(b"RIFF0000WEBPVP8X0000\x02" + b"0" * 20),
        writing(PNG + b"0" * page_pictures.EACH),
        writing(b""),
        outside,
        pipe,
        subfolder,
        nothing,
    ],
    ids=["svg", "html", "film", "large", "empty", "link", "pipe", "folder", "missing"],
)
def test_anything_else_is_named_only(tmp_path: Path, put: Callable[[Path], object]) -> None:
    found = pictured(tmp_path, put)
    assert (found.shown, found.named) == ((), ("artifacts/page/a.png",))


@pytest.mark.parametrize("file", ["../picture.png", "/etc/hostname", "..", "", "sub/a.png", ".a.png", "a\0.png"])
def test_no_name_leads_out_of_the_pictures_folder(tmp_path: Path, file: str) -> None:
    assert pictured(tmp_path, writing(PNG), file).shown == ()


def test_a_linked_folder_of_pictures_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    _ = (other / "a.png").write_bytes(PNG)

    def link(inside: Path) -> None:
        inside.rmdir()
        inside.symlink_to(other)

    assert pictured(tmp_path, link).shown == ()


def test_a_picture_that_was_changed_after_it_was_hashed_is_not_shown(tmp_path: Path) -> None:
    facts = {"pictures": [{"file": "a.png", "name": "a"}]}
    folder = build(tmp_path, verdicts={LINE: ("MET", None, "it holds", facts)})
    path = folder.path / "artifacts" / "page" / "a.png"
    path.parent.mkdir()
    _ = path.write_bytes(PNG)
    made = of_folder(folder.path, "canary")
    assert len(page_pictures.of(made, folder.path)[LINE].shown) == 1
    _ = path.write_bytes(PNG + b"1")
    assert page_pictures.of(made, folder.path)[LINE].shown == ()


def test_without_a_folder_pictures_are_named(tmp_path: Path) -> None:
    facts = {"pictures": [{"file": f"{i}.png", "name": "a"} for i in range(20)]}
    made = of_folder(build(tmp_path, verdicts={LINE: ("MET", None, "it holds", facts)}).path, "canary")
    found = page_pictures.of(made, None)[LINE]
    assert (found.shown, len(found.named), found.more) == ((), 12, 8)


def test_a_chart_that_is_not_ours_is_left_out() -> None:
    own = chart.of("A line", slow())["over time"]
    assert page_charts.inlined(own, 1).startswith('<svg class="drawn" ')
    assert "<style" not in page_charts.inlined(own, 1)
    swapped = own.replace("<g ", "<foreignObject ", 1)
    for strange in (swapped, own.replace("aria-labelledby", "x"), "", own + "<script>"):
        assert page_charts.inlined(strange, 1) == ""


def test_names_that_are_repeated_here_are_those_of_their_owners() -> None:
    assert page_charts.DRAWN == drawing.FACTS
    assert page_charts.SIGNS.keys() == {chart.OVER_TIME, chart.BOTH_ARMS}
    assert page_pictures.FOLDER == looks.FOLDER
