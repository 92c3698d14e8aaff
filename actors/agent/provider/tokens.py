"""What a call of a model has used. Pure."""

from __future__ import annotations

from attrs import evolve, frozen

__all__ = ["TokenUsage"]


@frozen
class TokenUsage:
    """Tokens as the service counted them.

    `cached` is the part of `input` that was read from its cache, `stored` the one that was put there, `reasoning` the part of `output`
    that is not shown. `estimated`: the service counted nothing, and these are guesses from the lengths of the texts. `cost_usd` is what
    the call has cost where it says so itself, `tool_calls` how many tools were used in it that are not ours.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0
    estimated: bool = False
    cost_usd: float | None = None
    tool_calls: int = 0
    stored: int = 0

    def __add__(self, other: TokenUsage) -> TokenUsage:
        return TokenUsage(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
            self.estimated or other.estimated,
            stored=self.stored + other.stored,
        )

    def __sub__(self, other: TokenUsage) -> TokenUsage:
        """What is counted in this and not in the other, never below nothing; the rest stays as it is in this."""
        return evolve(
            self,
            input=max(0, self.input - other.input),
            output=max(0, self.output - other.output),
            cached=max(0, self.cached - other.cached),
            reasoning=max(0, self.reasoning - other.reasoning),
            stored=max(0, self.stored - other.stored),
        )
