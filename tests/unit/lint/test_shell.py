"""Shell text becomes commands with their lines, as a shell would read it."""

from __future__ import annotations

import pytest

from harness.lint import kubectl, script
from harness.lint.shell import scan


def commands(text: str) -> list[tuple[str, ...]]:
    return [command.words for pipeline in script.read(text).pipelines for command in pipeline.commands]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a b | c; d && e || f & g", [("a", "b"), ("c",), ("d",), ("e",), ("f",), ("g",)]),
        ("a \\\n  b", [("a", "b")]),
        ("a |\n  b", [("a",), ("b",)]),
        ("a 'x|y;z' \"p && q\"", [("a", "x|y;z", "p && q")]),
        ("a 'it'\\''s'", [("a", "it's")]),
        ("a # b | c", [("a",)]),
        ("a x#y", [("a", "x#y")]),
        ("# a\n", []),
        ("a >out 2>&1 <in", [("a",)]),
        ("a &>/dev/null b", [("a", "b")]),
        ("a $(b c | d) e", [("b", "c"), ("d",), ("a", "$()", "e")]),
        ('a "x $(b "$(c)") y"', [("c",), ("b", "$()"), ("a", "x $() y")]),
        ("a `b c`", [("b", "c"), ("a", "$()")]),
        ("a <(b) <(c)", [("b",), ("c",), ("a", "$()", "$()")]),
        ("a $((1 + 2))", [("a", "$()")]),
        ("if a; then b; else c; fi", [("a",), ("b",), ("c",), ("fi",)]),
        ("while ! a; do b; done", [("a",), ("b",)]),
        ("X=1 Y=2 a $X", [("a", "$X")]),
        ("X='1 2'; a $X", [("a", "1 2")]),
        ("a ${1:-usual} ${2-other} ${3}", [("a", "usual", "other", "${3}")]),
        ("K='kubectl -n x'; $K get pods", [("kubectl", "-n", "x", "get", "pods")]),
        ("alias k='kubectl -n x'; k get pods", [("kubectl", "-n", "x", "get", "pods")]),
        ("sudo -u me timeout 5 a b", [("a", "b")]),
        ("watch -n 2 'a | b'", [("a",), ("b",)]),
        ("bash -ec 'a; b c'", [("a",), ("b", "c")]),
        ("eval \"a b\"", [("a", "b")]),
        ("find | xargs -n 1 a", [("find",), ("a",)]),
        ("x=(a b c); d", [("d",)]),
    ],
)  # fmt: skip
def test_commands(text: str, wanted: list[tuple[str, ...]]) -> None:
    assert commands(text) == wanted


def test_a_function_that_only_hands_its_words_on_is_the_command() -> None:
    assert ("kubectl", "-n", "x", "get", "pods") in commands('k() { kubectl -n x "$@"; }\nk get pods\n')


def test_lines_are_those_where_a_command_begins() -> None:
    read = script.read("a\n\n'b\nc' d |\n  e\nf $(g\nh)", first=10)
    assert [(c.words[0], c.line) for p in read.pipelines for c in p.commands] == [
        ("a", 10), ("b\nc", 12), ("e", 14), ("g", 15), ("h", 16), ("f", 15),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["a <<E\nx: 1\nE\nb", "a <<'E'\nx: 1\nE\nb", "a <<-E\nx: 1\n\tE\nb", "cat <<E | a\nx: 1\nE\nb"]
)
def test_a_here_document_is_fed_to_its_command_and_is_none_itself(text: str) -> None:
    found = [command for pipeline in script.read(text).pipelines for command in pipeline.commands]
    assert next(command.fed for command in found if command.words == ("a",)) == (("x: 1", 2),)
    assert found[-1].words == ("b",)


def test_loops_are_remembered_with_their_values() -> None:
    read = script.read("for w in 3 2 1; do for v in a; do x; done; y; done; z")
    loops = {p.commands[0].words[0]: [(loop.variable, loop.values) for loop in p.loops] for p in read.pipelines}
    assert loops == {"x": [("w", ("3", "2", "1")), ("v", ("a",))], "y": [("w", ("3", "2", "1"))], "z": []}


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("a\nb 'c\nd", 2, "a quote is never closed"),
        ('a "b\nc', 1, "a quote is never closed"),
        ("a $(b\nc", 1, "a bracket is never closed"),
        ("a <<E\nb", 1, "the here-document never ends in E"),
    ],
)
def test_what_never_closes_is_named_and_the_rest_is_read(text: str, line: int, why: str) -> None:
    found = scan(text)
    assert found.unread == {line: why}
    assert len(found.pipelines) == text.count("\n")


def test_a_comment_belongs_to_the_lines_below_it() -> None:
    read = script.read("# one\na\nb # two\n\nc '# none'")
    assert [read.remark(line) for line in (1, 2, 3, 5)] == ["one", "one", "two", "two"]


def test_kubectl_is_read_as_it_reads_itself() -> None:
    (found,) = kubectl.every(script.read("kubectl -n shop --context=prod set env deploy/a -c=b X=1 Y- --overwrite"))
    assert (found.verb, found.kind, found.names) == ("set env", "deployment", ("a",))
    assert found.settings == ("X=1", "Y-")
    assert (found.context, found.namespace, found.flags["container"]) == ("prod", "shop", "b")
    assert found.writes
    assert found.rest == "set env deploy/a X=1 Y- --container=b --overwrite"


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("kubectl logs -f -p x", {"follow": "", "previous": ""}),
        ("kubectl logs -lapp=x -nshop", {"selector": "app=x", "namespace": "shop"}),
        ("kubectl patch ing x -p '{}'", {"patch": "{}"}),
        ("kubectl apply -f x.yaml -R", {"filename": "x.yaml", "recursive": ""}),
        ("kubectl exec -it x -- kubectl -n y get", {"stdin": "", "tty": ""}),
        ("kubectl get pods -oyaml", {"output": "yaml"}),
        ("kubectl apply --dry-run=server -k .", {"dry-run": "server", "kustomize": "."}),
    ],
)
def test_flags_of_kubectl(text: str, flags: dict[str, str]) -> None:
    (found,) = kubectl.every(script.read(text))
    assert found.flags == flags
