"""`penstock run --dry-run`: the plan on the terminal."""

from __future__ import annotations

import json
from pathlib import Path

from tests.actors.cli.conftest import Penstock

FLOW = """
penstock: 1
workflow: plan
inputs: {name: {type: string}}
nodes:
  - {id: a, command: [echo, "hello {{ inputs.name }}"], retry: {max_attempts: 3}, artifact: a.txt, on_fail: continue}
  - {id: b, python: "m:f", needs: [a], with: {x: "{{ nodes.a.output }}"}}
  - {id: ask, gate: human_approval, needs: [b]}
  - {id: c, shell: "ls\\nls", needs: [ask], when: nodes.b.output == 1, on_fail: {command: [tell, me]}}
  - {id: nap, wait: {timer: 10m}, needs: [c]}
finally:
  - {id: tidy, command: [rm, x]}
output: {said: "{{ nodes.a.output }}"}
"""
PLAN = """\
 1. a  command
      echo 'hello you'
      makes a.txt
      on failure: continue
      at most 3 attempts, idle limit 10m, total limit 30m
   2. b  python, after a
      calls m:f
        with x = {{ nodes.a.output }}
   3. ask  gate, after b
      asks: ask (taken as approved)
   4. c  shell, after ask  [conditional: when nodes.b.output == 1]
      ls
      ls
      on failure: tell me
   5. nap  wait, after c
      waits: delay_ms 600000
   6. tidy  command, clean-up
      rm x
  output said = {{ nodes.a.output }}
no problems found
"""


def test_the_plan_is_printed_and_shown_again(alone: Penstock, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(FLOW)
    held = ("--as", "default", "--plugin-dir", str(tmp_path), "--model", "m")
    first = alone("run", str(tmp_path / "plan.yaml"), "--dry-run", "-i", "name=you", *held)
    assert first.exit_code == 0
    told = f"  workspace: a private folder\n  as identity: default\n  plugin dirs: {tmp_path}\n  model: m\n"
    assert f"dry run of plan version 1; nothing was executed\n{told}" in first.output
    assert PLAN in first.output
    run_id = first.output.split(":")[0]
    assert alone("show", run_id).output == first.output
    assert "It was a dry run, and nothing was executed. 0 problems were found." in alone("why", run_id).output
    report = alone("report", run_id)
    assert (report.exit_code, ".report.md" in report.output) == (0, False)


def test_problems_end_with_one_and_json_says_all(alone: Penstock, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(FLOW)
    result = alone("run", str(tmp_path / "plan.yaml"), "--dry-run")
    assert result.exit_code == 1
    assert "2 problems:\n  inputs.name: The input" in result.output
    run = json.loads(alone("run", str(tmp_path / "plan.yaml"), "--dry-run", "--json").output)
    assert (run["exit_code"], run["status"], len(run["output"]["plan"]["problems"])) == (1, "failed", 2)
    lines = json.loads(alone("ls", "--json").output)
    assert [(line["detail"], line["dry_run"]) for line in lines] == [("dry_run_invalid", True)] * 2


def test_a_plan_that_was_cut_says_so(capsys: object) -> None:
    from actors.cli.rehearsal import print_plan

    plan = {
        "workspace": "/w", "nodes": [], "problems": [{"path": "p", "message": "m", "code": "c"}], "problems_in_all": 300, "omitted": 2,
        "cut_to": 200, "output": None,
    }  # fmt: skip
    print_plan({"run_id": "r", "workflow_id": "w", "version": 1, "output": {"plan": plan}})
    said = capsys.readouterr().out  # type: ignore[attr-defined]  # pytest's own fixture
    assert "… and 2 more nodes" in said
    assert "longer than 200 characters" in said
    assert "300 problems:" in said


SHIP = """
workflow ship { inputs { what required } script tag { run = "tag {{what}}" } }
"""
FLOW_WF = """
workflow fix {
  inputs { ticket required }
  script look { run = "look {{ticket}}" on_fail = continue }
  while look.again { max_iterations = 3 script mend { run = "mend {{base_branch}}" } }
  do { max_iterations = 2 script try { run = "true" } } while try.again
  parallel { call one }
  call workflow ship { inputs { what = "{{ticket}}" } }
  foreach all { over = list scope = { values = "a" } max_parallel = 0 workflow = ship inputs = { what = "{{item.id}}" } }
}
"""
PLAN_WF = """\
   1. look  shell
      look 'T-1'
      on failure: continue
   2. while.1  group, after look
      repeats while marker("look", "again"), at most 3 turns
     3. mend  shell  [conditional]
        mend {{base_branch}}
   4. do_while.1  group, after while.1
      repeats while marker("try", "again") (asked after each turn), at most 2 turns
     5. try  shell
        true
   6. parallel.1  group, after do_while.1
      all at once
     7. one  agent
        asks one
   8. ship  workflow, after parallel.1
      runs ship
        with what = T-1
    8.1. tag  shell
        tag 'T-1'
   9. foreach-all  group, after ship
      runs ship for each item of list, at most 1 at once
        with what = {{item.id}}
    9.1. tag  shell
        tag {{what}}
1 problem:
  personas: There is no agent 'one'."""


def test_groups_and_runs_below_stand_deeper(alone: Penstock, tmp_path: Path) -> None:
    (tmp_path / "ship.wf").write_text(SHIP)
    (tmp_path / "fix.wf").write_text(FLOW_WF)
    alone("run", str(tmp_path / "ship.wf"), "--dry-run", "-i", "what=x")  # stores it
    found = alone("run", str(tmp_path / "fix.wf"), "--dry-run", "-i", "ticket=T-1")
    assert PLAN_WF in found.output, found.output


def test_a_request_is_shown_with_all_that_it_sends(alone: Penstock, tmp_path: Path) -> None:
    (tmp_path / "ask.yaml").write_text(
        "penstock: 1\nworkflow: ask\ninputs: {name: {type: string}}\nnodes:\n"
        '  - {id: tell, http: "https://a.example/{{ inputs.name }}", method: POST, headers: {X-Name: "{{ inputs.name }}"}, body: {n: 1}}\n'
        '  - {id: put, http: "https://a.example/", method: PUT, body: "of {{ nodes.tell.output }}", needs: [tell]}\n'
    )
    told = alone("run", str(tmp_path / "ask.yaml"), "--dry-run", "-i", "name=a b")
    assert told.exit_code == 0
    assert '      POST https://a.example/a%20b\n        X-Name: a b\n        {"n": 1}\n' in told.output
    assert "      PUT https://a.example/\n        of {{ nodes.tell.output }}\n" in told.output
