from __future__ import annotations

import datetime
import html.parser
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from harness import policy
from harness.cli import console
from harness.cli import run as gate
from harness.cli.decide import of_folder
from harness.report.deciding.model import BrokenGlass, Previous, Waived
from harness.report.showing import document, junit, markdown, plot
from harness.report.showing import page as paging
from tests.gate.builder import MET_FACTS, build
from tests.gate.figures import both, calls, slow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.report.deciding.model import Decision

EVIL = "<script>alert(1)</script> | `rm -rf` [x](javascript:y) \x1b[31m \u202e & \"'"
FACTS: dict[str, Any] = {**MET_FACTS, "<img src=x onerror=y>": EVIL, "pods": [{"a": EVIL}], "none": None}
NOW = datetime.datetime(2026, 11, 24, 21, tzinfo=datetime.UTC)
LATER = NOW + datetime.timedelta(hours=4)
SLOW = ("VIOLATED", None, "P95 <= 1.5 s: too many are slower", slow())
Verdicts = dict[str, tuple[str, str | None, str, dict[str, Any]]]


def pages(tmp_path: Path, phase: str = "canary", **options: Any) -> tuple[str, str]:
    """The page and the summary of a run."""
    folder = build(tmp_path, phase, **options)
    _ = gate(["decide", phase, "--run", str(folder.path)])
    return (folder.path / "verdict.html").read_text(), (folder.path / "verdict.md").read_text()


def decided(tmp_path: Path, verdicts: Verdicts | None = None, **options: Any) -> Decision:
    """The decision of a run."""
    return of_folder(build(tmp_path, verdicts=verdicts, **options).path, "canary")


def too_slow(tmp_path: Path) -> Decision:
    """A NO_GO whose figures say all there is to say."""
    return decided(tmp_path, {"P2-SLO-01": SLOW, "ES-01": ("MET", None, "all are named", calls("P2-SLO-01"))})


def waived(made: Decision, by: str = "Kim", reason: str = "known, see T-12", line: str = "P2-SLO-01") -> Decision:
    """The same decision with a line waived."""
    one = Waived(by, reason, "VIOLATED", NOW, LATER, "ab" * 32)
    lines = tuple(replace(row, waived=one) if row.id == line else row for row in made.lines)
    return replace(made, decision="GO", blockers=(), lines=lines)


