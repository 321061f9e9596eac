"""Mistakes in where a command looks or acts: D11 and D14."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.lint import kubectl
from harness.lint.finding import Finding
from harness.target import NginxRouting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.lint.kubectl import Kubectl
    from harness.lint.names import Known
    from harness.lint.page import Page
    from harness.lint.script import Pipeline

_SEARCHES = {"grep", "egrep", "fgrep", "rg", "jq", "yq", "awk", "sed"}
_ACTS_ON_ONE = {"set", "rollout", "scale", "patch"}


def one_place_of_flags(page: Page) -> Iterator[Finding]:
    """D11: flags read from the Deployment alone."""
    if any(_reads_all(found) for script in page.scripts for found in kubectl.every(script)):
        return
    for script in page.scripts:
        for pipeline in script.pipelines:
            found = kubectl.parse(pipeline.commands[0])
            if found is None or found.kind != "deployment":
                continue
            listed = found.verb == "set env" and "list" in found.flags
            shown = found.verb in {"get", "describe"} and _looks_for_flags(page, pipeline, found)
            if listed or shown:
                names = page.known.of(found.context, found.namespace)
                yield Finding(
                    "D11",
                    page.at(found.line),
                    f"flags are looked for in what `kubectl {found.verb}` shows of the Deployment",
                    "flags that come from a ConfigMap or Secret by envFrom are not there; what is off may be on",
                    names.gate("flags show"),
                )


def _reads_all(found: Kubectl) -> bool:
    """Tell whether a command reads the other place, or what the process really got."""
    if found.verb in {"get", "describe"} and found.kind == "configmap":
        return True
    return found.verb == "exec" and any(re.fullmatch(r"(.*/)?(env|printenv)|.*/environ", word) for word in found.inside)


def _looks_for_flags(page: Page, pipeline: Pipeline, found: Kubectl) -> bool:
    flags = [flag.env for flag in page.known.target.flags]
    output = found.flags.get("output", "")
    if re.search(r"\.env\b", output):
        return True
    if found.verb == "get" and not re.match(r"yaml|json|wide", output):
        return False
    for command in pipeline.commands[1:]:
        for word in command.args if command.name in _SEARCHES else ():
            if re.search(r"FEATURE|\benv\b", word) or any(flag in word for flag in flags):
                return True
    return False


def elsewhere(page: Page) -> Iterator[Finding]:
    """D14: no namespace, no context for a change, or a Deployment or Ingress that is not the profile's."""
    context = namespace = False
    for script in page.scripts:
        for pipeline in script.pipelines:
            context = context or _selects_cluster(pipeline)
            for command in pipeline.commands:
                found = kubectl.parse(command)
                if found is None:
                    continue
                if found.verb in {"config use-context", "config set-context"}:
                    context = True
                    namespace = namespace or bool(found.namespace)
                elif finding := _misplaced(page, found, context=context, namespace=namespace):
                    yield finding


def _selects_cluster(pipeline: Pipeline) -> bool:
    first = pipeline.commands[0]
    return first.name in {"kubectx", "gcloud", "aws", "az"} or (
        first.name == "export" and any(word.startswith("KUBECONFIG=") for word in first.args)
    )


def _misplaced(page: Page, found: Kubectl, *, context: bool, namespace: bool) -> Finding | None:
    names = page.known.of(found.context, found.namespace)
    named = found.context or "kubeconfig" in found.flags or context
    everywhere = "all-namespaces" in found.flags
    here = page.at(found.line)
    right = f"{names.kubectl} {found.rest}"
    if found.needs_namespace and not (found.namespace or namespace or everywhere):
        lacks = "namespace" if named else "namespace and no context"
        says = f"kubectl {found.verb} names no {lacks}"
        return Finding("D14", here, says, "it acts on whatever this shell was last pointed at, or on nothing", right)
    if found.writes and not named:
        says = f"kubectl {found.verb} names no context"
        return Finding("D14", here, says, "it changes whichever cluster this shell was last pointed at", right)
    if found.kind == "deployment" and found.verb.partition(" ")[0] in _ACTS_ON_ONE:
        ours = _deployments(page.known, found)
        for name in found.names:
            if ours and not name.startswith("$") and name not in ours:
                says = f"kubectl {found.verb} on deployment/{name}; the profile names {', '.join(sorted(ours))}"
                right = f"{names.kubectl} {found.rest.replace(name, names.deployment)}"
                return Finding(
                    "D14", here, says, "it acts on the wrong thing, or on none, and users see no change", right
                )
    return _other_ingress(page, found)


def _other_ingress(page: Page, found: Kubectl) -> Finding | None:
    names = page.known.of(found.context, found.namespace)
    ours = {names.primary, names.canary} | {
        name
        for env in page.known.target.environments.values()
        if isinstance(env.routing, NginxRouting)
        for name in (env.routing.primary, env.routing.canary)
    }
    if not (names.canary and found.kind == "ingress" and found.verb in {"patch", "annotate"}):
        return None
    if not any("canary" in word for word in (*found.settings, found.flags.get("patch", ""))):
        return None
    for name in found.names:
        if not name.startswith("$") and name not in ours:
            says = f"canary annotations on ingress/{name}; the profile names {names.primary} and {names.canary}"
            right = f"{names.kubectl} {found.verb} ingress/{names.canary} ..."
            return Finding("D14", page.at(found.line), says, "it acts on the wrong route, or on none", right)
    return None


def _deployments(known: Known, found: Kubectl) -> set[str]:
    """Return the Deployments that a command may mean: of its environment if it names one, else of any."""
    envs = known.target.environments.values()
    if found.context or found.namespace:
        meant = [env for env in envs if found.context in {"", env.context} and found.namespace in {"", env.namespace}]
        envs = meant or envs
    return {name for env in envs for name in env.deployments.values()}
