"""Records of looks come back as they were written; findings are framed in the pictures that show them."""

from __future__ import annotations

import io
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from harness.judge.page.finding import Around, Finding, Picture, Spot
from harness.report import kept, looks

if TYPE_CHECKING:
    from pathlib import Path


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    record = Around({"browser": "Chromium 1"}, (Picture("a", "a.png", 10, 20, "dark"),), ("oops",), (), 1.5)
    looks.write(tmp_path, "BB-01", record)
    assert looks.read(tmp_path, "BB-01", Around) == record
    assert looks.read(tmp_path, "BB-02", Around) is None


@pytest.mark.parametrize("text", ["", "{", '{"took_s": "long"}', '{"took_s": 1, "took_s": 2}'])
def test_a_damaged_record_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / looks.FOLDER).mkdir(parents=True)
    _ = (tmp_path / looks.FOLDER / "BB-01.json").write_text(text)
    with pytest.raises(kept.UnreadableError, match=r"look BB-01: wanted its record at .*; judge another run") as said:
        _ = looks.read(tmp_path, "BB-01", Around)
    assert "\n" not in str(said.value)


def finding(picture: str = "a.png", **more: Any) -> dict[str, object]:
    spot = Spot("#send", "button", "Send", picture, (30.0, 40.0, 20.0, 10.0))
    return asdict(Finding("ring-none", "Send shows nothing", spot, **more))


def test_a_finding_is_framed_where_it_is_and_nothing_else_is_changed(tmp_path: Path) -> None:
    Image.new("RGB", (100, 100), "white").save(tmp_path / "a.png")
    made = looks.marked(tmp_path, [finding(), finding("not-there.png")])
    assert list(made) == ["a.png"]
    _ = (tmp_path / "b.png").write_bytes(made["a.png"])
    framed = Image.open(tmp_path / "b.png").convert("RGB")
    assert framed.size == (100, 100)
    assert framed.getpixel((27, 45)) == looks.MARK
    assert framed.getpixel((40, 45)) == framed.getpixel((90, 90)) == (255, 255, 255)


def framed(folder: Path, *boxes: tuple[float, ...] | None) -> Image.Image:
    """Return a white picture of 100 by 60 px in which these boxes are marked."""
    Image.new("RGB", (100, 60), "white").save(folder / "a.png")
    found = [{"spot": {"picture": "a.png", "box": box}} for box in boxes]
    return Image.open(io.BytesIO(looks.marked(folder, found)["a.png"])).convert("RGB")


def test_what_is_wrong_with_all_of_a_page_frames_all_of_its_picture(tmp_path: Path) -> None:
    made = framed(tmp_path, None)
    assert [made.getpixel(at) for at in ((0, 40), (99, 40), (50, 59))] == [looks.MARK] * 3
    assert made.getpixel((50, 40)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("box", "at"),
    [
        ((140.0, 20.0, 30.0, 10.0), (99, 25)),
        ((-90.0, 20.0, 30.0, 10.0), (0, 25)),
        ((20.0, 300.0, 30.0, 10.0), (35, 59)),
        ((20.0, -80.0, 30.0, 10.0), (45, 0)),
    ],
    ids=["right", "left", "below", "above"],
)
def test_what_lies_outside_of_its_picture_is_marked_at_that_edge(
    tmp_path: Path, box: tuple[float, ...], at: tuple[int, int]
) -> None:
    made = framed(tmp_path, box)
    assert made.getpixel(at) == looks.MARK
    assert made.size == (100, 60)


def test_two_findings_at_one_element_have_both_of_their_numbers(tmp_path: Path) -> None:
    box = (30.0, 30.0, 20.0, 10.0)
    one, two = (framed(tmp_path, *[box] * count) for count in (1, 2))
    wide = [sum(made.getpixel((x, 10)) == looks.MARK for x in range(100)) for made in (one, two)]
    assert wide[1] > wide[0] > 0


def test_what_was_found_is_told_with_all_that_helps_to_mend_it() -> None:
    text = looks.told([finding(wanted="a ring", got="none", state="dark", criterion="WCAG 2.4.7", fix="draw one")])
    assert text.splitlines() == [
        "1. Send shows nothing (ring-none)",
        "  where:     button 'Send' at #send",
        "  state:     dark",
        "  wanted:    a ring",
        "  got:       none",
        "  criterion: WCAG 2.4.7",
        "  to mend:   draw one",
        "  picture:   a.png",
    ]
    assert "  criterion: none of WCAG's; the line itself asks for it" in looks.told([finding()]).splitlines()
