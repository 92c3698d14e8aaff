"""Agent nodes on paper: where the texts of an order come from."""

from __future__ import annotations

from actors.agent.binding import PinnedText
from actors.node.messages import Failure
from actors.node.orders import AnswerOrder
from actors.run.orders import Folders, work_order
from tests.actors.run.table import HASH
from tests.actors.run.test_agents import TOP, begun, order


def test_texts_come_from_the_workflow_or_from_what_was_pinned_and_from_nowhere_else() -> None:
    story = begun("output_schema: s, max_turns: 3, as: bot", top=TOP)
    assert (order(story).form, order(story).max_turns, order(story).identity) == (AnswerOrder("s", {"type": "object"}), 3, "bot")
    story = begun("output_schema: t, snippets: [tone]", top=TOP)
    story.state.texts = (PinnedText("schema", "t", HASH, "/p/t.yaml"), PinnedText("snippet", "tone", "ab", "/p/tone.md"))
    assert (order(story).form, order(story).snippets) == (AnswerOrder("t", sha256=HASH), ("ab",))
    story.state.texts = ()
    found = work_order(story.state, "a", Folders("/d", "/w"), story.rules)
    assert isinstance(found, Failure)
    assert (found.code, "tone" in found.message or "'t'" in found.message) == ("run_metadata_missing", True)