class Seen(html.parser.HTMLParser):
    """What stands in a page: elements, attributes that load or run something, and whether it is well nested."""

    VOID = frozenset({"meta", "link", "img", "br", "line", "rect", "path", "circle"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.bad: list[tuple[str, str | None]] = []
        self.ids: list[str | None] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.bad += [(k, v) for k, v in attrs if k.startswith("on") or k == "srcset"]
        self.bad += [(k, v) for k, v in attrs if k == "href" and v and v[0] != "#"]
        self.bad += [(k, v) for k, v in attrs if k == "src" and not (v or "").startswith("data:image/")]
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
    assert len(re.findall(r"(?<!\\)\|", row)) == 10


def test_words_of_waivers_findings_pictures_and_charts_are_escaped_everywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts: dict[str, Any] = slow() | {
        "unit": EVIL,
        "value_unit": EVIL,
        "pictures": [{"file": "x.png", "name": EVIL, "state": EVIL}],
        "findings": [{"says": EVIL, "rule": EVIL, "fix": EVIL, "wanted": EVIL, "got": EVIL, "spot": {"picture": EVIL}}],
    }
    owners = dict.fromkeys(("L1", "L2", "L3", "lead"), EVIL)
    made = decided(
        tmp_path,
        {
            "P2-SLO-01": ("VIOLATED", None, EVIL, facts),
            "P2-SLO-02": ("VIOLATED", None, EVIL, facts),
            "ES-01": ("MET", None, "named", calls("P2-SLO-02") | {"owners": owners}),
        },
    )
    made = replace(
        waived(made, EVIL, EVIL),
        decision="NO_GO",
        break_glass=(BrokenGlass(EVIL, EVIL, NOW, LATER),),
        previous=Previous("staging", EVIL, "cd" * 32, NOW, LATER),
    )
    shown, summary = paging.render(made), markdown.render(made)
    seen = Seen(shown)
    assert seen.open == []
    assert not {"script", "img", "iframe", "link", "object"} & set(seen.tags)
    assert seen.bad == []
    assert "<script" not in summary
    root = ET.fromstring(junit.render(made))
    console.decision(made, public=None)
    for text in (shown, summary, "".join(root.itertext()), capsys.readouterr().out):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_the_page_has_landmarks_headings_and_scopes(tmp_path: Path) -> None:
    shown, _ = pages(tmp_path)
    seen = Seen(shown)
    assert {"main", "header", "footer"} <= set(seen.tags)
    assert seen.tags.count("h1") == 1
    assert shown.count('scope="col"') == 7
    assert shown.count('scope="rowgroup"') == len(policy.load().of("canary").required)
    assert '<html lang="en">' in shown


def test_the_page_stands_alone_and_is_small(tmp_path: Path) -> None:
    facts = {f"fact {i}": "x" * 5_000 for i in range(300)}
    shown, _ = pages(tmp_path, verdicts={"P2-RTE-02": ("VIOLATED", None, "x" * 100_000, facts)})
    assert len(shown.encode()) < paging.MAX_BYTES < 2_000_000
    assert Seen(shown).open == []
    assert not re.search(r"url\((?!#)", shown)
    assert "@import" not in shown


def test_the_page_may_load_and_run_nothing(tmp_path: Path) -> None:
    shown = paging.render(too_slow(tmp_path))
    policy_at = shown.index('<meta http-equiv="Content-Security-Policy" content="default-src \'none\';')
    assert policy_at < shown.index("<style>")
    assert shown.count("<style") == 1


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


def test_a_no_go_tells_what_how_much_how_sure_since_when_and_what_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = too_slow(tmp_path)
    shown = paging.render(made)
    first = shown[shown.index("<main>") : shown.index("Blockers")]
    console.decision(made, public=None)
    for text in (first, markdown.render(made).replace("\\", ""), " ".join(capsys.readouterr().out.split())):
        for said in (
            "6.75% above 1.5 s, allowed up to 5% above 1.5 s (1.75 points over)",
            "interval 6.04% to 7.52%, from 4,800 requests, chance of a false alarm at most 0.2%",
            "2026-11-24 20:30:00 UTC: above its limit from then on, shown by 2026-11-24 20:36:00 UTC",
            "L2, Grace Hopper; by the clock L3, Kim, is due",
            made.again,
        ):
            assert said in text, text


def test_a_violation_without_figures_tells_its_sentence_and_the_window(tmp_path: Path) -> None:
    made = decided(tmp_path, {"P2-RTE-06": ("VIOLATED", None, "another build answers", {})})
    first = paging.render(made).partition("Blockers")[0]
    assert "another build answers" in first
    assert "within the window watched" in first


def test_the_page_draws_an_interval_with_a_text_alternative(tmp_path: Path) -> None:
    shown, _ = pages(tmp_path)
    assert 'aria-label="observed 0.1002, interval 0.0934 to 0.1071, allowed 0.07 to 0.13, 3,500 samples"' in shown


def test_charts_become_part_of_the_page_each_with_words_and_ids_of_its_own(tmp_path: Path) -> None:
    met = ("MET", None, "it is fast", slow())
    shown = paging.render(
        decided(tmp_path, {"P2-SLO-01": SLOW, "P2-SLO-02": met, "P2-MON-01": ("MET", None, "no worse", both())})
    )
    seen = Seen(shown)
    assert shown.count('class="drawn"') == 3
    assert len(seen.ids) == len(set(seen.ids))
    assert seen.open == []
    assert shown.index('id="drawn-P2-SLO-01-over-time"') < shown.index('id="drawn-P2-MON-01-both-arms"')
    captions = re.findall(r"<figcaption>.*?</figcaption>", shown, re.DOTALL)
    assert "324 above 1.5 s in 4,800 requests: 6.75%" in captions[0]
    assert any("P95 may be at most 0.1 s above" in caption for caption in captions)
    assert shown.count("prefers-color-scheme") == 1  # the page's own; a chart brings none


def test_a_page_that_gets_too_large_lets_go_of_pictures_first_and_then_of_charts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = build(tmp_path, verdicts=dict.fromkeys(policy.load().of("canary").required, SLOW))
    picture = b"\x89PNG\r\n\x1a\n" + b"x" * 250_000
    (folder.path / "artifacts" / "page").mkdir()
    _ = (folder.path / "artifacts" / "page" / "a.png").write_bytes(picture)
    folder.outcomes(
        lambda rows: [row | {"facts": row["facts"] | {"pictures": [{"file": "a.png", "name": "a"}]}} for row in rows]
    )
    made = of_folder(folder.path, "canary")
    sizes: list[int] = []
    for most, pictures, charts in ((1_900_000, True, True), (500_000, False, True), (150_000, False, False)):
        monkeypatch.setattr(paging, "MAX_BYTES", most)
        shown = paging.render(made, folder=folder.path)
        sizes.append(len(shown.encode()))
        assert sizes[-1] <= most
        assert ("data:image/png" in shown, 'class="drawn"' in shown) == (pictures, charts)
        assert "artifacts/page/a.png" in shown or pictures
    assert sizes == sorted(sizes, reverse=True)


def test_a_waived_line_keeps_its_outcome_and_names_who_let_it_pass_why_and_until_when(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = waived(too_slow(tmp_path))
    console.decision(made, public=None)
    shown, summary = paging.render(made), markdown.render(made).replace("\\", "")
    for text in (shown, summary, " ".join(capsys.readouterr().out.split())):
        for said in ("Waived", "Kim", "known, see T-12", "2026-11-25 01:00 UTC", "VIOLATED"):
            assert said in text
    row = shown[shown.index('id="line-P2-SLO-01"') :].partition("</tbody>")[0]
    assert '<span class="chip">VIOLATED</span>' in row
    assert "waived by Kim until 2026-11-25 01:00 UTC: known, see T-12" in row
    cases = {case.get("name", "").split()[0]: case for case in ET.fromstring(junit.render(made)).iter("testcase")}
    case = cases["P2-SLO-01"]
    assert (case.find("failure"), case.find("error")) == (None, None)
    said = case.findtext("system-out") or ""
    assert "VIOLATED: P95" in said
    assert "waived by Kim until 2026-11-25 01:00 UTC: known, see T-12" in said


def test_a_promotion_without_go_is_loud_on_every_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = replace(too_slow(tmp_path), break_glass=(BrokenGlass("Lin", "users are down", NOW, LATER),))
    console.decision(made, public=None)
    shown, summary = paging.render(made), markdown.render(made)
    assert shown.index('class="glass"') < shown.index("<h1>")
    root = ET.fromstring(junit.render(made))
    for text in (shown, summary.replace("\\", ""), "".join(root.itertext()), capsys.readouterr().out):
        assert "PROMOTED WITHOUT GO" in text
        assert "by Lin, 2026-11-24 21:00 UTC" in " ".join(re.sub(r"</?[a-z][^>]*>", "", text).split())
    assert "PROMOTED WITHOUT GO" not in paging.render(too_slow(tmp_path))


@pytest.mark.parametrize(
    ("previous", "why", "said"),
    [
        (Previous("staging", "run-1", "cd" * 32, NOW, LATER), "", "staging, run run-1, decided 2026-11-24 21:00 UTC"),
        (None, "no GO of staging was given", "none: no GO of staging was given"),
        (None, "", "none is wanted by the policy"),
    ],
    ids=["there", "missing", "not wanted"],
)
def test_the_decision_before_or_why_there_is_none_stands_on_the_pages(
    tmp_path: Path, previous: Previous | None, why: str, said: str
) -> None:
    made = replace(decided(tmp_path), previous=previous, no_previous=why)
    assert said in paging.render(made)
    assert said in markdown.render(made).replace("\\", "")


def test_the_summary_is_in_the_order_in_which_it_is_needed(tmp_path: Path) -> None:
    made = too_slow(tmp_path)
    summary = markdown.render(made)
    wanted = ["# NO GO", "is violated", "Next", "## Blockers", "## Lines", "## Complete?", "## About what exactly?"]
    places = [summary.index(part) for part in wanted]
    assert places == sorted(places)
    passed = markdown.render(waived(made))
    assert passed.index("Next") < passed.index("## Waived") < passed.index("## Lines")


def test_junit_carries_what_was_decided_about(tmp_path: Path) -> None:
    made = decided(tmp_path)
    assert made.run is not None
    found = {one.get("name"): one.get("value") for one in ET.fromstring(junit.render(made)).iter("property")}
    wanted: Mapping[str, Any] = {
        "run": made.run.run,
        "cluster_uid": made.run.cluster_uid,
        "image_digests.canary": made.run.image_digests["canary"][0],
        "git.commit": made.run.git["commit"],
        "window.start": document.when(made.started),
    }
    assert {name: found[name] for name in wanted} == wanted


def test_the_page_names_where_allures_pages_are_made(tmp_path: Path) -> None:
    folder = build(tmp_path)
    made = of_folder(folder.path, "canary")
    for text in (paging.render(made), markdown.render(made)):
        assert f"../{folder.run}-allure/index.html" in text


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"estimate": 1, "low": 0, "high": 2},
        {"estimate": 3, "low": 0, "high": 2, "limit_high": 5},
        {"estimate": None, "low": None, "high": None, "limit_high": 5, "n": 0},
        {"estimate": "1", "low": True, "high": 2, "limit_high": 5},
        {"estimate": float("nan"), "low": 0, "high": 2, "limit_high": 5},
        {"estimate": 1, "low": 0, "high": 10**400, "limit_high": 5},
    ],
    ids=str,
)
def test_figures_that_are_not_whole_are_not_drawn(facts: dict[str, Any]) -> None:
    assert plot.of(facts) is None


def test_bounds_without_an_estimate_are_not_called_an_interval() -> None:
    assert plot.words({"low": 10, "high": 20, "n": 3}) == "3 samples"


def test_an_estimate_right_on_its_limit_can_be_drawn() -> None:
    assert plot.of({"estimate": 0, "low": 0, "high": 0, "limit_high": 0}) is not None


def test_the_summary_stays_below_what_ci_takes(tmp_path: Path) -> None:
    assert len(markdown.escape("x" * 10_000_000)) <= 1_000
    made = too_slow(tmp_path)
    assert len(markdown.render(replace(made, blockers=made.blockers * 20_000)).encode()) < markdown.MAX_BYTES


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
    + [(ink, "card") for ink in ("limit", "one", "other")]
    + [(ink, paper) for ink in ("met", "bad", "open") for paper in (f"{ink}-bg", "card")],
)
def test_text_has_enough_contrast_in_both_themes(theme: int, ink: str, paper: str) -> None:
    css = (paging.TEMPLATES / "verdict.css").read_text()
    tokens = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css.split(":root {")[1 + theme].split("}")[0]))
    light, dark = sorted((luminance(tokens[ink]), luminance(tokens[paper])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
