"""Do the runbook's mistakes stand in a live cluster, or in the files that people are about to type from?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness import lint
from harness.doctor import cluster
from harness.doctor.finding import Finding, State, ok, warning
from harness.kube_client import KubeClient
from harness.lint import reading as completing
from harness.observe import cluster as reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.runbook import EnvironmentName
    from harness.target import Target


def in_files(report: lint.Report) -> list[Finding]:
    """Return what the lint found in files, and what it could not read there."""
    found = [_finding(one) for one in report.findings]
    for line in report.unread:
        place, _, why = line.partition(": ")
        do = "close the quote or bracket; what follows it was not looked at"
        found.append(warning("runbook", wanted="shell that can be read", got=why, where=place, do=do))
    if not found:
        found.append(
            ok("runbook", f"none of {_span(*lint.WANTED)} in {report.commands} commands of {report.files} files")
        )
    return found


def in_cluster(
    name: EnvironmentName, target: Target, profile: str, where: str, environ: Mapping[str, str]
) -> list[Finding]:
    """Return which mistakes stand in one environment's cluster; what can't be seen is a warning, never an ok."""
    what, env = f"{name}: mistakes", target.environments[name]
    unseen = "their absence is not known"
    if not env.context:
        do = "name a context, see the finding on the cluster"
        return [warning(what, wanted="a look for them", got=f"no context: {unseen}", where=f"{where}.context", do=do)]
    reached = msgspec.structs.replace(env, kubeconfig=cluster.kubeconfig(env, environ))
    snapshot = reading.read(name, reached)
    if snapshot.error:
        do = "see the findings on the kubeconfig and the cluster"
        return [warning(what, wanted="a look for them", got=f"{snapshot.error}: {unseen}", where=where, do=do)]
    client = KubeClient(reached.kubeconfig, reached.context)
    whole = completing.completed(snapshot, client, {flag.env for flag in target.flags})
    found, blind = lint.examine(whole, target, profile, name)
    said = [_finding(one) for one in found]
    for line in blind:
        mistake, _, why = line.partition(": ")
        do = "grant the right to list it; until then nobody knows"
        said.append(warning(f"{what}: {mistake}", wanted="a look for it", got=why, where=where, do=do))
    looked = [mistake for mistake in lint.NEEDS if not any(line.startswith(f"{mistake}:") for line in blind)]
    return said or [ok(what, f"none of {', '.join(looked)} in {env.namespace}")]


def _finding(one: lint.Finding) -> Finding:
    state = State.WRONG if one.level is lint.Level.ERROR else State.NOTE
    return Finding(one.id, state, lint.WANTED[one.id], f"{one.says}: {one.consequence}", one.where, one.command)


def _span(*ids: str) -> str:
    return f"{ids[0]} to {ids[-1]}"
