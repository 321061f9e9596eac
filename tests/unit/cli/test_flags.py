"""`gate flags`: the table of all places, what may be set, and what a dry run prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness.act.flags import Standing
from harness.act.kube import Ref
from harness.cli import flags
from harness.clock import FakeClock
from harness.errors import UsageError
from harness.judge.flags import plain
from tests.unit.observe.flagged import CONFIG, Product, environment, target
from tests.unit.observe.servers import serving

if TYPE_CHECKING:
    from pathlib import Path

    from harness.target import Target

ACTIONS = "FEATURE_SUGGESTED_ACTIONS"


def profile(folder: Path, url: str, **more: Any) -> Path:
    there = environment(folder, url)
    lines = ['name = "shop"', *(f"{key} = {value}" for key, value in more.items()), "[environments.staging]"]
    lines += [f'url = "{there.url}"', f'kubeconfig = "{there.kubeconfig}"', 'context = "prod"']
    lines += ['deployments = { stable = "onesource" }']
    path = folder / "shop.toml"
    _ = path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def shown(product: Product, folder: Path) -> int:
    with serving(product.app) as url:
        return flags.flags(None, target=str(profile(folder, url)))


def test_places_that_agree_are_listed_and_end_in_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(Product(), tmp_path) == 0
    said = capsys.readouterr().out
    assert f"{ACTIONS}\tcluster\tconfigmap/config\ttrue" in said
    assert f"{ACTIONS}\tproduct\tpod a\ttrue" in said
    assert f"{ACTIONS}\tbehaviour\tanswers through the ingress\ttrue" in said
    assert "MET: all places agree on 5 flags" in said
    assert "hush" not in said


def test_a_difference_ends_in_one_and_a_silent_place_in_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(Product(maps={"config": CONFIG | {ACTIONS: "0"}}), tmp_path) == 1
    assert "VIOLATED: flags differ" in capsys.readouterr().out
    assert shown(Product(apology=True), tmp_path) == 2
    assert "? no good answer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["set"], "wanted show, or set NAME=VALUE"),
        (["show", "all"], "wanted show, or set NAME=VALUE"),
        (["put", f"{ACTIONS}=0"], "wanted show, or set NAME=VALUE"),
        (["set", ACTIONS], "wanted NAME=VALUE, got no value"),
        (["set", f"{ACTIONS}="], "wanted NAME=VALUE, got no value"),
        (["set", "PASSWORD=x"], "gate flags set PASSWORD: wanted a flag of the profile, USE_UNIFIED_PIPELINE"),
        (["set", f"{ACTIONS}=0", f"{ACTIONS}=1"], "given twice"),
    ],
)
def test_wrong_use_is_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _ = flags.flags(words, target=str(profile(tmp_path, "http://x")), act=True)


def test_another_environment_and_a_target_that_is_started_for_a_run_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="wanted production or staging, got 'prod'"):
        _ = flags.flags(None, target=str(profile(tmp_path, "http://x")), environment="prod")
    with pytest.raises(UsageError, match="--env production: wanted one of staging"):
        _ = flags.flags(None, target=str(profile(tmp_path, "http://x")), environment="production")
    with pytest.raises(UsageError, match="start it by hand"):
        _ = flags.flags(None, target=str(profile(tmp_path, "http://x", launch='{ command = ["x"] }')))


def test_setting_without_act_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    given = profile(tmp_path, "http://127.0.0.1:1", allows_acting="true")
    with pytest.raises(UsageError, match="wanted --act, got none"):
        _ = flags.flags(["set", f"{ACTIONS}=0"], target=str(given), reports=tmp_path / "reports")
    assert not (tmp_path / "reports").exists()


def made(folder: Path) -> Target:
    return target(environment(folder, "http://x"))


class _Kube:
    def kubectl(self, *words: str) -> str:
        return " ".join(("kubectl", *words))


class _Permit:
    kube = _Kube()


REF = Ref("deployments", "onesource")


@pytest.mark.parametrize(
    ("standing", "code", "said"),
    [
        (Standing(9.0, "", 4.0, 8.0, 1.0, 180, 0), 0, "users have it, 9 s after it was set; 0 of 180"),
        (Standing(20.0, "", 4.0, None, 0.0, 400, 2), 1, "every pod is new, and users are still told otherwise"),
        (
            Standing(60.0, "deployment/onesource: 1 of 2 pods updated", asked=1200),
            1,
            "users did not get it in 60 s: deployment/onesource: 1 of 2 pods updated",
        ),
    ],
    ids=["had", "ignored", "stuck"],
)
def test_the_end_says_whether_users_have_it(
    capsys: pytest.CaptureFixture[str], standing: Standing, code: int, said: str
) -> None:
    assert flags._ended(standing, _Permit(), (REF,)) == code  # pyright: ignore[reportArgumentType]
    out = capsys.readouterr().out
    assert said in out
    assert ("Next, to take it back: kubectl rollout undo deployment/onesource" in out) == bool(code)


def test_progress_is_a_line_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeClock()
    lines = flags.Lines(clock)
    for at in range(4):
        lines.say(Standing(at / 2, "deployment/onesource: 1 of 2 pods updated", share=0.5, failed=at))
        clock.sleep(0.5)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2
    assert "1 of 2 pods updated; users: 50% of the last answers show it, 0 failed" in said[0]


def test_values_are_taken_as_they_are_typed(tmp_path: Path) -> None:
    found = flags.values(made(tmp_path), [f"{ACTIONS}=0", "CONV_STORE_PRIMARY=mongo"])
    assert found == {ACTIONS: "0", "CONV_STORE_PRIMARY": "mongo"}
    assert plain(found[ACTIONS]) == "false"
    assert msgspec.json.encode(found)
