"""What people find in Allure of a look that failed: real looks at real defects, through a real session.

A look of the bug bash with its trace and its film, one of accessibility with several findings, and one that could not
look at all. The suite of the session says their verdicts; all the rest is what every run does.
"""

from __future__ import annotations

import io
import json
import secrets
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from PIL import Image

from harness.report import files, looks, outcomes
from harness.verdict import Reason, unknown
from tests.gate.test_secrets import leaks
from tests.pages.looks import LOOKS
from tests.plugin.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from harness.observe.page.browser import Browser, State
    from harness.verdict import Verdict
    from tests.plugin.project import Done
    from tests.sandbox.product_pods import Town

CASES = {"BB-01": ("bugbash", "table-header-hidden"), "AX-04": ("a11y", "names-nameless")}
BROKEN = "BB-02"
SUITE = """
import pytest, shutil
from pathlib import Path
from harness.plugin import filming
from harness.report import outcomes

pytestmark = pytest.mark.canary
SEEN = Path({seen!r})


@pytest.fixture
def seen(request, run):
    pages, line = run.artifacts / "page", request.node.get_closest_marker("runbook").args[0]
    pages.mkdir(parents=True, exist_ok=True)
    for file in SEEN.glob(f"{{line}}*"):
        shutil.copy(file, pages)
    yield SEEN / "verdicts" / f"{{line}}.json"
    films = {{file.stem: file.read_bytes for file in (SEEN / "films").glob(f"{{line}}*")}}
    filming.keep(request.node, films, pages)
"""
TEST = """

@pytest.mark.runbook("{line}")
def test_{name}_x(decide, seen):
    decide(outcomes.decode(seen.read_text()))
"""


@dataclass(frozen=True)
class Shown:
    """A session that decided what was seen, the verdicts it was given, and what the page let nobody know."""

    done: Done
    verdicts: dict[str, Verdict]
    planted: dict[str, str]

    def attached(self, line: str) -> list[tuple[str, str, Path]]:
        """Return name, type and file of each attachment of a line's result and of its fixtures, wherever they hang."""
        assert self.done.run is not None
        results = self.done.run / "allure-results"
        mine = self.done.allure[line]
        containers = [json.loads(file.read_text()) for file in results.glob("*-container.json")]
        about = [mine, *(one for one in containers if mine["uuid"] in one["children"])]
        found = [one for each in about for one in _attachments(each)]
        return [(one["name"], one["type"], results / one["source"]) for one in found]

    def findings(self, line: str) -> list[Any]:
        """Return the findings of a line, as its verdict has them."""
        found: Any = self.verdicts[line].facts["findings"]
        return found


def _attachments(held: Mapping[str, Any]) -> Iterator[Any]:
    yield from held.get("attachments", ())
    for one in (*held.get("befores", ()), *held.get("afters", ()), *held.get("steps", ())):
        yield from _attachments(one)


def _picture(file: Path) -> Image.Image:
    return Image.open(io.BytesIO(file.read_bytes()))


def _looked(browser: Browser, town: Town, line: str, folder: Path) -> Verdict:
    phase, fault = CASES[line]
    town.faults(fault)
    verdict = LOOKS[phase][line](browser)
    films = {tab.name: tab.film.webp() for tab in browser.tabs if tab.film}
    browser.forget()
    for name, film in films.items():
        files.write_whole(folder / "films" / f"{name}.webp", film)
    files.write_whole(folder / "verdicts" / f"{line}.json", outcomes.encode(verdict).encode())
    return verdict


def _shown(open_browser: Browser, town: Town, tmp_path: Path) -> Shown:
    """Look, and let a session decide what was seen."""
    folder, home = tmp_path / "seen", tmp_path / "project"
    for made in (folder / "films", folder / "verdicts", home):
        made.mkdir(parents=True)
    planted = {name: secrets.token_hex(20) for name in ("cookie", "bearer token")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_browser, "folder", folder)
        verdicts = {"AX-04": _looked(open_browser, town, "AX-04", folder)}
        ui = msgspec.structs.replace(open_browser.target.ui, traces=True)
        patch.setattr(open_browser, "target", msgspec.structs.replace(open_browser.target, ui=ui))
        _sign_in(patch, open_browser, planted)
        verdicts["BB-01"] = _looked(open_browser, town, "BB-01", folder)
    town.faults()
    verdicts[BROKEN] = unknown(Reason.NO_DATA, "page: wanted an answer, got none")
    files.write_whole(folder / "verdicts" / f"{BROKEN}.json", outcomes.encode(verdicts[BROKEN]).encode())
    Image.new("RGB", (40, 30), "navy").save(folder / f"{BROKEN}-rows-trouble.png")
    project = Project(home)
    for line in verdicts:
        project.line(line)
    tests = [TEST.format(line=line, name=line.lower().replace("-", "_")) for line in verdicts]
    _ = project.write("suites/test_it.py", SUITE.format(seen=str(folder)) + "".join(tests))
    return Shown(project.run("-m", "canary"), verdicts, planted)


