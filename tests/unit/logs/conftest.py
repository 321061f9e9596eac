"""An API server in this process with an empty cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kube.backend import Backend

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """Our API server."""
    with Backend(tmp_path_factory.mktemp("kube")) as running:
        yield running
