"""Whether a workflow is for something that there is (flow spec 4.1)."""

from __future__ import annotations

from actors.config import Config
from actors.workflow.check_targets import unknown_targets
from actors.workflow.spec import Node, Shell, Workflow

USUAL = Config().flow.targets
NODES = (Node("a", Shell("true")),)


def test_fl24_an_unknown_target_is_named_with_those_that_there_are() -> None:
    workflow = Workflow("w", NODES, targets=("repo", "invalid_target", "tickets"))
    first, second = unknown_targets(workflow, USUAL, {("targets",): (2, 3), ("targets", 2): (2, 30)}, "w.yaml")
    assert (first.code, first.path, first.found, first.line, first.column) == ("unknown_target", "targets[1]", '"invalid_target"', 2, 3)
    assert first.allowed == ("worktree", "ticket", "repo", "pr", "workflow_run")
    assert "worktree, ticket, repo, pr, workflow_run" in first.message
    assert ((second.line, second.column), 'Did you mean "ticket"?' in second.message) == ((2, 30), True)


def test_without_a_list_any_target_is_fine() -> None:
    assert list(unknown_targets(Workflow("w", NODES, targets=("anything",)), ())) == []
    assert list(unknown_targets(Workflow("w", NODES, targets=USUAL), USUAL)) == []
