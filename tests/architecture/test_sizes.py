"""Files and functions stay readable in one go."""

from __future__ import annotations

import ast

from tests.architecture.sources import product, suite

MOST_LINES_OF_A_FILE = 250
MOST_LINES_OF_A_FUNCTION = 50
MOST_NAMES_OF_A_FACADE = 45


def test_no_file_is_longer_than_250_lines() -> None:
    long = {source.path: source.lines for source in (*product(), *suite()) if source.lines > MOST_LINES_OF_A_FILE}
    assert long == {}


def test_no_function_is_longer_than_50_lines() -> None:
    long = {
        f"{source.path}:{node.lineno} {node.name}": length
        for source in (*product(), *suite())
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


def test_most_files_are_short() -> None:
    sizes = sorted(source.lines for source in product() if source.lines > 0)
    assert sizes[len(sizes) // 2] <= 150


def test_a_facade_offers_a_number_of_names_that_one_can_know() -> None:
    from tests.architecture.test_modules import exported

    large = {source.path: len(names) for source in product() if len(names := exported(source) or []) > MOST_NAMES_OF_A_FACADE}
    assert large == {}
