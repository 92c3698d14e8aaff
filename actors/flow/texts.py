"""The one door through which the texts of a run are rendered, whatever its workflow's placeholders hold (flow spec 8.1). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve, frozen

from actors.flow.substitution import substitute, substitute_in
from actors.flow.variables import Facts, Variables
from actors.workflow.durations import DurationError, filled_in_duration
from actors.workflow.template import Quote, TemplateError, render, render_text

__all__ = ["NO_TEXTS", "Texts"]


@frozen
class Texts:
    """How the texts of one node are rendered at one moment.

    `flat`: a placeholder is the exact name of one of `variables`; what is unknown vanishes, or stays with `keep`. Otherwise it is a path
    into `scope`, and an unknown one raises TemplateError. `quote` is that of `render_text`; it raises TemplateError, in both modes,
    for a value that cannot stand there.
    """

    flat: bool
    scope: Mapping[str, Any]
    variables: Variables

    def text(self, text: str, *, quote: bool | Quote = False, keep: bool = False) -> str:
        """The text with its placeholders filled in."""
        if self.flat:
            return substitute(text, self.variables, quote=quote, keep=keep)
        return render_text(text, self.scope, quote=quote)

    def value(self, value: Any, *, keep: bool = False) -> Any:
        """The JSON value with all texts in it rendered. Where placeholders are paths, one that stands alone keeps the type it names."""
        return substitute_in(value, self.variables, keep=keep) if self.flat else render(value, self.scope)

    def duration(self, word: str, text: str, **bounds: int) -> int:
        """Milliseconds: the text under `word`, filled in. Raises TemplateError, for what is no duration `invalid_duration` or
        `duration_overflow`. `bounds`: those of `filled_in_duration`.
        """
        try:
            return filled_in_duration(word, text, self.text(text), **bounds)
        except DurationError as error:
            raise TemplateError(error.code, text, str(error)) from None

    def of_item(self, item: Mapping[str, str]) -> Texts:
        """The same, at one item of a for-each: `item.NAME` is what is known of it."""
        named = {f"item.{name}": text for name, text in item.items()}
        return evolve(self, scope={**self.scope, "item": dict(item)}, variables=self.variables.and_also(named))


NO_TEXTS: Final = Texts(flat=False, scope={}, variables=Variables(Facts("")))
"""For who has nothing to render."""
