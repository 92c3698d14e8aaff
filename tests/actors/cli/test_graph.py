"""`penstock graph`: of files, stored workflows and runs, in its three forms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.actors.cli.conftest import Penstock

FLOW = """
penstock: 1
workflow: end
title: 'a "b" <c>'
fail_fast: true
sequence: true
nodes:
  - {id: look, title: "Say \\"]; #35; `x`", shell: "echo 'a | b'"}
  - id: again
    repeat:
      do_while: marker("work", "more")
      max_iterations: 3
      nodes: [{id: work, shell: "true", on_fail: {command: [echo, sorry]}}]
  - id: both
    parallel: {min_success: 1, nodes: [{id: x, command: [a, "b c"], on_fail: continue}, {id: y, wait: {timer: 1s}}]}
  - {id: ask, gate: human_approval, when: 'nodes.look.output == "a"'}
  - {id: free, needs: [look], shell: "true"}
  - {id: sub, workflow: child}
  - {id: each, foreach: {over: list, workflow: child, max_parallel: 0, scope: {values: "p"}}}
finally:
  - {id: style, python: "m:f"}
"""
TREE = """\
a "b" <c>
├─ look  Say "]; #35; `x`  shell echo 'a | b'
├─ again  repeat do while marker("work", "more"), at most 3 turns
│  └─ work  shell true
├─ both  parallel (1 must succeed)
│  ├─ x  command a 'b c'  goes on after a failure
│  └─ y  wait timer
├─ ask  gate human_approval  when nodes.look.output == "a"
├─ free  shell true  after look
├─ sub  workflow child
├─ each  foreach list: child, 1 at once
├─ finally
│  └─ style  python m:f
└─ after failures
   └─ work.on_fail  after failure of work  command echo sorry
"""
MERMAID = """\
---
title: "a \\"b\\" <c>"
---
flowchart TD
  n0["look  Say #quot;]; #35;35; #96;x#96;<br/>shell echo 'a | b'"]
  subgraph n1["again · repeat do while marker(#quot;work#quot;, #quot;more#quot;), at most 3 turns"]
    n2["work<br/>shell true"]
  end
  subgraph n3["both · parallel (1 must succeed)"]
    n4["x<br/>command a 'b c'"]
    n5(("y<br/>wait timer"))
  end
  n6{{"ask<br/>gate human_approval<br/>when nodes.look.output == #quot;a#quot;"}}
  n7["free<br/>shell true"]
  n8[["sub<br/>workflow child"]]
  n9[["each<br/>foreach list: child, 1 at once"]]
  n11["work.on_fail  after failure of work<br/>command echo sorry"]
  subgraph finally["finally"]
    n10["style<br/>python m:f"]
  end
  n0 -.-> n1
  n2 -. on failure .-> n11
  n1 -.-> n3
  n3 -.-> n6
  n0 --> n7
  n7 -.-> n8
  n8 -.-> n9
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "flow.yaml").write_text(FLOW)
    return str(tmp_path / "flow.yaml")


@pytest.mark.parametrize(("words", "text"), [((), TREE), (("--format", "mermaid"), MERMAID)], ids=["tree", "mermaid"])
def test_a_file_is_drawn_without_a_daemon(alone: Penstock, file: str, words: tuple[str, ...], text: str) -> None:
    result = alone("graph", file, *words)
    assert (result.exit_code, result.stdout) == (0, text)


def test_edges_of_groups_end_at_their_clusters_in_graphviz(alone: Penstock, file: str) -> None:
    lines = [line.strip() for line in alone("graph", file, "--format", "dot").stdout.splitlines()]
    assert (lines[0], lines[2], lines[-1]) == ('digraph "end" {', r'label="a \"b\" <c>";', "}")
    assert [line for line in lines if "->" in line] == [
        '"look" -> "work" [style=dashed, lhead="cluster:again"];',
        '"work" -> "work.on_fail" [style=dotted, label="on failure"];',
        '"work" -> "x" [style=dashed, ltail="cluster:again", lhead="cluster:both"];',
        '"y" -> "ask" [style=dashed, ltail="cluster:both"];', '"look" -> "free" [style=solid];',
        '"free" -> "sub" [style=dashed];', '"sub" -> "each" [style=dashed];',
    ]  # fmt: skip
    assert lines.count("}") == 4
    assert r"""label="look  Say \"]; #35; `x`\nshell echo 'a | b'", shape=box""" in alone("graph", file, "--format", "dot").stdout