def _sign_in(patch: pytest.MonkeyPatch, browser: Browser, planted: dict[str, str]) -> None:
    """Let the page hold a cookie, and send a bearer token with each question, as one behind a login does."""
    script = f"""(() => {{
      document.cookie = "session={planted["cookie"]}; path=/";
      const real = window.fetch;
      window.fetch = (to, how = {{}}) => {{
        const headers = new Headers(how.headers);
        headers.set("Authorization", "Bearer test-{planted["bearer token"]}-1");
        return real(to, {{ ...how, headers }});
      }};
    }})();"""
    usual = browser._context

    def context(state: State) -> Any:
        made = usual(state)
        _ = made.add_init_script(script)
        return made

    patch.setattr(browser, "_context", context)


def test_what_failed_shows_in_allure_with_all_that_helps_to_mend_it(
    open_browser: Browser, town: Town, tmp_path: Path
) -> None:
    """One test, since its looks and its session are the expensive part and workers would each make their own."""
    shown = _shown(open_browser, town, tmp_path)
    for line in CASES:
        each_finding_is_framed_in_a_picture_that_opens(shown, line)
        each_finding_is_told_with_all_that_helps_to_mend_it(shown, line)
        the_result_says_the_first_finding_and_what_to_do(shown, line)
    a_film_and_a_trace_that_opens_hang_at_what_failed(shown)
    what_could_not_be_looked_at_shows_the_page_as_it_was(shown)
    assert shown.done.run is not None
    assert leaks(shown.done.run, shown.planted) == [], "a trace lets somebody in"


def each_finding_is_framed_in_a_picture_that_opens(shown: Shown, line: str) -> None:
    pictures = {name: file for name, kind, file in shown.attached(line) if kind == "image/png"}
    findings = shown.findings(line)
    assert len(findings) >= (1 if line == "BB-01" else 3), shown.done.text
    for finding in findings:
        spot = finding["spot"]
        marked = _picture(pictures[f"{spot['picture'].removesuffix('.png')}-marked"]).convert("RGB")
        x, y, width, height = spot["box"]
        assert width > 0 < height
        frame = marked.crop((int(x) - 6, int(y) - 6, int(x + width) + 6, int(y + height) + 6))
        rows = [frame.getpixel((frame.width // 2, at)) for at in range(frame.height)]
        assert rows.count(looks.MARK) >= looks.WIDE, f"{finding['rule']} is not framed in {spot['picture']}"


def each_finding_is_told_with_all_that_helps_to_mend_it(shown: Shown, line: str) -> None:
    (text,) = [file.read_text() for name, _, file in shown.attached(line) if name == "what was found"]
    told = text.split("\n\n")
    for number, finding in enumerate(shown.findings(line), 1):
        part = told[number - 1]
        assert part.startswith(f"{number}. {finding['says']} ({finding['rule']})")
        for key in ("wanted", "got", "state", "fix"):
            assert finding[key], f"{finding['rule']} has no {key}"
            assert finding[key] in part
        assert finding["spot"]["where"] in part
        assert finding["spot"]["picture"] in part
        assert (finding["criterion"] or looks.NO_CRITERION) in part
        assert finding["criterion"].startswith("WCAG") or line.startswith("BB")


def the_result_says_the_first_finding_and_what_to_do(shown: Shown, line: str) -> None:
    said = shown.done.allure[line]
    assert said["status"] == "failed"
    assert shown.findings(line)[0]["says"] in said["statusDetails"]["message"]
    assert "next:" in said["statusDetails"]["message"]


def a_film_and_a_trace_that_opens_hang_at_what_failed(shown: Shown) -> None:
    held = shown.attached("BB-01")
    (film,) = [file for name, _, file in held if name.startswith("film of")]
    assert getattr(_picture(film), "n_frames", 0) > 1
    ((name, kind, trace),) = [one for one in held if "trace" in one[0]]
    assert (kind, name) == ("application/zip", "BB-01.trace.zip: python -m playwright show-trace FILE")
    with zipfile.ZipFile(io.BytesIO(trace.read_bytes())) as inside:
        assert inside.testzip() is None
        names = inside.namelist()
        assert {"trace.trace", "trace.network"} <= set(names)
        assert any(name.endswith(".css") for name in names), "its pages would have no style"
        actions = inside.read("trace.trace").count(b'"type":"before"')
    assert actions > 20


def what_could_not_be_looked_at_shows_the_page_as_it_was(shown: Shown) -> None:
    ((_, kind, file),) = [one for one in shown.attached(BROKEN) if one[0] == "the page at that moment"]
    assert kind == "image/png"
    assert _picture(file).size == (40, 30)
