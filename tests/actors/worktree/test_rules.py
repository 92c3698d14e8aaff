"""Nothing of a run begins without its folder, nothing happens to it while that vanishes, and what is gone is made anew."""

from __future__ import annotations

from actors.refusals import Refusal
from actors.run.events import RunFailed
from actors.run.operations import operate
from actors.run.requests import Operation
from actors.run.why import reasons
from actors.worktree import events as facts
from actors.worktree.messages import BeginRemoval, EndRemoval, KeepWorktree
from actors.worktree.site import Place, Site
from tests.actors.run.table import Story

COMMIT = "ab" * 20


def story(*, last: tuple[str, ...] = ()) -> Story:
    """A claimed run whose worktree is wanted."""
    made = Story.of("a", last=last)
    made.state.worktree = Site(Place("/srv/repo", "/data/worktrees/run-1", "penstock/run-1", "main"))
    made.claim()
    return made


def planned(told: Story) -> list[str]:
    return told.do(lambda turn: turn.emit(facts.WorktreePlanned(COMMIT, "penstock/run-1")))


def created(told: Story) -> list[str]:
    return told.do(lambda turn: turn.emit(facts.WorktreeCreated("/data/worktrees/run-1", "penstock/run-1", COMMIT)))


def ended() -> Story:
    """A run that has ended, with its worktree there."""
    told = story()
    planned(told)
    created(told)
    told.ok("a")
    assert told.state.status == "completed"
    return told


def site(told: Story) -> Site:
    assert told.state.worktree is not None
    return told.state.worktree


def ask(told: Story, operation: Operation) -> tuple[list[str], str | None]:
    """The events, and the code of a refusal."""
    words = told.do(lambda turn: operate(turn, operation))
    return words, told.answer.code if isinstance(told.answer, Refusal) else None


def test_nothing_begins_before_the_folder_is_there() -> None:
    told = story(last=("z",))
    assert (told.look(), site(told).stage) == ([], "wanted")
    assert (planned(told), site(told).stage, site(told).commit) == (["worktree_planned"], "planned", COMMIT)
    assert created(told) == ["worktree_created", "start a"]


def test_why_says_that_it_is_being_made_and_what_was_in_the_way() -> None:
    told = story()
    [found] = reasons(told.state, None, told.now)
    assert (found["code"], found["data"]["path"]) == ("worktree_coming", "/data/worktrees/run-1")
    told.do(lambda turn: turn.emit(RunFailed(code="worktree_base_unknown", message="no main")))
    [found] = reasons(told.state, None, told.now)
    assert (found["code"], found["next"]) == ("worktree_base_unknown", ["penstock recover run-1   (tries again)"])


def test_a_cancel_before_that_has_nothing_to_clean_up() -> None:
    told = story(last=("z",))
    assert told.cancel() == ["run_stopped cancelled_by_operator"]
    later = story(last=("z",))
    planned(later)
    created(later)
    assert "start z" in later.cancel()


def test_a_worktree_is_left_alone_as_long_as_its_run_may_use_it() -> None:
    told = story()
    for operation in (KeepWorktree(("changes",)), BeginRemoval("system"), EndRemoval()):
        assert ask(told, operation)[0] == []
    assert ask(told, BeginRemoval("system")) == ([], "worktree_not_found")
    planned(told)
    assert ask(told, BeginRemoval("system")) == ([], "run_not_terminal")
    assert ask(told, KeepWorktree(("changes",))) == ([], "run_not_terminal")
    assert ask(Story.begun("a"), KeepWorktree(("changes",))) == ([], "worktree_not_found")


def test_why_it_stays_is_said_once() -> None:
    told = ended()
    assert ask(told, KeepWorktree(("changes",))) == (["worktree_kept"], None)
    assert ask(told, KeepWorktree(("changes",))) == ([], None)
    assert ask(told, KeepWorktree(("changes", "commits"))) == (["worktree_kept"], None)
    assert (site(told).kept, site(told).undone()) == (("changes", "commits"), False)


def test_a_removal_has_a_beginning_and_an_end_and_nothing_in_between() -> None:
    told = ended()
    assert ask(told, BeginRemoval("uid:1", forced=True, reply=(("path", "p"),))) == (["worktree_removal_begun"], None)
    assert told.answer == {"path": "p"}
    assert (site(told).stage, site(told).asked) == ("removing", True)
    assert ask(told, BeginRemoval("uid:2")) == ([], None)
    assert ask(told, KeepWorktree(("changes",))) == ([], None)
    told.retry("a")
    assert isinstance(told.answer, Refusal)
    assert told.answer.code == "worktree_removing"
    assert ask(told, EndRemoval(branch_left=True)) == (["worktree_removed"], None)
    assert (site(told).stage, site(told).left) == ("removed", True)
    assert ask(told, EndRemoval()) == ([], None)
    assert ask(told, BeginRemoval("uid:1")) == ([], "worktree_not_found")


def test_a_run_that_is_brought_back_gets_what_is_gone_anew_and_keeps_what_is_there() -> None:
    gone = ended()
    ask(gone, BeginRemoval("system"))
    ask(gone, EndRemoval())
    gone.retry("a")
    assert (gone.state.status, site(gone).stage) == ("queued", "wanted")
    there = ended()
    ask(there, KeepWorktree(("changes",)))
    there.retry("a")
    assert (site(there).stage, site(there).kept) == ("made", ())
