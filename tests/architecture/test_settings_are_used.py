"""A setting that nothing reads is a promise that nobody keeps."""

from __future__ import annotations

import ast

import pytest

from actors.config.settings import table
from tests.architecture.sources import product

KEYS = [(section, attribute.name) for section, keys in table().items() for attribute, _ in keys.values()]


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


READ = {
    (_last_name(node.value), node.attr.removeprefix("effective_"))
    for source in product()
    if source.path != "actors/config/settings.py"
    for node in ast.walk(source.tree)
    if isinstance(node, ast.Attribute)
}


@pytest.mark.parametrize(("section", "name"), KEYS)
def test_the_setting_is_read_somewhere(section: str, name: str) -> None:
    """As `config.SECTION.NAME`, or as `SECTION.NAME` of a section at hand."""
    assert (section, name) in READ
