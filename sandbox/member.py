"""One cluster of the sandbox: API server, controllers, node and ingress controller around one store."""

from __future__ import annotations

import datetime
import os
import secrets
import ssl
from typing import TYPE_CHECKING

from sandbox import apply
from sandbox.cluster.manager import Cluster
from sandbox.cluster.objects import labels_of
from sandbox.faults.views import DATA_PLANE, Lens
from sandbox.gitops import GitOps
from sandbox.identity import uid_of
from sandbox.ingress import Ingress
from sandbox.kube import authz
from sandbox.kube.reading import rows
from sandbox.kube.server import ApiServer
from sandbox.kube.store import Store
from sandbox.weights import Weights

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.kube.pki import Pki
    from sandbox.kube.store import Obj
    from sandbox.switches import Switches

_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")


def child_env() -> dict[str, str]:
    """Return the few variables a child may inherit: nothing of the caller's that could hold a secret."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


class Member:
    """A whole cluster; `name` is its environment and its kubeconfig context."""

    def __init__(self, name: str, *, namespace: str, state: Path, subnet: str, switches: Switches) -> None:
        """Lay it out; `start` brings it up."""
        self.name = name
        self.namespace = namespace
        self.tokens = {role: secrets.token_urlsafe(24) for role in ("reader", "actor", "admin", DATA_PLANE)}
        self.folder = state / name
        self.folder.mkdir(parents=True)
        self.store = Store(lambda: datetime.datetime.now(datetime.UTC))
        self.cluster = Cluster(
            self.store,
            state=self.folder,
            subnet=subnet,
            switches=switches,
            node_env={**child_env(), "SANDBOX_FAULTS": str(state / "faults.json")},
            uid=uid_of(name),
        )
        self.weights = Weights(self.store, namespace, switches, self.folder, self._relens)
        self._gitops = GitOps(self.store, namespace, switches)
        rules = {
            "reader": authz.reader(namespace),
            "actor": authz.actor(namespace),
            "admin": authz.admin(),
            DATA_PLANE: authz.ingress_controller(),
        }
        users = {token: authz.User(role, ("system:authenticated",), rules[role]) for role, token in self.tokens.items()}
        wrong = "wrong-cluster" if name == "production" else "wrong-staging-cluster"
        lens = Lens(switches, wrong_cluster=wrong, namespace=namespace, weight=self.weights.seen)
        self.api = ApiServer(
            self.store,
            users=users,
            logs=self.cluster.logs,
            lens=lens,
            gone=lens.gone,
            audit=self.folder / "audit.jsonl",
        )
        self.url = ""
        self.ingress: Ingress | None = None
        self.manifests: list[Obj] = apply.manifests(name)

    def _relens(self) -> None:
        self.api.relens()

    @property
    def uid(self) -> str:
        """Return what pins this cluster: the uid of its namespace kube-system."""
        uid: str = self.store.get("namespaces", "", "kube-system")["metadata"]["uid"]
        return uid

    def admin(self, trust: Pki) -> apply.Admin:
        """Return a client with every right, not yet connected."""
        tls = ssl.create_default_context(cafile=str(trust.ca))
        return apply.Admin(self.url, self.tokens["admin"], tls)

    async def start(self, trust: Pki) -> None:
        """Bring up the API, the controllers, the ingress controller and the product's manifests."""
        await self.cluster.start()
        port = await self.api.start("127.0.0.1", 0, trust.server_context())
        self.url = f"https://127.0.0.1:{port}"
        log = self.folder / "traefik.log"
        self.ingress = Ingress(api=self.url, token=self.tokens[DATA_PLANE], ca=trust.ca, log=log, env=child_env())
        await self.ingress.start()
        async with self.admin(trust) as admin:
            await admin.apply(self.manifests)

    async def renew(self, trust: Pki) -> None:
        """Have pods of the product replaced that were restarted, so that no trace of it is left."""
        async with self.admin(trust) as admin:
            for pod in self.store.list("pods", self.namespace):
                statuses = rows(pod, "status", "containerStatuses")
                if labels_of(pod).get("component") == "backend" and any(one["restartCount"] for one in statuses):
                    await admin.delete(pod)

    async def stop(self) -> None:
        """Take it down in the order that leaves nothing behind."""
        if self.ingress is not None:
            await self.ingress.stop()
        await self.cluster.stop()
        await self.api.stop()
