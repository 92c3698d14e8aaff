"""docs/control.md against the table of methods."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest

from actors.control.methods import METHODS, Method

PAGE = (Path(__file__).parents[3] / "docs" / "control.md").read_text()
ROWS = {name: row for row in PAGE.splitlines() if row.startswith("| `") for name in re.findall(r"`([a-z_]+\.[a-z_]+)`", row.split("|")[1])}


def test_every_method_has_a_row_and_every_row_a_method() -> None:
    assert set(ROWS) == set(METHODS)


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
def test_a_row_says_who_may_call_it_with_what(method: Method) -> None:
    _, _, scope, params, *_ = ROWS[method.name].split("|")
    assert scope.split() == [method.scope, *(["R"] if method.changing else [])]
    if "as `" not in params and method.name != "run.pause":
        names = {field.name for field in attrs.fields(method.params)} - ({"limits"} if method.name == "run.cancel" else set())
        assert {name for name in names if not re.search(rf"\b{name}\b", params)} == set()


def test_the_example_uses_methods_that_exist() -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    compile(code, "docs/control.md", "exec")
    assert set(re.findall(r'call\("([a-z.]+)"', code)) <= set(METHODS)
