"""Chromium on this machine: found, or installed by whatever this machine can be asked to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VARIABLE = "VERIFY_CHROMIUM"
SHELLS = ("chromium-headless-shell", "chrome-headless-shell")  # the same engine without windows, at half the cost
WINDOWED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DOWNLOAD_WITHIN_S = 600.0


class NoChromiumError(HarnessError):
    """There is none and none could be installed."""


def find(environ: Mapping[str, str] = os.environ, *, headed: bool = False) -> str | None:
    """Return the browser to use: the one that VERIFY_CHROMIUM names, one on PATH, or Playwright's own.

    A headless shell goes first, unless the browser is to be `headed`.
    """
    named = environ.get(VARIABLE, "")
    if named:
        return named
    for name in WINDOWED if headed else (*SHELLS, *WINDOWED):
        if path := shutil.which(name, path=environ.get("PATH", "")):
            return path
    return _playwrights()


def _playwrights() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def wanted(*, headed: bool = False) -> str:
    """Return the browser to use, or say in one line what to do."""
    path = find(headed=headed)
    if headed and path is None and (shell := find()) is not None:
        raise NoChromiumError(
            f"Chromium: wanted a browser with windows for --headed, got only {shell}; "
            f"install one (apt-get install chromium), name it in {VARIABLE}, or leave --headed out"
        )
    if path is None or not Path(path).is_file():
        got = f"none at {path} ({VARIABLE})" if path else "none"
        raise NoChromiumError(
            f"Chromium: wanted a browser on PATH, got {got}; run: gate browser (it finds or installs one)"
        )
    return path


def is_shell(path: str) -> bool:
    """Tell whether a browser is one without windows."""
    return Path(path).name in SHELLS


def install(say: Callable[[str], None]) -> str:
    """Return a browser, installing one where there is none: Playwright's own, else the system's package."""
    path = find()
    if path is not None:
        return path
    tried: list[str] = []
    for what, command in _WAYS.items():
        say(f"no Chromium here; trying {what} ...")
        tried.append(f"{what}: {_run(command)}")
        path = find()
        if path is not None:
            return path
    raise NoChromiumError(
        f"Chromium: wanted a browser, got none ({'; '.join(tried)}); install one by hand and put it on PATH, "
        f"or name it in {VARIABLE}"
    )


_APT = ("apt-get", "install", "-y", "-q", "--no-install-recommends")
_WAYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "playwright install chromium": ((sys.executable, "-m", "playwright", "install", "chromium"),),
    "apt-get install chromium": (
        ("apt-get", "update", "-q"),
        (*_APT, "fonts-dejavu-core"),
        (*_APT, "chromium-headless-shell"),  # not every system has it
        (*_APT, "chromium"),
    ),
}


def _run(commands: tuple[tuple[str, ...], ...]) -> str:
    """Run commands; return what the last one that mattered said, in one line."""
    said = "done"
    for command in commands:
        try:
            done = subprocess.run(  # noqa: S603  our own words
                command,
                capture_output=True,
                text=True,
                timeout=DOWNLOAD_WITHIN_S,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired) as trouble:
            return str(trouble)
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        said = "done" if done.returncode == 0 else f"exit {done.returncode}, {lines[-1] if lines else 'no output'}"
    return said
