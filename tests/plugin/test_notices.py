"""Whoever the profile names is told of the first violated line while the run goes on; that it fails changes nothing."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugin.project import Project

SECRET = "t0ken-of-the-channel"
SUITE = ('decide(met("fine"))', 'decide(violated("share 0.5, wanted 0.1"))', 'decide(violated("too slow"))')


class Channel:
    """A chat's address, and what was posted there."""

    def __init__(self) -> None:
        """Listen on a free port."""
        came: list[dict[str, Any]] = []

        class Post(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self.came = came
        self.server = HTTPServer(("127.0.0.1", 0), Post)
        self.address = f"http://127.0.0.1:{self.server.server_port}/{SECRET}"


@pytest.fixture
def channel() -> Iterator[Channel]:
    made = Channel()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def told(project: Project) -> Project:
    project.suite(*SUITE)
    project.target(tail='[notify]\nurl_env = "CHANNEL"')
    return project


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "with workers"])
def test_the_first_violated_line_is_told_once(told: Project, channel: Channel, words: tuple[str, ...]) -> None:
    done = told.run("-m", "canary", *words, CHANNEL=channel.address)
    assert done.code == 1
    (said,) = channel.came
    assert said["event"] == "violated"
    assert said["line"] in {"P2-RTE-02", "P2-RTE-03"}
    assert said["run"] == done.about["run"]
    assert SECRET not in done.text


def test_what_does_not_arrive_is_one_line_and_changes_nothing(told: Project, channel: Channel) -> None:
    channel.server.server_close()
    quiet = told.run("-m", "canary")
    done = told.run("-m", "canary", CHANNEL=channel.address)
    assert (done.code, done.outcomes.keys()) == (quiet.code, quiet.outcomes.keys())
    assert "notification: address 1 of 1" in done.text
    assert SECRET not in done.text
    assert done.run is not None
    for path in (path for path in done.run.rglob("*") if path.is_file()):
        assert SECRET.encode() not in path.read_bytes(), path


def test_a_run_without_a_violation_tells_nobody(told: Project, channel: Channel) -> None:
    told.suite('decide(met("fine"))')
    assert told.run("-m", "canary", CHANNEL=channel.address).code == 0
    assert channel.came == []
