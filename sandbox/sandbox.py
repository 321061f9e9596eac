"""The whole sandbox: two clusters, background users, and the switchboard of its faults."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

import aiohttp

from sandbox import apply, images, process, script
from sandbox.around.server import Around
from sandbox.faults.catalogue import FAULTS
from sandbox.faults.objects import with_faults
from sandbox.kube import pki
from sandbox.member import Member, child_env
from sandbox.state import ROOT, claim_subnet
from sandbox.switches import ENV, Switches

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sandbox.faults.objects import Key
    from sandbox.kube.store import Obj

RELOAD_WITHIN_S = 3.0  # Traefik is throttled to a reload each 100 ms; the rest is for a busy machine
SETTLE_WITHIN_S = 60.0
ACTED_ON = frozenset(
    {"flags", "rollback", "rollout"}
)  # whoever met such a fault may have had to leave things half done
RESTARTING = frozenset({"counters-reset", "pod-restarting"})  # they leave restarts behind on staging's pods
MOST_USERS_PER_S = 600  # what one users' process can be
SYNTHETIC_USERS = 700  # bearer tokens for whoever tests the product: each may ask 30 times a minute


class Sandbox:
    """Start it, switch faults, stop it; everything it writes lies in its state folder."""

    def __init__(self, state: Path, *, faults: Iterable[str] = (), users_per_s: float = 2.0, seed: int = 1) -> None:
        """Lay it out in an empty folder; `faults` are on from the first moment."""
        self.state = state
        self.users_per_s = users_per_s
        self._seed = seed
        self._claims: list[socket.socket] = []
        self._switches = Switches(state / "faults.json")
        self._switching = asyncio.Lock()
        self._switches.write(checked(faults))
        self.production = self._member("production", "default")
        self.staging = self._member("staging", "staging")
        self._users: asyncio.subprocess.Process | None = None
        self._around = Around(self._switches)
        self._script = script.write(state / "bin")
        self.token_file = state / "tokens"
        _write_secret(self.token_file, "".join(f"test-verify-{number}\n" for number in range(SYNTHETIC_USERS)))

    def _member(self, name: str, namespace: str) -> Member:
        subnet, claim = claim_subnet()
        self._claims.append(claim)
        return Member(name, namespace=namespace, state=self.state, subnet=subnet, switches=self._switches)

    async def start(self) -> None:
        """Bring everything up and wait until users are served."""
        self._pki = pki.create(self.state / "pki")
        self.production.manifests = list(with_faults(self.production.manifests, self._switches.active()).values())
        members = (self.production, self.staging)
        _ = await asyncio.gather(self._around.start(), *(member.start(self._pki) for member in members))
        self._write_kubeconfigs()
        settled = await asyncio.gather(*(member.cluster.settled(SETTLE_WITHIN_S) for member in members))
        if not all(settled):
            raise RuntimeError(
                f"the sandbox's pods did not get ready in {SETTLE_WITHIN_S:.0f} s; look into {self.state}"
            )
        healthy = with_faults(self.staging.manifests, frozenset(), "staging")
        await self._replace(self.staging, healthy, with_faults(self.staging.manifests, self.active(), "staging"))
        unserved = "primary-annotated" in self._switches.active()
        _ = await asyncio.gather(*(_served(m) for m in members if not (unserved and m is self.production)))
        if "target-down" in self._switches.active() and self.production.ingress is not None:
            await self.production.ingress.stop()
        await self._begin_users()

    async def _begin_users(self) -> None:
        env = {**child_env(), "PYTHONPATH": str(ROOT), ENV: str(self.state / "faults.json")}
        argv = [sys.executable, "-m", "sandbox.users", "--url", self.url, "--rate", str(self.users_per_s)]
        if self.users_per_s > 0:
            self._users = await process.spawn([*argv, "--seed", str(self._seed)], env=env, log=self.state / "users.log")

    async def _end_users(self) -> None:
        if self._users is not None:
            _ = await process.stop(self._users, grace_s=2.0)
            self._users = None

    async def let_come(self, users_per_s: float) -> None:
        """Let production's users come at another rate from now on, in requests per second; those there leave first."""
        if not 0 <= users_per_s <= MOST_USERS_PER_S:
            raise ValueError(f"users: wanted 0 to {MOST_USERS_PER_S} requests per second, got {users_per_s:g}")
        async with self._switching:
            if users_per_s != self.users_per_s:
                await self._end_users()
                self.users_per_s = users_per_s
                await self._begin_users()

    async def stop(self) -> None:
        """Take everything down."""
        await self._end_users()
        _ = await asyncio.gather(self._around.stop(), self.production.stop(), self.staging.stop())
        for claim in self._claims:
            claim.close()

    @property
    def url(self) -> str:
        """Return where production's users go."""
        return _ingress_url(self.production)

    def active(self) -> frozenset[str]:
        """Return the faults that are on."""
        return self._switches.active()

    async def switch(self, names: Iterable[str]) -> None:
        """Make exactly these faults active and return when the cluster has come to rest."""
        async with self._switching:
            wanted = checked(names)
            before = self._switches.active()
            self._switches.write(wanted)
            await self._obey(before)

    async def _obey(self, before: frozenset[str]) -> None:
        """Bring objects, views and processes from one set of faults to the active one."""
        now = self._switches.active()
        ingress = self.production.ingress
        if before == now or ingress is None:
            return
        since = await ingress.reloads()
        for member in (self.production, self.staging):
            old, new = (with_faults(apply.manifests(member.name), names, member.name) for names in (before, now))
            await self._replace(member, old, new)
            member.weights.forget()
            member.api.relens()
            member.cluster.refresh()
            if any(FAULTS[name].phase in ACTED_ON for name in before - now):
                async with member.admin(self._pki) as admin:
                    await admin.apply(new.values())
        if RESTARTING & (before - now):
            await self.staging.renew(self._pki)
        if "target-down" in before and "target-down" not in now:
            await ingress.start()
            await _served(self.production)
        if "target-down" in now and "target-down" not in before:
            await ingress.stop()
            return
        _ = await asyncio.gather(*(m.cluster.settled(SETTLE_WITHIN_S) for m in (self.production, self.staging)))
        if _rerouted(before ^ now):
            _ = await ingress.reloaded(since, RELOAD_WITHIN_S)
            await asyncio.sleep(0.3)  # a second reload may follow at once: two objects changed, or pods moved

    async def _replace(self, member: Member, old: Mapping[Key, Obj], new: Mapping[Key, Obj]) -> None:
        if old == new:
            return
        async with member.admin(self._pki) as admin:
            for key in old.keys() - new.keys():
                await admin.delete(old[key])
            await admin.apply(obj for key, obj in new.items() if old.get(key) != obj)

    def _write_kubeconfigs(self) -> None:
        for role in ("admin", "reader", "actor"):
            contexts = [
                pki.Context(m.name, m.url, m.namespace, m.tokens[role]) for m in (self.production, self.staging)
            ]
            pki.kubeconfig(self.kubeconfig(role), self._pki, contexts)

    def kubeconfig(self, role: str) -> Path:
        """Return the kubeconfig of a role: admin, reader or actor; contexts staging and production."""
        return self.state / f"{role}.kubeconfig"

    def describe(self) -> dict[str, Any]:
        """Return what `up --json` prints first: everything a client needs, and no secret."""
        return {
            "url": self.url,
            "staging_url": _ingress_url(self.staging),
            "kubeconfig": str(self.kubeconfig("admin")),
            "token_file": str(self.token_file),
            "pid": os.getpid(),
            "kubeconfigs": {role: str(self.kubeconfig(role)) for role in ("admin", "reader", "actor")},
            "cluster_uids": {m.name: m.uid for m in (self.staging, self.production)},
            "builds": {
                arm: {"digest": images.digest_of(name), "commit": images.commit_of(name.partition(":")[2])}
                for arm, name in (("stable", images.STABLE), ("canary", images.CANDIDATE))
            },
            "state": str(self.state),
            "act_kubeconfig": str(self.kubeconfig("actor")),
            "rollback_script": [str(self._script), "{namespace}", "{deployment}", "{reason}"],
            "around": self._around.url,
        }


def _write_secret(path: Path, text: str) -> None:
    """Write a file that its owner alone may read, from its first moment."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        _ = out.write(text)


def checked(names: Iterable[str]) -> frozenset[str]:
    """Return the names as a set, or raise ValueError that says which one does not exist."""
    wanted = frozenset(names)
    if foreign := sorted(wanted - FAULTS.keys()):
        raise ValueError(
            f"fault {', '.join(foreign)}: wanted names from the catalogue; `python -m sandbox faults` lists them"
        )
    return wanted


def _rerouted(changed: frozenset[str]) -> bool:
    """Tell whether switching these makes the ingress controller load another configuration."""
    return any(FAULTS[name].where in {"objects", "data plane"} for name in changed)


def _ingress_url(member: Member) -> str:
    if member.ingress is None:
        raise RuntimeError(f"{member.name} is not up")
    return member.ingress.url


async def _served(member: Member) -> None:
    """Wait until the cluster's ingress passes requests on to the product."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        for _ in range(400):
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(f"{_ingress_url(member)}/readyz") as answer:
                    if answer.content_type == "application/json":
                        return
            await asyncio.sleep(0.05)
    raise RuntimeError(f"{member.name}: its ingress serves nobody; look into traefik.log in {member.folder}")
