"""Small `.wf` texts, and the shortest ways to see what they say or what is wrong with them."""

from __future__ import annotations

from typing import Any

from actors.workflow.problems import Problem, Report
from actors.workflow.wf.read import read_wf

__all__ = ["EXAMPLES", "GOLDEN", "flow", "only", "read", "refused", "tree", "warned"]


def read(text: str) -> tuple[Any, Report]:
    """The tree and the report of a whole text."""
    report = Report("test.wf")
    return read_wf(text, report), report


def flow(body: str) -> str:
    """A workflow with this between its braces."""
    return f"workflow w {{\n{body}\n}}\n"


def tree(body: str) -> dict[str, Any]:
    """The tree of a sound body."""
    found, report = read(flow(body))
    assert not report.problems, report.problems
    assert isinstance(found, dict)
    return found


def only(statement: str) -> dict[str, Any]:
    """The only node of a body."""
    [node] = tree(statement)["flow"]["nodes"]
    assert isinstance(node, dict)
    return node


def refused(text: str) -> tuple[Problem, ...]:
    """All that is wrong with a whole text."""
    return tuple(read(text)[1].problems)


def warned(body: str) -> tuple[Problem, ...]:
    """The remarks about a sound body."""
    tree(body)
    return tuple(read(flow(body))[1].warnings)


GOLDEN = """workflow Demo {
  inputs { strict boolean  topic required }
  call plan
  if plan.risky { call "agents/audit.md" { retries = 1 } }
  call plan { timeout = "2m" on_fail = medic }
  always { script note { run = "echo {{workflow_status}}" } }
}
"""

RELEASE = """workflow release-train {
  meta {
    title = "Release train"
    description = "Check, approve and ship a version"
    trigger = manual
    targets = ["repo", "worktree"]
    group = "Release"
  }
  inputs {
    version   required description = "semver without v"
    channel   default = "beta"
    skip_docs boolean
  }
  script collect-changes {            // exports {{base_branch}} through its flow-output block
    run = "./tools/changes.sh {{version}}"
    env = { CHANNEL = "{{channel}}" DRY = "{{dry_run}}" }
    timeout = 120
    as = "release-bot"
  }
  parallel {
    output = "findings"
    with = ["diff-scope"]
    fail_fast = false
    min_success = 2
    call audit-security { retries = 1 }
    call audit-license  { with = ["license-rules"] output = "license" }
    call audit-api      { if = "collect-changes.api_touched" }
  }
  unless skip_docs { call write-notes { output = "notes" timeout = "20m" max_turns = 40 } }
  call risk-score { output = "risk" retries = 2 on_fail = continue }
  gate quality_gate { source = risk-score threshold = 70 on_fail = continue }
  gate human_review {
    prompt = "Pick the targets for this release"
    options = collect-changes.targets
    timeout = "48h"
    on_timeout = fail
  }
  call publish { retries = 1 on_fail = rollback as = "release-bot" plugin_dirs = ["/opt/publish"] }
  always {
    script report { run = "./tools/report.sh {{workflow_status}}" on_fail = continue }
  }
}
"""

FIX = """workflow fix-until-green {
  inputs { ticket required  strict boolean }
  call workflow prepare { inputs { ticket = "{{ticket}}" } retries = 1 on_fail = "agents/triage.md" }
  do {
    max_iterations = 4
    stuck_after = 3
    on_max_iter = continue
    call implement { as = "dev" }
    call verify
  } while verify.has_failures
  call review
  while review.needs_revision {
    max_iterations = 2
    call implement
    call review
  }
  do {
    output = "summary"
    with = ["tone", "length"]
    call summarise
    call translate { with = ["locale"] output = "translation" }
  }
  if strict {
    gate pr_checks   { timeout = "2h" on_timeout = fail }
    gate pr_approval { mode = review_decision timeout = "72h" on_timeout = continue as = "reviewer" }
  }
}
"""

SWEEP = """workflow backlog-sweep {
  meta { targets = "repo" }
  inputs { label default = "ready" }
  foreach tickets-in-order {
    over = tickets
    scope = { label = "ready" }
    filter = { state = "open" }
    ordered = true
    on_cycle = warn
    max_parallel = 3
    workflow = fix-until-green
    inputs = { ticket = "{{item.id}}" }
    on_child_fail = skip_dependents
  }
  foreach stale-repos {
    over = repos
    max_parallel = 0
    workflow = housekeeping
    on_child_fail = halt
  }
  gate human_approval {
    prompt = "Publish the sweep report?"
    min_approvals = 1
    options = ["yes" "later"]
    timeout = 3600
  }
}
"""

EXAMPLES = {"golden": GOLDEN, "release-train": RELEASE, "fix-until-green": FIX, "backlog-sweep": SWEEP}
