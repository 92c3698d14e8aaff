"""Rendering what can be known before anything has run: the placeholders that only a result can fill stay where they are. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from attrs import Factory, define, evolve

from actors.flow.substitution import names_in, substitute
from actors.workflow.durations import DurationError, filled_in_duration
from actors.workflow.template import MARK, Lookup, Quote, TemplateError, parse_template, render_text

__all__ = ["Partly"]


@define
class Partly:
    """`known` says of a placeholder whether the scope can fill it. `unresolved` gathers those it cannot, `wrong` those that never will be.

    `variables`, where there are any, make the texts flat: placeholders are their exact names, and `scope` and `known` say nothing of them.
    `names` are those of texts that come from files.
    A placeholder that is wrong stays where it is, too; it is gathered with its place, as `at` named it last.
    """

    scope: Mapping[str, Any]
    known: Callable[[Lookup], bool]
    unresolved: dict[str, None] = Factory(dict)
    wrong: list[tuple[str, TemplateError]] = Factory(list)
    variables: Mapping[str, str] | None = None
    names: Mapping[str, str] = Factory(dict)
    _place: str = ""

    def at(self, place: str) -> Self:
        """What is rendered next stands at that place."""
        self._place = place
        return self

    def named(self, place: str, text: str) -> str:
        """A text from a file, whose placeholders are exact names in any case: those of `names`."""
        return self.at(place)._flat(text, self.names, quote=False)  # noqa: SLF001  # it is itself

    def render(self, value: Any) -> Any:
        """The JSON value with all texts in it rendered as far as they are known, each as text."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.render(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.render(item) for item in value]
        return value

    def text(self, text: str, *, quote: bool | Quote = False) -> str:
        """The text rendered as far as it is known; `quote` is that of `render_text`."""
        if MARK not in text:
            return text
        if self.variables is not None:
            return self._flat(text, self.variables, quote=quote)
        return "".join(self._part(part, quote=quote) if isinstance(part, Lookup) else part for part in parse_template(text))

    def duration(self, word: str, text: str, **bounds: int) -> int | None:
        """Milliseconds: the text under `word`, filled in. None where only a run can tell them, and where it is no duration, which is wrong.

        `bounds`: those of `filled_in_duration`.
        """
        probe = evolve(self, unresolved={}, wrong=[])
        value = probe.at(word).text(text)
        self.unresolved |= probe.unresolved
        self.wrong += probe.wrong
        if probe.unresolved or probe.wrong:
            return None
        try:
            return filled_in_duration(word, text, value, **bounds)
        except DurationError as error:
            self.wrong.append((word, TemplateError(error.code, text, str(error))))
            return None

    def _part(self, part: Lookup, *, quote: bool | Quote) -> str:
        placeholder = f"{{{{ {part.text} }}}}"
        if not self.known(part):
            self.unresolved[part.text] = None
            return placeholder
        try:
            return render_text(placeholder, self.scope, quote=quote)
        except TemplateError as error:
            self.wrong.append((self._place, error))
            return placeholder

    def _flat(self, text: str, variables: Mapping[str, str], *, quote: bool | Quote) -> str:
        self.unresolved.update((name, None) for name in names_in(text) if name not in variables)
        try:
            return substitute(text, variables, keep=True, quote=quote)
        except TemplateError as error:
            self.wrong.append((self._place, error))
            return text
