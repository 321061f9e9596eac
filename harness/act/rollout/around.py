"""What a rollout reads besides its objects: every pod's metrics before it, and what stable's pods run after it."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Final

import aiohttp

from harness.act.kube import ActError
from harness.judge.rolled import Kept, RanPod
from harness.judge.said import COUNTED
from harness.observe import cluster
from harness.observe.arms import Teller
from harness.observe.asks import MANNERS
from harness.observe.documents import figures
from harness.observe.documents.reader import fetch, open_pods
from harness.observe.pods import TIMEOUT_S, PodHttp, listed, one_each
from harness.observe.snapshot import pods_of
from harness.report import files

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from typing import Any

    from harness.observe.pods import Reply
    from harness.runbook import EnvironmentName
    from harness.target import Target

    Ask = Callable[[str], Coroutine[Any, Any, Reply]]

SNAPSHOT: Final = "snapshot"


class Surroundings:
    """One environment's pods."""

    def __init__(self, target: Target, where: EnvironmentName, artifacts: Path) -> None:
        """Keep what is read in `artifacts`/snapshot."""
        self._target = target
        self._where: EnvironmentName = where
        self._environment = target.environments[where]
        self._folder = artifacts / SNAPSHOT

    def keep(self) -> tuple[Kept, ...]:
        """Read each pod's metrics document and the version, and keep them as files with their hashes."""
        return asyncio.run(self._keep())

    def pods(self) -> tuple[RanPod, ...]:
        """Return stable's pods; ActError where they can't be read."""
        found = cluster.read(self._where, self._environment)
        if found.error:
            raise ActError(f"{self._where}: stable's pods could not be read: {found.error}")
        pods = [pod for pod in pods_of(found, self._environment.deployments["stable"]) if pod.ready]
        commits = asyncio.run(self._commits([pod.name for pod in pods]))
        return tuple(RanPod(pod.name, pod.digest, pod.ready, commits.get(pod.name, "")) for pod in pods)

    async def _keep(self) -> tuple[Kept, ...]:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(headers=MANNERS, timeout=timeout) as session:
            base = self._environment.url.rstrip("/")

            async def through_the_door(path: str) -> Reply:
                return await fetch(session, base + path)

            version = await self._one("version", self._target.api.version, through_the_door, metrics=False)
            if self._target.metrics.through == "address":
                document = await self._one("address", self._target.metrics.paths, through_the_door, metrics=True)
                return (document, version)
        return (*await self._of_pods(), version)

    async def _of_pods(self) -> tuple[Kept, ...]:
        pods, trouble = await open_pods(self._environment)
        if pods is None:
            return (Kept("pods", trouble=trouble, asked=False),)
        try:
            found, trouble = await listed(pods, self._target.logs.selector)
            if trouble:
                return (Kept("pods", trouble=trouble, asked=False),)
            ready = [one for one in one_each(found, self._target.metrics.port) if one.ready and not one.leaving]
            if not ready:
                return (Kept("pods", trouble="no pod is ready", asked=False),)
            return tuple(await asyncio.gather(*(self._of_pod(pods, one.pod) for one in ready)))
        finally:
            await pods.__aexit__()

    async def _of_pod(self, pods: PodHttp, name: str) -> Kept:
        async def ask(path: str) -> Reply:
            return await pods.ask(name, self._target.metrics.port, path)

        return await self._one(f"pod-{name}", self._target.metrics.paths, ask, metrics=True)

    async def _one(self, source: str, paths: tuple[str, ...], ask: Ask, *, metrics: bool) -> Kept:
        """Keep the first candidate's document that is usable; else say what is wrong with the first."""
        first: Kept | None = None
        for path in paths:
            reply = await ask(path)
            trouble = self._trouble(reply, metrics=metrics)
            if not trouble:
                return self._write(source, reply.body)
            first = first or Kept(source, trouble=f"{path}: {trouble}", asked=reply.asked)
        return first or Kept(source, trouble="the profile names no path", asked=False)

    def _trouble(self, reply: Reply, *, metrics: bool) -> str:
        """Say why a document can't serve as what was before: metrics need every counter."""
        if not metrics:
            found = figures.document_of(reply)
            return found if isinstance(found, str) else ""
        document = figures.read(reply, self._target.metrics)
        lacking = [f"{name}: {document.figures[name].why}" for name in COUNTED if document.figures[name].value is None]
        return document.trouble or "; ".join(lacking)

    def _write(self, source: str, body: bytes) -> Kept:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{source}.json"
        files.write_whole(path, body)
        return Kept(source, f"{SNAPSHOT}/{path.name}", hashlib.sha256(body).hexdigest())

    async def _commits(self, names: list[str]) -> dict[str, str]:
        """Return the commit that each pod names itself; those that name none are left out."""
        pods, _ = await open_pods(self._environment)
        if pods is None:
            return {}
        teller = Teller(self._target.arm_from, self._target.builds)
        try:
            said = await asyncio.gather(*(self._commit(pods, teller, name) for name in names))
        finally:
            await pods.__aexit__()
        return {name: commit for name, commit in zip(names, said, strict=True) if commit}

    async def _commit(self, pods: PodHttp, teller: Teller, name: str) -> str:
        for path in self._target.api.version:
            reply = await pods.ask(name, self._target.metrics.port, path)
            if reply.status == 200 and (commit := teller.body(reply.body, reply.content_type)):
                return commit
        return ""
