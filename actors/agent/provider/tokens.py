"""What a call of a model has used. Pure."""

from __future__ import annotations

from attrs import frozen

__all__ = ["TokenUsage"]


@frozen
class TokenUsage:
    """Tokens as the service counted them.

    `cached` is the part of `input` that was read from its cache, `reasoning` the part of `output` that is not shown. `estimated`: the
    service counted nothing, and these are guesses from the lengths of the texts.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0
    estimated: bool = False

    def __add__(self, other: TokenUsage) -> TokenUsage:
        return TokenUsage(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
            self.estimated or other.estimated,
        )
