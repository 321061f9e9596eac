"""Files of commands: fenced blocks of Markdown, plain text with commands in it, manifests; and what they write."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import target
from harness.lint.files import look
from harness.lint.names import Known
from harness.lint.page import parse

KNOWN = Known(target.load("sandbox"), "sandbox")
NOTE = "nginx.ingress.kubernetes.io/canary"


def typed(text: str, suffix: str) -> list[tuple[int, str]]:
    page = parse(text, suffix, f"typed{suffix}", KNOWN)
    found = [command for one in page.scripts for pipeline in one.pipelines for command in pipeline.commands]
    return [(command.line, command.words[0]) for command in found]


def test_of_markdown_only_shell_blocks_are_commands() -> None:
    text = "kubectl no\n```sh\na\n```\n~~~~bash\nb\n```\n~~~~\n```python\nc\n```\n"
    text += "```json\n{}\n```\n> ```console\n> $ d\n> ```\n"
    assert typed(text, ".md") == [(3, "a"), (6, "b"), (16, "d")]


def test_a_block_stands_under_its_headings() -> None:
    page = parse("# A\n## B\n```sh\na\n```\n# C\n```sh\nb\n```\n", ".md", "x.md", KNOWN)
    assert [one.title for one in page.scripts] == ["A / B", "C"]


def test_prose_between_the_commands_of_a_text_does_not_matter() -> None:
    text = "Don't do this:\n  $ kubectl get pods\nIt's wrong.\n"
    text += "kubectl patch ing x -p '{\n \"a\": 1}'\nThat's all, isn't it?\n"
    assert typed(text, ".txt") == [(2, "kubectl"), (4, "kubectl")]


def test_a_variable_of_one_block_is_known_in_the_next() -> None:
    page = parse("```sh\nNS=shop\n```\n```sh\nkubectl -n $NS get pods\n```\n", ".md", "x.md", KNOWN)
    assert page.scripts[1].pipelines[0].commands[0].words == ("kubectl", "-n", "shop", "get", "pods")


MANIFEST = f"""apiVersion: v1
kind: Service
metadata: {{name: other, annotations: {{a: 1}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations:
    {NOTE}: "true"
    {NOTE}-weight: 10
"""


def test_a_manifests_annotations_are_those_of_its_ingresses_with_their_lines() -> None:
    (one, two) = parse(MANIFEST, ".yaml", "x.yaml", KNOWN).settings
    assert (one.ingress, one.key, one.value, one.line, one.namespace) == ("web", NOTE, "true", 11, "shop")
    assert (two.key, two.value, two.line) == (f"{NOTE}-weight", 10, 12)


@pytest.mark.parametrize("text", ["", "{", "a: [", "Ingress", "kind: Ingress\nmetadata: 5\n", "- kind: Ingress\n"])
def test_text_that_is_no_manifest_writes_nothing(text: str) -> None:
    assert parse(text, ".yaml", "x.yaml", KNOWN).settings == ()


@pytest.mark.parametrize(
    ("patch", "value"),
    [
        (f"""'{{"metadata":{{"annotations":{{"{NOTE}":"true"}}}}}}'""", "true"),
        (f"""'{{"metadata":{{"annotations":{{"{NOTE}":null}}}}}}'""", None),
        (f"""'[{{"op":"add","path":"/metadata/annotations","value":{{"{NOTE}":true}}}}]'""", True),
        ("""'[{"op":"remove","path":"/metadata/annotations/nginx.ingress.kubernetes.io~1canary"}]'""", None),
        (f"""'metadata: {{annotations: {{"{NOTE}": "1"}}}}'""", "1"),
        (f""""{{\\"metadata\\":{{\\"annotations\\":{{\\"{NOTE}\\":$V}}}}}}\"""", 0),
    ],
)
def test_patches_of_each_kind_are_read(patch: str, value: object) -> None:
    (one,) = parse(f"kubectl -n shop patch ingress/web -p {patch}", ".sh", "x.sh", KNOWN).settings
    assert (one.ingress, one.key, one.value, one.namespace) == ("web", NOTE, value, "shop")


PIECES = st.lists(
    st.sampled_from(
        [
            "kubectl ", "logs ", "-l ", "-n x ", "patch ingress ", "-p ", "'", '"', "`", "$(", ")", "((",
            "))", "|", "<<E", "\nE\n", "\n", "\\", "for w in ", "; do ", "done", "$w", "${w}", "{1..3}",
            "alias k=", "k", "grep ", "-c ", "[0-9", "(", "awk ", "/x/", "curl ", "a/b=c ", "# ",
            "```sh\n", "```\n", "kind: Ingress\n", "---\n", "metadata: ", "{", "}", "eval ", "<", ">",
            "seq 1 ", "rollout status ", "--timeout=", "tail ", 'x() { kubectl "$@"', "=", "set env ", "-",
            "annotate ing/", "0",
        ]
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(PIECES, st.sampled_from([".sh", ".md", ".txt", ".yaml"]))
def test_no_text_makes_it_fall_over(pieces: list[str], suffix: str) -> None:
    page = parse("".join(pieces), suffix, f"typed{suffix}", KNOWN)
    assert isinstance(look(page), list)
