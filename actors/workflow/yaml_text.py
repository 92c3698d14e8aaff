"""Reads YAML 1.2 into a plain JSON tree with places: one document, core scalars, no anchors, aliases, tags or merge keys."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from actors.workflow.problems import Place, Report
from actors.workflow.tree import FILE, UNREADABLE, Stop, TreeBuilder, check_size, check_text, check_whole

__all__ = ["read_yaml"]

WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
WHOLE = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FRACTION = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def read_yaml(text: str, report: Report) -> Any:
    """The tree of the only document, or UNREADABLE. What is wrong goes to the report."""
    reader = _Reader(report)
    try:
        check_size(text, report, FILE)
        for event in _events(text, report):
            reader.feed(event)
    except Stop:
        return UNREADABLE
    return reader.tree.root


def _events(text: str, report: Report) -> Iterator[Any]:
    from ruamel.yaml import YAML  # noqa: PLC0415 - 30 ms, and only files in YAML need it
    from ruamel.yaml.error import MarkedYAMLError  # noqa: PLC0415 - same

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _syntax(report, error.problem or error.context or "not YAML", (mark.line + 1, mark.column + 1) if mark else (1, 1))
    except Exception as error:  # noqa: BLE001 - the foreign parser raises what it likes on hostile text; all of it means "not YAML"
        _syntax(report, f"{type(error).__name__}: {error}"[:200], (1, 1))


def _syntax(report: Report, what: str, place: Place) -> None:
    report.add("yaml_syntax", (), f"This is not YAML: {what}. Correct the line, or check quotes and indentation before it.", place=place)
    raise Stop


class _Reader:
    def __init__(self, report: Report) -> None:
        self.tree = TreeBuilder(report, FILE)
        self._report = report
        self._documents = 0
        self._anchors = 0

    def feed(self, event: Any) -> None:
        place = (event.start_mark.line + 1, event.start_mark.column + 1)
        match type(event).__name__:
            case "ScalarEvent":
                self._refuse_extras(event, place)
                self._scalar(event, place)
            case "MappingStartEvent":
                self._refuse_extras(event, place)
                self._container({}, place)
            case "SequenceStartEvent":
                self._refuse_extras(event, place)
                self._container([], place)
            case "MappingEndEvent" | "SequenceEndEvent":
                self.tree.close()
            case "AliasEvent":
                self._alias(event, place)
            case "DocumentStartEvent":
                self._document(event, place)

    def _document(self, event: Any, place: Place) -> None:
        self._documents += 1
        if self._documents > 1:
            self._flaw("yaml_several_documents", place, "A second document begins here. Put each workflow into a file of its own.")
            raise Stop
        if event.version or event.tags:
            self._flaw("yaml_directive", place, "Directives (%YAML, %TAG) are not taken: the text is read as YAML 1.2. Remove the line.")

    def _refuse_extras(self, event: Any, place: Place) -> None:
        if event.anchor:
            self._flaw("yaml_anchor", place, f"Anchors (&{event.anchor}) are not taken. Write the value out where it is needed.")
        if event.tag is not None:
            self._flaw("yaml_tag", place, f"Tags ({event.tag}) are not taken. Quote a value that must be text, and leave the tag out.")

    def _alias(self, event: Any, place: Place) -> None:
        self._flaw("yaml_alias", place, f"Aliases (*{event.anchor}) are not taken. Write the value out here.")
        if self.tree.expects_key:
            raise Stop
        self.tree.value(None, place)

    def _container(self, container: dict[str, Any] | list[Any], place: Place) -> None:
        if self.tree.expects_key:
            self._flaw("key_not_text", place, "A mapping or list cannot be a key. Use a word.")
            raise Stop
        self.tree.open(container, place)

    def _scalar(self, event: Any, place: Place) -> None:
        plain = not event.style
        if not self.tree.expects_key:
            path = self.tree.path()
            self._report.places.setdefault(path, place)
            text = event.value
            self.tree.value(self._plain(text) if plain else check_text(text, path, self._report), place)
            return
        if plain and event.value == "<<":
            self._flaw("yaml_merge_key", place, "Merge keys (<<) are not taken. Write the keys out.")
        elif plain and not isinstance(self._plain(event.value), str):
            self._flaw("key_not_text", place, f'The key {event.value} is not text. Quote it: "{event.value}".')
        self.tree.key(event.value, place)
        check_text(event.value, self.tree.path(), self._report)

    def _plain(self, text: str) -> Any:
        """A scalar without quotes, by the core schema of YAML 1.2."""
        if text in WORDS:
            return WORDS[text]
        if text[0] not in "+-.0123456789":
            return text
        path = self.tree.path()
        if WHOLE.fullmatch(text):
            if len(text) > 30:
                return check_whole(2**64, path, self._report)
            return check_whole(int(text, 0) if text[:2] in {"0o", "0x"} else int(text), path, self._report)
        if FRACTION.fullmatch(text) and math.isfinite(number := float(text)):
            return number
        if NOT_FINITE.fullmatch(text) or FRACTION.fullmatch(text):
            self._report.add("number_out_of_range", path, f"{text[:40]} is no finite number. Write a finite one, or quote it as text.")
            return 0
        return text

    def _flaw(self, code: str, place: Place, message: str) -> None:
        self._report.add(code, self.tree.path(), message, place=place)
