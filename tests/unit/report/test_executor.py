"""Allure's pages name the CI job that ran the tests, and nothing that is secret."""

from __future__ import annotations

import datetime
import json

import pytest

from harness.report import stamp
from harness.report.showing import executor

WHEN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
RUN = stamp.run_id(WHEN)
GITHUB = {
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "team/rollout",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_NUMBER": "12",
    "GITHUB_WORKFLOW": "canary",
}
GITLAB = {"CI_JOB_URL": "https://git.example/team/rollout/-/jobs/5", "CI_JOB_NAME": "canary", "CI_PIPELINE_IID": "9"}
JENKINS = {"BUILD_URL": "http://ci.example:8080/job/canary/3/", "JOB_NAME": "canary", "BUILD_NUMBER": "3"}


def test_outside_of_ci_the_run_itself_is_named_and_ordered_by_its_time() -> None:
    said = executor.document(RUN, "canary on production", {})
    assert said["buildOrder"] == int(WHEN.timestamp())
    assert (said["buildName"], said["reportName"]) == (RUN, "canary on production")
    assert not {"buildUrl", "reportUrl"} & said.keys()


@pytest.mark.parametrize(
    ("environ", "kind", "order", "url", "files_url"),
    [
        (GITHUB, "github", 12, "https://github.example/team/rollout/actions/runs/77", ""),
        (GITLAB, "gitlab", 9, GITLAB["CI_JOB_URL"], "/artifacts/browse"),
        (JENKINS, "jenkins", 3, JENKINS["BUILD_URL"], "artifact/"),
    ],
    ids=["github", "gitlab", "jenkins"],
)
def test_a_ci_job_is_named_with_its_page_and_its_number(
    environ: dict[str, str], kind: str, order: int, url: str, files_url: str
) -> None:
    said = executor.document(RUN, "canary", environ)
    assert (said["type"], said["buildOrder"], said["buildUrl"]) == (kind, order, url)
    assert said["reportUrl"] == url + files_url
    assert said["buildName"] == f"canary #{order}, run {RUN}"


def test_no_secret_gets_in() -> None:
    environ = {
        **GITLAB,
        "CI_JOB_URL": "https://user:hush@git.example/jobs/5?private_token=hush#hush",
        "CI_JOB_TOKEN": "hush",
        "GITHUB_TOKEN": "hush",
    }
    said = executor.document(RUN, "canary", environ)
    assert said["buildUrl"] == "https://git.example/jobs/5"
    assert "hush" not in json.dumps(said)


@pytest.mark.parametrize(
    "said", ["", "javascript:alert(1)", "file:///etc/passwd", "https://", "https://x:port/", "http://[x", "jobs/5"]
)
def test_what_is_no_web_address_is_left_out(said: str) -> None:
    assert executor.address(said) == ""
    assert executor.job({"CI_JOB_URL": said, "BUILD_URL": said}) is None


def test_a_number_that_is_none_leaves_the_order_to_the_time() -> None:
    said = executor.document(RUN, "canary", {**JENKINS, "BUILD_NUMBER": "latest"})
    assert said["buildOrder"] == int(WHEN.timestamp())


def test_an_ipv6_address_keeps_its_brackets() -> None:
    assert executor.address("http://[::1]:8080/job/1") == "http://[::1]:8080/job/1"
