"""Which commits the pods of a Deployment run, asked of each pod itself: no build has to be known in advance."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from harness.observe.arms import Teller
from harness.observe.pods import PodHttp, listed, one_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.target import Environment, Target


def commits(target: Target, environment: Environment, selector: str) -> tuple[tuple[str, ...], str]:
    """Return the commits that the ready pods of a label selector name, and why there are none ("" where there are)."""
    try:
        return asyncio.run(_commits(target, environment, selector))
    except Exception as trouble:  # noqa: BLE001  kubeconfigs fail in many ways, and their text may hold a token
        return (), f"the pods can't be asked ({type(trouble).__name__}); check kubeconfig and context in the profile"


async def _commits(target: Target, environment: Environment, selector: str) -> tuple[tuple[str, ...], str]:
    teller = Teller(target.arm_from, target.builds)
    async with PodHttp(environment) as pods:
        found, trouble = await listed(pods, selector)
        ready = [one for one in one_each(found, target.metrics.port) if one.ready and not one.leaving]
        if not ready:
            return (), trouble or f"no pod with the labels {selector} is ready"
        said = await asyncio.gather(*(_commit(pods, target, teller, one.pod) for one in ready))
    named = tuple(sorted({commit for commit, _ in said if commit}))
    silent = [why for commit, why in said if not commit]
    return (named, "") if named and not silent else ((), _first(silent))


async def _commit(pods: PodHttp, target: Target, teller: Teller, pod: str) -> tuple[str, str]:
    """Return the commit that a pod names at the first of the version paths that names one, or why none does."""
    why = "the profile names no version path"
    for path in target.api.version:
        reply = await pods.ask(pod, target.metrics.port, path)
        commit = teller.body(reply.body, reply.content_type) if reply.status == 200 else None
        if commit:
            return commit, ""
        why = f"pod {pod}: {path}: {reply.error or f'HTTP {reply.status} without a commit'}"
    return "", why


def _first(why: Sequence[str]) -> str:
    return why[0] if why else "no pod names a commit"
