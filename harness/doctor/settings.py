"""What a profile leaves open."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from harness.doctor.finding import Finding, missing, ok, warning
from harness.target import ARMS

if TYPE_CHECKING:
    from harness.target import Build, Environment, Target

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
COMMIT = re.compile(r"[0-9a-f]{7,64}")
LEVELS = ("L1", "L2", "L3", "lead")


def check(target: Target, where: str) -> list[Finding]:
    """Look at the profile alone; nothing is asked of anybody."""
    found = [ok("profile", f"{target.name} at {where}")]
    if absent := [name for name in ("staging", "production") if name not in target.environments]:
        got = f"no {' and no '.join(absent)}"
        do = "add [environments.NAME]; phases that are watched there can't be decided"
        found.append(missing("environments", wanted="staging and production", got=got, where=where, do=do))
    found.extend(_build(arm, target.builds.get(arm), where) for arm in ARMS)
    found.append(_owners(target, where))
    if target.launch is None:
        found.extend(part for name, env in target.environments.items() for part in _sources(name, env, where))
    return found


def _sources(name: str, env: Environment, where: str) -> list[Finding]:
    """Look for what a watch is told beside addresses; without it lines stay UNKNOWN, which is no error."""
    wanted = {
        "token_file": ("bearer tokens of synthetic users", "enhanced chat is not asked, its lines have no data"),
        **({} if name == "staging" else {
            "redis": ("an address of Redis", "TS-LAT-01 has no data"),
            "baseline": ("figures of before the rollout", "PD-04 and PD-05 have no data"),
        }),
    }  # fmt: skip
    found: list[Finding] = []
    for key, (what, without) in wanted.items():
        value, place = str(getattr(env, key)), f"{where}: environments.{name}.{key}"
        if not value:
            do = f"set {key}; docs/profiles.md explains it"
            found.append(warning(f"{name}: {key}", wanted=what, got=f"none: {without}", where=place, do=do))
        elif key != "redis" and not os.access(value, os.R_OK):
            do = "make the file readable here, or name another"
            found.append(missing(f"{name}: {key}", wanted=what, got="no readable file", where=place, do=do))
    return found


def _build(arm: str, build: Build | None, where: str) -> Finding:
    what = f"build {arm}"
    do = f"add [builds.{arm}] for this release; targets/onesource.toml says how to read it"
    if build is None:
        return missing(what, wanted="digest and commit pinned", got="neither", where=f"{where}: builds.{arm}", do=do)
    if not DIGEST.fullmatch(build.digest):
        wanted = "sha256: and 64 hexadecimal digits"
        return missing(what, wanted=wanted, got=repr(build.digest), where=f"{where}: builds.{arm}.digest", do=do)
    if not COMMIT.fullmatch(build.commit):
        wanted = "7 to 64 hexadecimal digits"
        return missing(what, wanted=wanted, got=repr(build.commit), where=f"{where}: builds.{arm}.commit", do=do)
    return ok(what, f"{build.digest[:19]}... from commit {build.commit[:12]}")


def _owners(target: Target, where: str) -> Finding:
    owners = target.escalation.owners
    if absent := [level for level in LEVELS if level not in owners]:
        return warning(
            "escalation",
            wanted="somebody for L1, L2, L3 and lead",
            got=f"nobody for {', '.join(absent)}",
            where=f"{where}: escalation.owners",
            do="name a person or a channel for each",
        )
    return ok("escalation", ", ".join(f"{level} {owners[level]}" for level in LEVELS))
