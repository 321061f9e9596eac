"""Write to a cluster with the official client: the few verbs that acting needs, none over what it has not seen."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import quote

from harness.errors import HarnessError
from harness.kube_client import KubeClient, KubeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.target import Environment

Obj: TypeAlias = dict[str, Any]
Resource: TypeAlias = Literal["deployments", "ingresses", "configmaps", "httproutes"]

MANAGER = "onesource-gate"  # who we are in an object's managedFields
_GROUPS: Mapping[Resource, str] = {
    "deployments": "apps",
    "ingresses": "networking.k8s.io",
    "configmaps": "",
    "httproutes": "gateway.networking.k8s.io",
}
_MERGE, _STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
_SERVERS_OWN = (
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "managedFields",
    "generation",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


class ActError(HarnessError):
    """The API did not do what it was asked; one line with what, where and what to do."""


class ConflictError(ActError):
    """Somebody else changed the object meanwhile; nothing was written."""


class MissingError(ActError):
    """The object is not there."""


@dataclass(frozen=True, slots=True)
class Ref:
    """One object of the environment's namespace."""

    resource: Resource
    name: str

    def __str__(self) -> str:
        """Read as kubectl names it."""
        return f"{self.resource.removesuffix('es') if self.resource == 'ingresses' else self.resource[:-1]}/{self.name}"


class Kube:
    """One environment's API, with the kubeconfig that acting uses (`act_kubeconfig`, else `kubeconfig`)."""

    def __init__(self, environment: Environment) -> None:
        """Prepare the official client; ActError where kubeconfig or context can't be used."""
        self._context, self._namespace = environment.context, environment.namespace
        try:
            self._client = KubeClient(environment.act_kubeconfig or environment.kubeconfig, environment.context)
        except KubeError as trouble:
            raise ActError(f"{trouble}, and the profile's act_kubeconfig") from None

    def uid(self) -> str:
        """Return the uid of kube-system."""
        found = self._ask("get", "namespace/kube-system", "GET", "/api/v1/namespaces/kube-system")
        uid = str(found.get("metadata", {}).get("uid") or "")
        if not uid:
            raise ActError("namespace/kube-system: wanted its uid, which names the cluster, got none; check --context")
        return uid

    def get(self, ref: Ref) -> Obj:
        """Return an object, whole; MissingError."""
        return self._ask("get", str(ref), "GET", self._path(ref))

    def patch(self, ref: Ref, body: Obj, *, version: str, strategic: bool = False, dry_run: bool = False) -> Obj:
        """Patch (JSON merge, or strategic merge) what is at resourceVersion `version`; ConflictError if it moved."""
        based = body | {"metadata": body.get("metadata", {}) | {"resourceVersion": version}}
        media = _STRATEGIC if strategic else _MERGE
        return self._ask("patch", str(ref), "PATCH", self._path(ref), based, media=media, dry_run=dry_run)

    def replace(self, ref: Ref, body: Obj, *, dry_run: bool = False) -> Obj:
        """Put an object back as given, which carries the resourceVersion it is based on; ConflictError if it moved."""
        if not body.get("metadata", {}).get("resourceVersion"):
            raise ActError(f"update {ref}: wanted an object with the resourceVersion it is based on, got none; read it")
        return self._ask("update", str(ref), "PUT", self._path(ref), body, dry_run=dry_run)

    def create(self, resource: Resource, body: Obj, *, dry_run: bool = False) -> Obj:
        """Make an object from one that was there: what the server fills in (uid, resourceVersion, ...) is left out."""
        metadata = {key: value for key, value in body["metadata"].items() if key not in _SERVERS_OWN}
        made = {key: value for key, value in body.items() if key != "status"} | {"metadata": metadata}
        ref = Ref(resource, str(metadata["name"]))
        return self._ask("create", str(ref), "POST", self._folder(resource), made, dry_run=dry_run)

    def delete(self, ref: Ref, *, version: str, uid: str = "", dry_run: bool = False) -> None:
        """Remove what is at resourceVersion `version` (and has this uid); ConflictError if it moved."""
        wanted = {"resourceVersion": version} | ({"uid": uid} if uid else {})
        body: Obj = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": wanted}
        body |= {"dryRun": ["All"]} if dry_run else {}  # a server that is sent options reads no query
        _ = self._ask("delete", str(ref), "DELETE", self._path(ref), body, dry_run=dry_run)

    def may(self, verb: str, resource: Resource, name: str = "") -> bool:
        """Ask the API whether these credentials may (SelfSubjectAccessReview); it writes nothing."""
        asked = {"namespace": self._namespace, "verb": verb, "group": _GROUPS[resource], "resource": resource}
        asked |= {"name": name} if name else {}
        kind = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        said = self._ask(
            "create", "selfsubjectaccessreviews", "POST", path, kind | {"spec": {"resourceAttributes": asked}}
        )
        return said.get("status", {}).get("allowed") is True

    def kubectl(self, *words: str) -> str:
        """Return a kubectl command for this context and namespace, as one would type it."""
        return shlex.join(["kubectl", "--context", self._context, "-n", self._namespace, *words])

    def _folder(self, resource: Resource) -> str:
        group = _GROUPS[resource]
        base = f"/apis/{group}/v1" if group else "/api/v1"
        return f"{base}/namespaces/{quote(self._namespace, safe='')}/{resource}"

    def _path(self, ref: Ref) -> str:
        return f"{self._folder(ref.resource)}/{quote(ref.name, safe='')}"

    def _ask(
        self,
        verb: str,
        what: str,
        method: str,
        path: str,
        body: Obj | None = None,
        *,
        media: str = "application/json",
        dry_run: bool = False,
    ) -> Obj:
        query = [("dryRun", "All")] if dry_run else []
        if method in {"POST", "PUT", "PATCH"}:
            query.append(("fieldManager", MANAGER))
        try:
            return self._client.ask(method, path, query=query, body=body, media=media)
        except KubeError as trouble:
            raise self._told(trouble, verb, what, writes=method != "GET" and not dry_run) from None

    def _told(self, trouble: KubeError, verb: str, what: str, *, writes: bool) -> ActError:
        """Say what a refusal means and what to do about it."""
        place = f"{verb} {what} in namespace {self._namespace} of context {self._context}"
        look = self.kubectl("get", what)
        status = trouble.status
        if status in {401, 403}:
            ask = self.kubectl("auth", "can-i", verb, what)
            return ActError(f"{place}: these credentials may not (HTTP {status}); ask for the right, check with: {ask}")
        if status == 404:
            return MissingError(
                f"{place}: not there (HTTP 404); see what is: {self.kubectl('get', what.partition('/')[0])}"
            )
        if status == 409:
            exists = trouble.reason == "AlreadyExists"
            found = "there is one already" if exists else "somebody else changed it meanwhile"
            return ConflictError(f"{place}: {found} (HTTP 409); nothing was written; look at it: {look}")
        if status is None or status < 400:
            got = str(trouble)
        else:
            got = " ".join(("got HTTP", str(status), *filter(None, (trouble.reason, *trouble.fields))))
        doubt = "; it may have been written all the same" if writes and not 400 <= (status or 0) < 500 else ""
        return ActError(f"{place}: {got}{doubt}; look with: {look}")
