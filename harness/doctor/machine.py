"""What must be installed on this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.doctor.finding import Finding, missing, ok, warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.target import Launch

VERSION_WITHIN_S = 8.0


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, the names it goes by, and what does not work without it."""

    what: str
    names: tuple[str, ...]
    version: tuple[str, ...]
    needed_for: str
    do: str
    required: bool = False


TOOLS = (
    Tool(
        "kubectl",
        ("kubectl",),
        ("version", "--client"),
        "the next commands that a decision names",
        "pip install 'onesource-verify[sandbox]', or your platform's own package",
        required=True,
    ),
    Tool(
        "node",
        ("node",),
        ("--version",),
        "the Allure 3 command line",
        "install Node.js 22 or newer if you want Allure's own pages",
    ),
    Tool(
        "allure",
        ("allure",),
        ("--version",),
        "Allure's own pages from reports/latest/allure-results",
        "npm install allure; the gate's page needs neither",
    ),
    Tool(
        "chromium",
        (
            "chromium-headless-shell",
            "chrome-headless-shell",
            "chromium",
            "chromium-browser",
            "google-chrome",
            "google-chrome-stable",
        ),
        ("--version",),
        "the phases bugbash, a11y and postdeploy",
        "run: gate browser (it finds or installs one)",
    ),
)


def check(environ: Mapping[str, str]) -> list[Finding]:
    """Look for each tool, beside this interpreter first, and ask it for its version."""
    return [_tool(tool, environ) for tool in TOOLS]


def find(names: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """Return the path of the first name there is: in this interpreter's environment, then on PATH."""
    beside = str(Path(sys.executable).parent)
    for name in names:
        if path := shutil.which(name, path=beside) or shutil.which(name, path=environ.get("PATH", "")):
            return path
    return None


def _tool(tool: Tool, environ: Mapping[str, str]) -> Finding:
    path = find(tool.names, environ)
    if path is None:
        say = missing if tool.required else warning
        wanted = f"{' or '.join(tool.names)} for {tool.needed_for}"
        return say(tool.what, wanted=wanted, got="none", where="this environment and PATH", do=tool.do)
    said = _says([path, *tool.version])
    if said is None:
        do = f"run it by hand: {path} {' '.join(tool.version)}"
        return warning(tool.what, wanted="a program that runs", got="one that fails", where=path, do=do)
    return ok(tool.what, f"{said} at {path}")


def _says(argv: list[str]) -> str | None:
    """Return the first line that a program prints, or None if it fails."""
    try:
        done = subprocess.run(  # noqa: S603  a path from PATH and our own arguments
            argv, capture_output=True, text=True, timeout=VERSION_WITHIN_S, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    lines = done.stdout.split("\n", 1)
    return lines[0].strip() or None


def launches(launch: Launch, where: str, environ: Mapping[str, str]) -> list[Finding]:
    """Look whether a target that is started for the run could be; its address and cluster come with it."""
    program = launch.command[0] if launch.command else ""
    place = f"{where}: launch.command"
    if program == "{python}":
        return [ok("launch", f"{' '.join(launch.command[1:])} with this interpreter; brings address and clusters")]
    if not program or shutil.which(program, path=environ.get("PATH", "")) is None:
        do = "give a program that is on PATH, or its path"
        return [missing("launch", wanted="a program to start", got=repr(program), where=place, do=do)]
    return [ok("launch", f"{program}; brings address and clusters")]
