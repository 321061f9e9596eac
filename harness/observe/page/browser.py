"""One Chromium for a worker, and a context of its own for each look: nothing of one look reaches the next."""

from __future__ import annotations

import os
import time
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import msgspec
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from harness.observe.page import chromium, scripts
from harness.observe.page.film import Film
from harness.observe.page.tab import LookError, Tab
from harness.observe.page.tracing import Trace

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import BrowserContext, Playwright

    from harness.target import Target

Scheme = Literal["light", "dark"]
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--disable-lcd-text",  # grey edges: a pixel's contrast is that of its colour
)
ACTION_WITHIN_MS = 5_000.0
TRACE = ".trace.zip"
NO_TRACE = (PlaywrightError, OSError, zipfile.BadZipFile, msgspec.MsgspecError, LookupError)  # changes no verdict


@dataclass(frozen=True, slots=True)
class State:
    """How a page is opened. Sizes in CSS px; `scheme` is what the system prefers."""

    width: int = 1280
    height: int = 800
    scheme: Scheme = "light"
    phone: bool = False  # a touch screen that honours the viewport's meta tag
    reduced_motion: bool = False
    forced_colors: bool = False
    scale: float = 1.0  # device pixels for one CSS px
    film: bool = True  # and trace it, if the profile wants traces: both take time from what is timed
    scripts: tuple[str, ...] = ()  # of scripts/, run in each frame before the page's own

    @property
    def said(self) -> str:
        """How a person would call it: what differs from a desktop in light."""
        words = [self.scheme, f"{self.width} px"]
        words += ["phone"] if self.phone else []
        words += ["reduced motion"] if self.reduced_motion else []
        words += ["forced colours"] if self.forced_colors else []
        return ", ".join(words)


DESKTOP = State()
PHONE = State(width=375, height=812, phone=True)


@dataclass
class Browser:
    """A running Chromium that sees the target's page and no other host.

    `folder` is where pictures go (`artifacts/page`); `url` the environment's address.
    """

    target: Target
    url: str
    folder: Path
    slow_ms: float = 0.0
    headed: bool = False
    version: str = ""
    tabs: list[Tab] = field(default_factory=list[Tab])  # of this look: their films are there until `forget`
    _playwright: Playwright | None = field(default=None, repr=False)
    _chromium: Chromium | None = field(default=None, repr=False)

    def __enter__(self) -> Browser:
        """Start it; NoChromiumError in one line where there is none."""
        path = chromium.wanted(headed=self.headed)
        self._playwright = sync_playwright().start()
        try:
            self._chromium = self._playwright.chromium.launch(
                executable_path=path,
                headless=not self.headed,
                slow_mo=self.slow_ms,
                chromium_sandbox=os.geteuid() != 0,
                args=[*FLAGS, f"--host-resolver-rules={self._resolving()}"],
            )
        except PlaywrightError as trouble:
            self.__exit__()
            said = str(trouble).splitlines()[0]
            raise chromium.NoChromiumError(
                f"Chromium: wanted {path} to start, got: {said}; run it by hand: {path} --headless --version"
            ) from trouble
        self.version = f"Chromium {self._chromium.version}{' headless shell' if chromium.is_shell(path) else ''}"
        return self

    def __exit__(self, *_: object) -> None:
        """End it, or what is left of it."""
        if self._chromium is not None:
            with suppress(PlaywrightError):
                self._chromium.close()
        if self._playwright is not None:
            self._playwright.stop()
        self._chromium = self._playwright = None

    @property
    def lives(self) -> bool:
        """Whether it runs: it may have been killed since."""
        return self._chromium is not None and self._chromium.is_connected()

    @contextmanager
    def tab(self, name: str, state: State = DESKTOP) -> Generator[Tab]:
        """Open the page in a context of its own; `name` begins the names of its pictures."""
        context = self._context(state)
        trace: Trace | None = None
        try:
            trace = Trace(context) if state.film and self.target.ui.traces else None
            page = context.new_page()
            page.set_default_timeout(ACTION_WITHIN_MS)
            film = Film(page) if state.film else None
            tab = Tab(
                page=page,
                target=self.target,
                url=self.url,
                folder=self.folder,
                name=name,
                state=state.said,
                versions={"browser": self.version},
                film=film,
                began_s=time.monotonic(),
            )
            self.tabs.append(tab)
            tab.listen()
            tab.open()
            yield tab
        except LookError:
            with suppress(PlaywrightError):
                _ = self.tabs[-1].picture("trouble")
            raise
        finally:
            if trace is not None:
                with suppress(*NO_TRACE):
                    _ = trace.keep(self.folder / f"{name}{TRACE}")
            with suppress(PlaywrightError):  # a browser that died took it along
                context.close()

    def forget(self) -> None:
        """Let go of the films of the look that ended."""
        self.tabs.clear()

    def _context(self, state: State) -> BrowserContext:
        if self._chromium is None:
            raise RuntimeError("a browser is entered before it is used")
        settings: dict[str, Any] = {
            "viewport": {"width": state.width, "height": state.height},
            "device_scale_factor": state.scale,
            "is_mobile": state.phone,
            "has_touch": state.phone,
            "color_scheme": state.scheme,
            "reduced_motion": "reduce" if state.reduced_motion else "no-preference",
            "forced_colors": "active" if state.forced_colors else "none",
            "locale": "en-US",
            "timezone_id": "UTC",
            "accept_downloads": True,
            "extra_http_headers": {"X-Onesource-Synthetic": "1"},
        }
        if self.target.ui.state_file:
            settings["storage_state"] = self.target.ui.state_file
        context = self._chromium.new_context(**settings)
        for script in ("reach.js", "wire.js", *state.scripts):
            _ = context.add_init_script(scripts.text(script))
        return context

    def _resolving(self) -> str:
        """Return Chromium's rules that leave the target's own hosts reachable and no other."""
        own = [urlsplit(self.url).hostname or "127.0.0.1", *self.target.ui.hosts]
        return ", ".join(["MAP * ~NOTFOUND", *(f"EXCLUDE {host}" for host in own)])
