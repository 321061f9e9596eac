"""One running sandbox for the whole matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness import target
from tests.running import Running

if TYPE_CHECKING:
    from collections.abc import Iterator

LAUNCH = target.load("sandbox").launch


def users_of(phase: str) -> float:
    """The users' requests per second, as the profile starts the sandbox for this phase."""
    assert LAUNCH is not None
    words = [*LAUNCH.command, *LAUNCH.by_phase.get(phase, ())]
    return float(words[len(words) - words[::-1].index("--users")])


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The sandbox of this session."""
    with Running(tmp_path_factory.mktemp("sandbox"), "--users", "5") as running:
        yield running
