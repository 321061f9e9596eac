"""Options that name a path outside the project, kept from moving the project.

Before any plugin is loaded, pytest takes the existing path in `--target /elsewhere/profile.toml` for a folder of
tests and looks for its settings there instead of here: another project's settings, or none. Joined with an equals
sign it cannot be taken for one, so such a call is made again in that form, in the same process.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from harness.plugin import selection

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

NAMES = ("--target", "--evidence", "--reports")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Start again with joined options where pytest may have been misled; nothing was written or captured by then."""
    words = [str(word) for word in early_config.invocation_params.args]
    joined = join(words, early_config.invocation_params.dir)
    if joined != words and not selection.is_worker(early_config):
        if words != sys.argv[1:]:
            raise pytest.UsageError(f"pytest would take a path for a folder of tests; give {' '.join(joined)}")
        before = sys.orig_argv[: len(sys.orig_argv) - len(words)]
        _ = sys.stdout.flush(), sys.stderr.flush()
        os.execv(sys.executable, [*before, *joined])  # noqa: S606  the same call, with equals signs
    return (yield)


def join(words: Sequence[str], start: Path) -> list[str]:
    """Return the words with `--target PATH` as `--target=PATH` where the path exists and is not below `start`."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in NAMES and _misleads(start / word, start):
            joined[-1] = f"{joined[-1]}={word}"
        else:
            joined.append(word)
    return joined


def _misleads(path: Path, start: Path) -> bool:
    return path.exists() and not path.resolve().is_relative_to(start.resolve())
