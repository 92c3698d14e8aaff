"""Writes a JSON tree as YAML 1.2 that our own reader takes: block style, texts of several lines as blocks."""

from __future__ import annotations

from io import StringIO
from typing import Any, Final

__all__ = ["write_yaml"]

WIDTH: Final = 1_000_000  # a folded line is harder to read than a long one
SHORT: Final = 60


def write_yaml(tree: Any) -> str:
    """The text of one document."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - 30 ms, and only who writes YAML needs it

    writer = YAML()
    writer.width = WIDTH
    writer.allow_unicode = True
    writer.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    writer.dump(_styled(tree), stream)
    return stream.getvalue()


def _styled(value: Any) -> Any:
    from ruamel.yaml.comments import CommentedMap, CommentedSeq  # noqa: PLC0415 - as above
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString  # noqa: PLC0415 - as above

    if isinstance(value, dict):
        return CommentedMap((_key(key), _styled(item)) for key, item in value.items())
    if isinstance(value, list):
        listed = CommentedSeq(_styled(item) for item in value)
        if all(isinstance(item, str | int | float) for item in value) and sum(len(str(item)) + 2 for item in value) <= SHORT:
            listed.fa.set_flow_style()
        return listed
    if not isinstance(value, str):
        return value
    if _is_block(value):
        return LiteralScalarString(value)
    return value if _is_plain(value) else DoubleQuotedScalarString(value)


def _key(text: str) -> Any:
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString  # noqa: PLC0415 - as above

    # `on` is a key of our own, and a word in YAML 1.2; values are quoted for the readers of 1.1 as well.
    return text if _is_plain(text) or text == "on" else DoubleQuotedScalarString(text)


def _is_block(text: str) -> bool:
    """Several lines that a block holds as they are: printable, no blanks at the ends of lines, no indentation at the start."""
    lines = text.split("\n")
    return len(lines) > 1 and not text[0].isspace() and all(line.isprintable() and line == line.rstrip() for line in lines)


def _is_plain(text: str) -> bool:
    """Words that need no quotes in any reader of YAML, and mean themselves in ours."""
    first = text[:1]
    return (
        first.isascii() and first.isalpha() and all(char.isascii() and (char.isalnum() or char in " _./-") for char in text)
        and text == text.strip() and text.lower() not in {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
    )  # fmt: skip
