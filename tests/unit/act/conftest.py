"""The API is started once a module; each test finds its objects new."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.kube.backend import Backend
from tests.unit.act.held import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def sigint_is_heard() -> Iterator[None]:
    """Undo what a shell does to its background jobs: it lets them ignore Ctrl-C, and so would these tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    _ = signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def cluster_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with Backend(tmp_path_factory.mktemp("kube")) as running:
        yield running


@pytest.fixture
def scene(cluster_api: Backend, tmp_path: Path) -> Iterator[Scene]:
    api = cluster_api.api()
    made = Scene(cluster_api, api, tmp_path)
    made.reset()
    yield made
    api.close()
