"""A real Prometheus server: the one that is installed, else Debian's package unpacked into a cache, without root."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from harness.clock import SystemClock
from harness.wait import Patience, until

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OURS = "ONESOURCE_PROMETHEUS"
NAME = "prometheus"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "onesource-verify" / "prometheus-debian"
_BINARY = Path("usr/bin/prometheus")

CONFIG = """
global: {scrape_interval: 1s, scrape_timeout: 900ms, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
  - job_name: onesource
    file_sd_configs: [{files: [targets.json], refresh_interval: 1s}]
"""
RULES = """
groups:
  - name: product
    rules:
      - {alert: PersistenceErrorsHigh, expr: alarm_page == 1, labels: {severity: page}}
      - {alert: SchemaRepairsHigh, expr: alarm_warn == 1, labels: {severity: warn}}
"""


def binary() -> Path:
    """Return a prometheus to run: $ONESOURCE_PROMETHEUS, the installed one, the cached one, or a fresh download."""
    named = os.environ.get(OURS) or shutil.which(NAME)
    if named:
        return Path(named)
    if not (_CACHE / _BINARY).exists():
        _download()
    return _CACHE / _BINARY


def _download() -> None:
    _CACHE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHE.parent) as folder:
        try:
            _ = _run(["apt-get", "download", NAME], folder)
            package = next(Path(folder).glob("prometheus_*.deb"))
            _ = _run(["dpkg", "-x", str(package), "unpacked"], folder)
        except (OSError, subprocess.SubprocessError, StopIteration) as trouble:
            said = trouble.stderr if isinstance(trouble, subprocess.CalledProcessError) else str(trouble)
            last = (str(said).strip().splitlines() or ["nothing"])[-1]
            raise RuntimeError(
                f"prometheus: wanted one on PATH or from `apt-get download`, got: {last}; install Debian's package "
                f"prometheus, or set {OURS} to a binary"
            ) from None
        with contextlib.suppress(OSError):  # another run was faster, and its is as good
            _ = (Path(folder) / "unpacked").rename(_CACHE)


def _run(command: list[str], folder: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=300)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A Prometheus that scrapes each second what it is told to, for the length of a `with`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{free_port()}"

    def __enter__(self) -> Server:
        for name, text in (("prometheus.yml", CONFIG), ("rules.yml", RULES), ("targets.json", "[]")):
            _ = (self._folder / name).write_text(text, encoding="utf-8")
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    str(binary()),
                    f"--config.file={self._folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self._folder / 'data'}",
                    "--scrape.discovery-reload-interval=500ms",  # hidden; targets come and go in a test, not in 5 s
                    f"--web.listen-address={self.url.removeprefix('http://')}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        ready = until(bool, self._ready, SystemClock(), Patience(within_s=30.0, every_s=0.1))
        if not ready.settled:
            self.__exit__()
            raise RuntimeError(f"prometheus: wanted it ready within 30 s, got: {self._log()[-500:]}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            process = self._process
            process.terminate()
            ended = until(
                bool, lambda: process.poll() is not None, SystemClock(), Patience(within_s=10.0, every_s=0.05)
            )
            if not ended.settled:
                process.kill()

    def scrape(self, targets: Iterable[tuple[str, Mapping[str, str]]]) -> None:
        """Scrape these addresses with these labels, and nothing else any more."""
        groups = [{"targets": [address], "labels": dict(labels)} for address, labels in targets]
        new = self._folder / "targets.new"
        _ = new.write_text(json.dumps(groups), encoding="utf-8")
        _ = new.rename(self._folder / "targets.json")

    def _ready(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"prometheus: wanted it running, got: {self._log()[-500:]}")
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    def _log(self) -> str:
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")
