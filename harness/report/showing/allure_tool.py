"""Allure's command line: found on PATH, or through npx where Node.js is new enough; asked for its version, and run."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NODE = 22  # the oldest that Allure 3 runs on
ASK_S = 60.0
PATIENCE_S = 900.0
MAJORS = (2, 3)
SAID = 300  # characters of what Allure says when it fails
HOW = f"with Node.js {NODE} or newer: npm install --global allure@3; with Java: npm install --global allure-commandline"


@dataclass(frozen=True, slots=True)
class Tool:
    """A command line of Allure that answers, and its major version."""

    command: tuple[str, ...]
    major: int


def find(environ: Mapping[str, str]) -> Tool:
    """Return Allure's command line; HarnessError with what to install where there is none.

    npx is asked only for what is installed: pages for people are no reason to run code fetched just now.
    """
    path = environ.get("PATH", "")
    if allure := shutil.which("allure", path=path):
        return _asked((allure,))
    node, npx = shutil.which("node", path=path), shutil.which("npx", path=path)
    if node is None or npx is None:
        raise HarnessError(f"no allure on PATH, and no node with npx; {HOW}")
    version = _said((node, "--version")) or ""
    found = re.fullmatch(r"v(\d+)\.\d+\.\d+.*", version)
    if found is None or int(found[1]) < NODE:
        raise HarnessError(f"no allure on PATH, and node is {version or 'not answering'}; {HOW}")
    return _asked((npx, "--no-install", "allure"))


def _asked(command: tuple[str, ...]) -> Tool:
    version = _said((*command, "--version"))
    if version is None:
        raise HarnessError(f"{' '.join(command)} --version fails; {HOW}")
    found = re.search(r"\b(\d+)\.\d+(\.\d+)?\b", version)
    if found is None or int(found[1]) not in MAJORS:
        raise HarnessError(f"{' '.join(command)}: wanted Allure 2 or 3, got {version[:80] or 'no version'!r}; {HOW}")
    return Tool(command, int(found[1]))


def _said(words: Sequence[str]) -> str | None:
    """Return the last line that a program prints, None if it fails."""
    try:
        done = subprocess.run(  # noqa: S603  a program from PATH and our own words
            list(words), capture_output=True, text=True, timeout=ASK_S, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip().rpartition("\n")[2].strip()


def run(tool: Tool, words: Sequence[str], folder: Path) -> None:
    """Run Allure in a folder, to its end; HarnessError in one line when it fails or takes longer than PATIENCE_S."""
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(  # noqa: S603  a program from PATH and our own words
                [*tool.command, *words],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,  # a file: a pipe would be held open by what a killed npx leaves behind
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as trouble:
            raise HarnessError(f"{tool.command[0]} can't be started: {trouble.strerror or trouble}") from trouble
        try:
            status = process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired as trouble:
            raise HarnessError(f"allure took longer than {PATIENCE_S:.0f} s and was stopped") from trouble
        finally:
            _end(process)
        if status != 0:
            _ = output.seek(0)
            raise HarnessError(f"allure {words[0]} ended with {status}: {_last(output.read())}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End whatever is left of it, also when we are interrupted."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    _ = process.wait()


def _last(output: bytes) -> str:
    """Return the last thing said, on one line."""
    lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:SAID] if lines else "it said nothing"
