"""Which ReplicaSets of a Deployment still carry a build, so that there is something to go back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.judge.identity import digest_of
from harness.observe.snapshot import Bare, ClusterSnapshot, Meta, PodObject, decode

if TYPE_CHECKING:
    from harness.target import Build


class _Container(msgspec.Struct, frozen=True):
    name: str = ""
    image: str = ""


class _PodSpec(msgspec.Struct, frozen=True):
    containers: tuple[_Container, ...] = ()


class _Template(msgspec.Struct, frozen=True):
    spec: _PodSpec = _PodSpec()


class _Spec(msgspec.Struct, frozen=True):
    template: _Template = _Template()


class _ReplicaSet(msgspec.Struct, frozen=True):
    metadata: Meta = Meta()
    spec: _Spec = _Spec()


def carrying(snapshot: ClusterSnapshot, deployment: str, build: Build) -> tuple[str, ...]:
    """Return the Deployment's ReplicaSets that carry the build, by name: by their image, or by what their pods run."""
    owners = {
        one.metadata.uid for one in decode(snapshot.part("deployments"), Bare)[0] if one.metadata.name == deployment
    }
    sets, _ = decode(snapshot.part("replicasets"), _ReplicaSet)
    mine = [one for one in sets if owners & {owner.uid for owner in one.metadata.owner_references or ()}]
    running = _running(snapshot, build.digest)
    return tuple(sorted(one.metadata.name for one in mine if one.metadata.uid in running or _names(one, build)))


def _names(one: _ReplicaSet, build: Build) -> bool:
    images = {container.image for container in one.spec.template.spec.containers}
    return bool(images & {build.image} - {""}) or any(image.endswith(f"@{build.digest}") for image in images)


def _running(snapshot: ClusterSnapshot, digest: str) -> set[str]:
    """Return the uids of the ReplicaSets of which a pod runs the digest."""
    pods, _ = decode(snapshot.part("pods"), PodObject)
    return {
        owner.uid
        for pod in pods
        if any(digest_of(status.image_id) == digest for status in pod.status.container_statuses or ())
        for owner in pod.metadata.owner_references or ()
    }
