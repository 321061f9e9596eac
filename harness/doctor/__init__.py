"""Is everything there that a run against this target needs? Says it before the run, one finding per thing."""

from __future__ import annotations

import functools
import os
import threading
from typing import TYPE_CHECKING, TypeAlias

from harness.doctor import address, cluster, machine, mistakes, settings
from harness.doctor.finding import Finding, State, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.clock import Clock
    from harness.target import Target

__all__ = ["Finding", "State", "examine"]

WITHIN_S = 12.0  # all checks run side by side; whatever has not answered by then is a finding of its own

_Check: TypeAlias = "Callable[[], list[Finding]]"


def examine(
    target: Target, where: str, clock: Clock, environ: Mapping[str, str] = os.environ, *, profile: str = ""
) -> list[Finding]:
    """Look at the profile, this machine, the addresses and the clusters; `where` names the profile's file.

    `profile` is the target as --target takes it, for the commands that findings name.

    Reads only. Never raises for what it finds, and returns within WITHIN_S however silent the other side is.
    """
    checks: list[tuple[str, _Check]] = [
        ("profile", functools.partial(settings.check, target, where)),
        ("tools", functools.partial(machine.check, environ)),
    ]
    if target.launch is not None:
        checks.append(("launch", functools.partial(machine.launches, target.launch, where, environ)))
    else:
        for name, env in target.environments.items():
            place = f"{where}: environments.{name}"
            checks.append((f"{name}: address", functools.partial(address.check, name, env, target.api, place)))
            acting = target.allows_acting
            look = functools.partial(cluster.check, name, env, place, acting=acting, environ=environ)
            checks.append((f"{name}: cluster", look))
            lint = functools.partial(mistakes.in_cluster, name, target, profile or target.name, place, environ)
            checks.append((f"{name}: mistakes", lint))
    return _side_by_side(checks, clock)


def _side_by_side(checks: list[tuple[str, _Check]], clock: Clock) -> list[Finding]:
    """Run every check in a thread that can't keep the process alive: name resolution knows no time-out."""
    found: dict[str, list[Finding]] = {}
    threads = [
        threading.Thread(target=_guarded, args=(what, check, found), daemon=True, name=f"doctor {what}")
        for what, check in checks
    ]
    ends = clock.now() + WITHIN_S
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, ends - clock.now()))
    return [finding for what, _ in checks for finding in found.get(what) or [_silent(what)]]


def _guarded(what: str, check: _Check, found: dict[str, list[Finding]]) -> None:
    try:
        found[what] = check()
    except Exception as trouble:  # noqa: BLE001  a check that fails is a finding; its text might quote a secret
        got = f"{type(trouble).__name__} in the check itself"
        found[what] = [missing(what, wanted="a look at it", got=got, where="gate doctor", do="report this")]


def _silent(what: str) -> Finding:
    return missing(
        what,
        wanted=f"an answer within {WITHIN_S:.0f} s",
        got="none",
        where="this machine's network or credential helper",
        do="check VPN, proxy and login, then run gate doctor again",
    )
