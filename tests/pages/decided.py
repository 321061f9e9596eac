"""A decision whose page has everything on it, and that page opened with the scripts of our looks."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

from harness.cli.decide import of_folder
from harness.observe.page import colours, scripts, targets
from harness.observe.page.tab import Tab
from harness.report.deciding.model import Waived
from harness.report.showing import page as paging
from tests.gate.builder import build
from tests.gate.figures import both, calls, slow

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from harness.report.deciding.model import Decision

Scheme = Literal["light", "dark"]
SCRIPTS = ("reach.js", *targets.SCRIPTS, *colours.SCRIPTS, "controls.js", "keyboard.js", "spoken.js", "motion.js")
COMMAND = (
    "kubectl --context production-eu -n onesource annotate ingress/onesource-canary "
    "nginx.ingress.kubernetes.io/canary-weight=0 --overwrite"
)


def no_go(folder: Path) -> Decision:
    """A rehearsal's NO_GO with a chart of each kind, a picture, a finding, an unknown line and a waived one."""
    pictures = {
        "pictures": [{"file": "a.png", "name": "landing", "state": "dark, 375 px", "width": 320, "height": 200}],
        "findings": [{"says": "the button is pale", "wanted": "4.5:1", "got": "2.1:1", "fix": "take a darker one"}],
    }
    made = build(
        folder,
        verdicts={
            "P2-SLO-01": ("VIOLATED", None, "P95 <= 1.5 s: 324 above 1.5 s in 4,800 requests", slow()),
            "P2-SLO-04": ("VIOLATED", None, "too many fail", {}),
            "P2-MON-01": ("MET", None, "not worse", both()),
            "P2-RTE-01": ("UNKNOWN", "SAMPLE_TOO_SMALL", "12 of 59 conversations", pictures),
            "ES-01": ("MET", None, "each line names its level", calls("P2-SLO-01")),
        },
        rehearsal=True,
    )
    (made.path / "artifacts" / "page").mkdir()
    Image.new("RGB", (320, 200), (40, 90, 160)).save(made.path / "artifacts" / "page" / "a.png")
    found = of_folder(made.path, "canary")
    now = datetime.datetime(2026, 11, 24, 21, tzinfo=datetime.UTC)
    waived = Waived("Kim", "known, see T-12", "VIOLATED", now, now + datetime.timedelta(hours=4), "ab" * 32)
    lines = tuple(
        replace(line, next=COMMAND)
        if line.id == "P2-SLO-01"
        else replace(line, waived=waived)
        if line.id == "P2-SLO-04"
        else line
        for line in found.lines
    )
    return replace(found, lines=lines, folder=str(made.path))


@dataclass
class Shower:
    """Opens a decision's page from its file, in a window and a theme, until it is closed."""

    browser: Browser
    decided: Decision
    folder: Path
    contexts: list[Any] = field(default_factory=list[Any])

    def __call__(
        self,
        size: tuple[int, int],
        scheme: Scheme,
        *,
        scale: float = 1.0,
        opened: bool = False,
        reduced: bool = False,
        made: Decision | None = None,
    ) -> Tab:
        """Return the open page; `opened` opens what is folded away, `reduced` asks for less motion."""
        chromium = self.browser._chromium
        assert chromium is not None
        shown, file = made or self.decided, self.folder / "verdict.html"
        _ = file.write_bytes(paging.render(shown, folder=Path(shown.folder)).encode())
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            device_scale_factor=scale,
            reduced_motion="reduce" if reduced else "no-preference",
        )
        self.contexts.append(context)
        for script in SCRIPTS:
            _ = context.add_init_script(scripts.text(script))
        page = context.new_page()
        tab = Tab(page, self.browser.target, "", self.folder, "decision", f"{scheme}, {size[0]} px", {}, None, 0.0)
        tab.listen()
        _ = page.goto(file.as_uri())
        if opened:
            _ = tab.run("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        tab.settle()
        return tab

    def close(self) -> None:
        """Close all that was opened."""
        for context in self.contexts:
            context.close()