def test_the_graph_as_json_names_groups_edges_and_handlers(alone: Penstock, file: str) -> None:
    found = {node["node_id"]: node for node in json.loads(alone("graph", file, "--json").stdout)["nodes"]}
    assert found["work"] == {
        "node_id": "work", "kind": "shell", "label": "work", "about": "true", "section": "body", "needs": [], "group": "again",
        "handler": "work.on_fail",
    }  # fmt: skip
    assert (found["both"]["form"], found["both"]["needs"]) == ("parallel", [{"node": "again", "until": "settled"}])
    assert (found["style"]["section"], found["work.on_fail"]["section"]) == ("finally", "handler")


def test_a_file_that_is_wrong_is_told_as_by_check(alone: Penstock, file: str) -> None:
    Path(file).write_text(FLOW.replace("human_approval", "nobody_knows, mode: sideways"))
    result = alone("graph", file)
    assert (result.exit_code, f"{file}:" in result.stdout) == (2, True)


CHILD = """
penstock: 1
workflow: child
nodes: [{id: leaf, shell: "echo hi"}]
finally: [{id: sweep, shell: "true"}]
"""
PARENT = """
penstock: 1
workflow: parent
sequence: true
fail_fast: false
nodes:
  - {id: each, foreach: {over: list, workflow: child, max_parallel: 1, scope: {values: "p, q"}}}
  - id: turns
    repeat:
      do_while: marker("work", "more")
      max_iterations: 2
      on_max_iter: continue
      nodes: [{id: work, output: json, shell: "echo '{\\"markers\\": [\\"more\\"]}'"}]
  - {id: sub, workflow: child}
  - {id: bad, shell: "exit 3", on_fail: {command: ["true"]}}
  - {id: never, when: "1 == 2", shell: "true"}
"""


def test_a_run_is_drawn_with_its_state_and_the_runs_in_it(alone: Penstock, tmp_path: Path) -> None:
    for name, text in (("child", CHILD), ("parent", PARENT)):
        (tmp_path / f"{name}.yaml").write_text(text)
    assert alone("run", str(tmp_path / "child.yaml")).exit_code == 0
    run_id = json.loads(alone("run", str(tmp_path / "parent.yaml"), "--json").stdout)["run_id"]
    shallow = alone("graph", run_id).stdout
    assert shallow.startswith(f"parent  {run_id}  failed\n├─ ✔ each  foreach list: child, 1 at once  [completed, 2 completed, ")
    assert '├─ ✔ turns  repeat do while marker("work", "more"), at most 2 turns  [completed, turn 2, ' in shallow
    assert "├─ ✘ bad  shell exit 3  [failed: " in shallow
    assert "├─ ↷ never  shell true  when 1 == 2  [skipped: condition_not_met]\n└─ after failures\n   └─ ✔ bad.on_fail" in shallow
    assert "leaf" not in shallow
    deep = alone("graph", run_id, "--deep").stdout
    assert deep.count("✔ leaf  shell echo hi  [completed, ") == 3
    assert "│  ├─ ✔ p  workflow  [completed, run-" in deep
    assert alone("graph", "child").stdout == "child\n├─ leaf  shell echo hi\n└─ finally\n   └─ sweep  shell true\n"
    drawn = alone("graph", run_id, "--format", "mermaid").stdout.splitlines()
    assert [line.strip() for line in drawn if line.startswith("  class ")] == [
        "class n0,n1,n2,n3,n6 completed", "class n4 failed", "class n5 skipped",
    ]  # fmt: skip
    nodes = {node["node_id"]: node for node in json.loads(alone("graph", run_id, "--deep", "--json").stdout)["nodes"]}
    assert (nodes["each/p/leaf"]["status"], nodes["each/p/leaf"]["group"], nodes["each/p"]["group"]) == ("completed", "each/p", "each")
    assert (nodes["sub/leaf"]["group"], nodes["sub/sweep"]["section"]) == ("sub", "finally")
    nothing = alone("graph", "nothing")
    assert (nothing.exit_code, "code: graph_target_unknown" in nothing.stderr) == (66, True)
