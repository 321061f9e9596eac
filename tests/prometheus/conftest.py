"""One real server for all tests here; each has targets of its own, told apart by their label `app`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.prometheus.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without targets."""
    with Server(tmp_path_factory.mktemp("prometheus")) as running:
        yield running
