"""Is it the right cluster, and do the arms run what they claim to run?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from harness.judge.answers import short
from harness.verdict import Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.judge.answers import Arm
    from harness.verdict import Fact


class Build(Protocol):
    """What an arm should be running (a profile's Build is one)."""

    @property
    def digest(self) -> str:
        """The image's digest, sha256:..."""
        ...

    @property
    def commit(self) -> str:
        """The commit its answers name."""
        ...


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod of an arm: the digest its main container runs ("" unreadable) and whether it takes traffic."""

    name: str
    digest: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Named:
    """How many answers named this version in the header and this one in the body; None: not at all."""

    header: str | None
    body: str | None
    count: int

    @property
    def versions(self) -> frozenset[str]:
        """The versions it names."""
        return frozenset(version for version in (self.header, self.body) if version)


ARMS: tuple[Arm, Arm] = ("stable", "canary")
_HEX = frozenset("0123456789abcdef")


def same_commit(one: str, other: str) -> bool:
    """Tell whether two commits are the same, one of them possibly shortened (7 characters or more)."""
    short_one, long_one = sorted((one.strip().lower(), other.strip().lower()), key=len)
    shortened = len(short_one) >= 7 and set(short_one) <= _HEX and long_one.startswith(short_one)
    return short_one == long_one != "" or shortened


def digest_of(reference: str) -> str:
    """Return the digest in an image reference or id ("repo@sha256:..." gives "sha256:..."), "" if none."""
    return reference.strip().rpartition("@")[2].rpartition("//")[2] if "sha256:" in reference else ""


def arms_are_what_they_claim(
    pods_by_arm: Mapping[Arm, Sequence[Pod]],
    builds: Mapping[Arm, Build],
    answers: Sequence[Named],
    trouble: str = "",
) -> Verdict:
    """Decide whether each arm's pods run its build and answers name exactly the two builds' commits.

    `pods_by_arm` as read from the cluster (`trouble`: why it could not be), `answers` over all streams.
    VIOLATED: a ready pod with another digest, an answer of a third version, or one whose header and body
    disagree. UNKNOWN: no builds in the profile, builds that can't be told apart, no ready pod, a digest that
    can't be read, or a commit that no answer named.
    """
    facts = _facts(pods_by_arm, builds, answers)
    said = _profile_trouble(builds)
    if said:
        return unknown(Reason.NO_DATA, said, **facts)
    wrong = [*_wrong_pods(pods_by_arm, builds), *_wrong_answers(builds, answers)]
    if wrong:
        return violated("; ".join(wrong), **facts)
    missing = [*_missing_pods(pods_by_arm, trouble), *_missing_answers(builds, answers)]
    if missing:
        return unknown(Reason.NO_DATA, "; ".join(missing), **facts)
    count = sum(pod.ready for pods in pods_by_arm.values() for pod in pods)
    return met(
        f"all {count} ready pods run their arm's image; answers name {short(builds['canary'].commit)} (canary) "
        f"and {short(builds['stable'].commit)} (stable) only",
        **facts,
    )


def same_cluster(found_uid: str | None, pinned_uid: str, context: str, trouble: str = "") -> Verdict:
    """Decide whether a context points to the cluster that the profile pins by the uid of kube-system."""
    facts: dict[str, Fact] = {"found": found_uid, "pinned": pinned_uid or None, "context": context}
    where = f"context {context!r}" if context else "the profile names no context; its cluster"
    if found_uid and pinned_uid and found_uid != pinned_uid:
        return violated(f"{where}: the cluster's uid is {found_uid}, the profile pins {pinned_uid}", **facts)
    if not found_uid:
        why = f": {trouble}" if trouble else ""
        return unknown(Reason.NO_DATA, f"{where} could not be identified{why}", **facts)
    if not pinned_uid:
        said = f"{where} is {found_uid}, but the profile pins no cluster; set cluster_uid after checking it"
        return unknown(Reason.NO_DATA, said, **facts)
    return met(f"{where} is the pinned cluster {found_uid}", **facts)


def _profile_trouble(builds: Mapping[Arm, Build]) -> str:
    lacking = [arm for arm in ARMS if arm not in builds or not (builds[arm].digest and builds[arm].commit)]
    if lacking:
        return f"the profile names no build (digest and commit) for {' and '.join(lacking)}"
    if same_commit(builds["stable"].commit, builds["canary"].commit):
        return f"both builds of the profile name commit {builds['stable'].commit}: arms can't be told apart"
    if digest_of(builds["stable"].digest) == digest_of(builds["canary"].digest):
        return f"both builds of the profile have the digest {short(builds['stable'].digest)}"
    return ""


def _wrong_pods(pods_by_arm: Mapping[Arm, Sequence[Pod]], builds: Mapping[Arm, Build]) -> Iterator[str]:
    for arm in ARMS:
        wanted = digest_of(builds[arm].digest)
        for pod in pods_by_arm.get(arm, ()):
            found = digest_of(pod.digest)
            if pod.ready and found and found != wanted:
                other = next((a for a in ARMS if digest_of(builds[a].digest) == found), None)
                whose = f"the {other} build's" if other else "neither build's"
                yield f"{arm} pod {pod.name} runs {short(found)} ({whose}), wanted {short(wanted)}"


def _wrong_answers(builds: Mapping[Arm, Build], answers: Sequence[Named]) -> Iterator[str]:
    foreign: Counter[str] = Counter()
    for named in answers:
        if named.count <= 0:
            continue
        if named.header and named.body and not same_commit(named.header, named.body):
            yield f"{named.count:,} answers name {short(named.header)} in the header, {short(named.body)} in the body"
            continue
        for version in named.versions:
            if not any(same_commit(version, builds[arm].commit) for arm in ARMS):
                foreign[version] += named.count
    for version, count in sorted(foreign.items()):
        yield f"{count:,} answers name {short(version)}, which is neither build"


def _missing_pods(pods_by_arm: Mapping[Arm, Sequence[Pod]], trouble: str) -> Iterator[str]:
    for arm in ARMS:
        ready = [pod for pod in pods_by_arm.get(arm, ()) if pod.ready]
        if not ready:
            yield f"no ready {arm} pod was found{f' ({trouble})' if trouble else ''}"
        yield from (f"{arm} pod {pod.name} reports no digest" for pod in ready if not digest_of(pod.digest))


def _missing_answers(builds: Mapping[Arm, Build], answers: Sequence[Named]) -> Iterator[str]:
    seen = {version for named in answers if named.count > 0 for version in named.versions}
    for arm in ARMS:
        if not any(same_commit(version, builds[arm].commit) for version in seen):
            yield f"no answer named the {arm} build's commit {short(builds[arm].commit)}"


def _facts(
    pods_by_arm: Mapping[Arm, Sequence[Pod]], builds: Mapping[Arm, Build], answers: Sequence[Named]
) -> dict[str, Fact]:
    return {
        "pods": {
            arm: [{"name": pod.name, "digest": pod.digest, "ready": pod.ready} for pod in pods]
            for arm, pods in pods_by_arm.items()
        },
        "builds": {arm: {"digest": build.digest, "commit": build.commit} for arm, build in builds.items()},
        "answers": [{"header": n.header, "body": n.body, "count": n.count} for n in answers],
        "unit": "pod and answer",
    }
