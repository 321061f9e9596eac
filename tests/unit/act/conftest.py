"""The API is started once a module; each test finds its objects new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kube.backend import Backend
from tests.unit.act.held import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
