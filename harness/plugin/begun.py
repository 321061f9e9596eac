"""Which test runs now, for whoever watches the run's folder: `gate run` loads this for its checklist.

A look at the page is a fixture, so the ledger hears of a test only when most of it is over. Nothing is decided by this
file: it is no evidence, and without it a checklist shows nothing but what has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.plugin import keys
from harness.report import files, so_far, stamp

if TYPE_CHECKING:
    import pytest

    from harness.plugin.keys import Context


class Begun:
    """Writes a line for each test that begins; with xdist the controller hears of all of them."""

    def __init__(self, context: Context) -> None:
        """Write into this run's folder."""
        self._context = context

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Take the beginning of a test."""
        path = self._context.folder.path / so_far.BEGUN
        path.parent.mkdir(parents=True, exist_ok=True)
        files.append_line(path, {"nodeid": nodeid, "at": stamp.rfc3339(self._context.clock.wall())})


def pytest_configure(config: pytest.Config) -> None:
    """Listen, if this process is the one that records."""
    context = config.stash.get(keys.CONTEXT, None)
    if context is not None and context.controller is not None:
        _ = config.pluginmanager.register(Begun(context), "onesource-begun")
