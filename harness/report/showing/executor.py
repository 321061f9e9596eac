"""executor.json: what ran the tests, for Allure's pages. In CI the job, as CI's own variables name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Job:
    """A CI job: `kind` is one of Allure's icons, `order` counts builds, `files_url` shows what the job has kept."""

    system: str
    kind: str
    name: str
    order: int | None
    url: str
    files_url: str


def job(environ: Mapping[str, str]) -> Job | None:
    """Return the CI job that this process belongs to, None outside of CI.

    Only variables that name a job are read, and an address loses what may be secret in it.
    """
    return _github(environ) or _gitlab(environ) or _jenkins(environ)


def document(run: str, report: str, environ: Mapping[str, str]) -> dict[str, str | int]:
    """Return executor.json of a run (a UUIDv7); `report` is what its pages are called.

    Outside of CI the trend is ordered by when the run began, in seconds since 1970.
    """
    found = job(environ)
    if found is None:
        return {
            "name": "rollout verification",
            "type": "pytest",
            "buildOrder": _began_s(run),
            "buildName": run,
            "reportName": report,
        }
    return {
        "name": found.system,
        "type": found.kind,
        "buildOrder": _began_s(run) if found.order is None else found.order,
        "buildName": f"{found.name}, run {run}",
        "buildUrl": found.url,
        "reportName": report,
        "reportUrl": found.files_url,
    }


def address(said: str) -> str:
    """Return an http(s) address without user, password, query and fragment, where tokens hide; "" for anything else."""
    try:
        parts = urlsplit(said.strip())
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return urlunsplit((parts.scheme, f"{host}{port}", parts.path, "", ""))


def _github(environ: Mapping[str, str]) -> Job | None:
    server, repository, run = (environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    url = address(f"{server}/{repository}/actions/runs/{run}") if server and repository and run else ""
    if not url:
        return None
    number = environ.get("GITHUB_RUN_NUMBER", "")
    name = _numbered(environ.get("GITHUB_WORKFLOW") or repository, number)
    return Job("GitHub Actions", "github", name, _order(number), url, url)


def _gitlab(environ: Mapping[str, str]) -> Job | None:
    url = address(environ.get("CI_JOB_URL", ""))
    if not url:
        return None
    number = environ.get("CI_PIPELINE_IID", "")
    name = _numbered(environ.get("CI_JOB_NAME") or "job", number)
    return Job("GitLab CI", "gitlab", name, _order(number), url, f"{url}/artifacts/browse")


def _jenkins(environ: Mapping[str, str]) -> Job | None:
    url = address(environ.get("BUILD_URL", ""))
    if not url:
        return None
    number = environ.get("BUILD_NUMBER", "")
    name = _numbered(environ.get("JOB_NAME") or "job", number)
    return Job("Jenkins", "jenkins", name, _order(number), url, f"{url.rstrip('/')}/artifact/")


def _numbered(name: str, number: str) -> str:
    return f"{name} #{number}" if number else name


def _order(number: str) -> int | None:
    return int(number) if number.isascii() and number.isdigit() and len(number) < 16 else None


def _began_s(run: str) -> int:
    """Return the time in a UUIDv7: its first 48 bits are milliseconds since 1970."""
    try:
        return int(run.replace("-", "")[:12], 16) // 1000
    except ValueError:
        return 0
