"""The browser is found where people put it, or installed by what this machine can be asked to; else it is one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.cli import run as gate
from harness.doctor.machine import TOOLS
from harness.observe.page import chromium
from harness.observe.page.browser import Browser
from harness.target import Target

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def program(tmp_path: Path) -> Path:
    made = tmp_path / "chromium"
    _ = made.write_text("#!/bin/sh\n")
    made.chmod(0o755)
    return made


@pytest.fixture
def no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "_playwrights", lambda: None)


@pytest.mark.usefixtures("no_other")
def test_one_that_is_named_goes_before_one_on_the_path(program: Path, tmp_path: Path) -> None:
    assert chromium.find({"PATH": str(tmp_path)}) == str(program)
    assert chromium.find({"PATH": str(tmp_path), chromium.VARIABLE: "/opt/other"}) == "/opt/other"
    assert chromium.find({"PATH": "/nowhere"}) is None


@pytest.mark.usefixtures("no_other")
def test_a_headless_shell_goes_first_unless_the_browser_is_to_be_seen(program: Path, tmp_path: Path) -> None:
    shell = program.with_name("chromium-headless-shell")
    _ = shell.write_bytes(program.read_bytes())
    shell.chmod(0o755)
    path = {"PATH": str(tmp_path)}
    assert chromium.find(path) == str(shell)
    assert chromium.find(path, headed=True) == str(program)
    assert [chromium.is_shell(str(one)) for one in (shell, program)] == [True, False]


@pytest.mark.usefixtures("no_other")
def test_who_wants_to_watch_and_has_only_a_shell_is_not_sent_to_a_command_that_finds_it(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ = program.rename(program.with_name("chromium-headless-shell"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(chromium.VARIABLE, raising=False)
    with pytest.raises(chromium.NoChromiumError, match=r"for --headed, got only .*-shell; install one") as refused:
        _ = Browser(Target("none", {}), "http://127.0.0.1:1", tmp_path, headed=True).__enter__()
    assert "gate browser" not in str(refused.value)


def test_the_doctor_looks_for_the_same_browsers() -> None:
    assert {tool.what: tool.names for tool in TOOLS}["chromium"] == (*chromium.SHELLS, *chromium.WINDOWED)


@pytest.mark.usefixtures("no_other")
@pytest.mark.parametrize(("named", "got"), [("", "got none"), ("/no/such/browser", "none at /no/such/browser")])
def test_none_is_one_line_that_says_what_to_do(named: str, got: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv(chromium.VARIABLE, named)
    with pytest.raises(chromium.NoChromiumError, match="gate browser") as refused:
        _ = chromium.wanted()
    assert got in str(refused.value)
    assert "\n" not in str(refused.value)


def test_ways_to_install_are_tried_in_turn_until_one_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def run(commands: tuple[tuple[str, ...], ...]) -> str:
        tried.append(commands[0][0])
        return "done"

    found = iter([None, None, "/usr/bin/chromium"])
    monkeypatch.setattr(chromium, "find", lambda: next(found))
    monkeypatch.setattr(chromium, "_run", run)
    said: list[str] = []
    assert chromium.install(said.append) == "/usr/bin/chromium"
    assert len(tried) == 2
    assert said == [
        "no Chromium here; trying playwright install chromium ...",
        "no Chromium here; trying apt-get install chromium ...",
    ]


def test_where_nothing_helps_each_way_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "find", lambda: None)
    monkeypatch.setattr(
        chromium, "_WAYS", {"one": (("/no/such/program",),), "other": (("sh", "-c", "echo no; exit 3"),)}
    )
    with pytest.raises(chromium.NoChromiumError) as refused:
        _ = chromium.install(lambda _: None)
    assert "one: " in str(refused.value)
    assert "No such file" in str(refused.value)
    assert "other: exit 3, no" in str(refused.value)


def test_the_command_prints_where_it_is(
    program: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(chromium.VARIABLE, str(program))
    assert gate(["browser"]) == 0
    assert capsys.readouterr().out.strip() == str(program)
