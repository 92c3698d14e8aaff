"""What is said of a tool that was cut off: that nobody knows what it did, so that it is neither taken for done nor done again. Pure."""

from __future__ import annotations

from actors.agent.thread_events import ToolAnswered, ToolIntended

__all__ = ["uncertain"]


def uncertain(intent: ToolIntended, why: str) -> ToolAnswered:
    """The receipt of a use whose end nobody saw. `why`: what ended it, as half a sentence."""
    text = (
        f"The outcome is uncertain: {intent.name} was begun in attempt {intent.attempt}, and {why}. It may have done all, a part, or "
        "nothing of what you asked for. It was not repeated. Find out what is there before you ask for it again."
    )
    return ToolAnswered(intent.call_id, intent.name, text, is_error=True, state="uncertain", attempt=intent.attempt)
