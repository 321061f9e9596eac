"""One running sandbox for the whole matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.running import Running

if TYPE_CHECKING:
    from collections.abc import Iterator

USERS_PER_S = 400  # requests per second, as targets/sandbox.toml starts them: a tenth of the sessions has to be enough


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The sandbox of this session."""
    with Running(tmp_path_factory.mktemp("sandbox"), "--users", str(USERS_PER_S)) as running:
        yield running
