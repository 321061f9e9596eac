"""Mistakes in how traffic is split: D1, D3 to D5 and D15."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from harness.lint import kubectl, right
from harness.lint.finding import Finding, Level
from harness.lint.rules import pins
from harness.target import NginxRouting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.lint.annotated import Setting, Value
    from harness.lint.names import Names
    from harness.lint.page import Page

_TRUE = {"true", "1", "t", "T", "TRUE", "True"}  # what ingress-nginx reads as true
_LEGACY_CLASS = "kubernetes.io/ingress.class"
_CONTROLLER = re.compile(r"ingress-nginx|nginx-ingress-controller")


def primary_annotated(page: Page) -> Iterator[Finding]:
    """D1: canary annotations on the Ingress that everybody goes through."""
    seen: set[tuple[str, int]] = set()
    for setting in page.settings:
        names, key = _names(page, setting), _key(page, setting)
        if (
            setting.ingress != names.primary
            or setting.value is None
            or not key
            or (key, _off(setting.value)) == ("canary", True)
        ):
            continue
        if (setting.ingress, setting.line) in seen:
            continue
        seen.add((setting.ingress, setting.line))
        yield Finding(
            "D1",
            page.at(setting.line),
            f"{key} = {shown(setting.value)} on the primary, ingress/{setting.ingress}",
            "the host has no primary left: every user gets 404"
            if key == "canary"
            else "unmarked, it does nothing; marked as a canary, the host has no primary left: every user gets 404",
            names.annotate("canary=true", f"canary-weight={_right_weight(key, setting.value)}"),
        )


def marked_false(page: Page) -> Iterator[Finding]:
    """D3: the canary mark set to false, as if that were the way to finish."""
    for setting in page.settings:
        if _key(page, setting) == "canary" and _off(setting.value):
            names = _names(page, setting)
            yield Finding(
                "D3",
                page.at(setting.line),
                f"canary = {shown(setting.value)} on ingress/{setting.ingress}",
                "two plain routes claim one host: the older one, or chance, sends the traffic back to the old version",
                f"{names.gate('rollout --act')} # to finish; to go back: {names.gate('rollback canary --act')}",
            )


def values_not_strings(page: Page) -> Iterator[Finding]:
    """D4: an annotation's value that is a number or a truth value."""
    for setting in page.settings:
        if setting.value is None or isinstance(setting.value, str):
            continue
        key = _key(page, setting)
        typed = _names(page, setting).annotate(f"{key or setting.key}={json.dumps(setting.value)}")
        yield Finding(
            "D4",
            page.at(setting.line),
            f"{setting.key} = {json.dumps(setting.value)}, which is no string",
            "the API refuses the whole object, so the old weight stays",
            typed,
        )


def conversations_split(page: Page) -> Iterator[Finding]:
    """D5: a share of traffic goes to the canary and nothing on the page keeps a conversation on one version."""
    keeps = any("affinity" in s.key or "canary-by-" in s.key for s in page.settings)
    if keeps or any(pins.minded(page, script) for script in page.scripts):
        return
    for setting in page.settings:
        if _key(page, setting) == "canary-weight" and 0 < _share(setting) < 100:
            names = _names(page, setting)
            yield Finding(
                "D5",
                page.at(setting.line),
                f"a weight of {setting.value} and neither affinity nor a pinned user anywhere in this file",
                "each request is drawn anew, so one conversation changes version between its turns",
                right.affinity(names),
            )
            return


def controller_retired(page: Page) -> Iterator[Finding]:
    """D15: what works with ingress-nginx only, said once for each file."""
    names = page.known.of()
    for line, what in sorted(_dependences(page)):
        yield Finding(
            "D15",
            page.at(line),
            what,
            "ingress-nginx had its last release in March 2026; Traefik's provider reads the same canary annotations, "
            "Gateway API weights succeed them",
            names.gate("rollout --act") + " # acts through the profile's routing, whichever it is",
            Level.INFO,
        )
        return


def _dependences(page: Page) -> Iterator[tuple[int, str]]:
    prefix = NginxRouting("", "").annotation_prefix
    for setting in page.settings:
        if setting.key.startswith(prefix) or setting.key == _LEGACY_CLASS:
            yield setting.line, f"{setting.key} is an annotation of ingress-nginx"
    for script in page.scripts:
        for found in kubectl.every(script):
            if any(
                _CONTROLLER.search(word) for word in (found.namespace, *found.args, found.flags.get("selector", ""))
            ):
                yield found.line, f"kubectl {found.verb} on ingress-nginx itself"
        for pipeline in script.pipelines:
            for command in pipeline.commands:
                if command.name == "helm" and any(_CONTROLLER.search(word) for word in command.args):
                    yield command.line, "helm installs or changes ingress-nginx"


def shown(value: Value) -> str:
    """Show a value as it stands there."""
    return json.dumps(value)


def _names(page: Page, setting: Setting) -> Names:
    return page.known.of(setting.context, setting.namespace)


def _key(page: Page, setting: Setting) -> str:
    """Return the canary rule that a setting is about, without its prefix; "" for anything else."""
    prefix = _names(page, setting).prefix
    key = setting.key.removeprefix(prefix)
    return key if key != setting.key and re.match(r"canary(-|$)", key) else ""


def _off(value: Value) -> bool:
    return value is not None and str(value) not in _TRUE and value is not True and not str(value).startswith("$")


def number(value: Value) -> float:
    """Return a value as the number that it says, 0 where it says none."""
    try:
        return float(str(value))
    except ValueError:
        return 0.0


def _share(setting: Setting) -> float:
    """Return the share that a weight gives, in percent; a manifest's weight that is filled in later is some."""
    return 1.0 if setting.manifest and str(setting.value).startswith("$") else number(setting.value)


def _right_weight(key: str, value: Value) -> str:
    return str(value) if key == "canary-weight" and str(value).isdigit() else "10"
