"""`penstock check`: every problem of a workflow file with its place. Needs no daemon."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import click

from actors.cli import exits, options
from actors.cli.text import emit, print_json, visible

__all__ = ["check", "print_problem"]


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@options.as_json
def check(files: tuple[str, ...], *, as_json: bool) -> int:
    """Validate workflow files; nothing is run or stored.

    Exit code 2 when one of them is wrong, 66 when one is missing.

    \b
    Examples:
      penstock check hello.yaml
      penstock check flows/*.yaml --json
    """
    results = [_check(Path(file)) for file in files]
    if as_json:
        print_json(results)
    else:
        for result in results:
            _print(result)
    missing = any(problem["code"] == "file_not_found" for result in results for problem in result["problems"])
    return exits.NOT_FOUND if missing else exits.OK if all(result["ok"] for result in results) else exits.USAGE


def _check(path: Path) -> dict[str, Any]:
    from actors.workflow.parse import load_file
    from actors.workflow.problems import WorkflowInvalid

    if not path.is_file():
        words = "this is a folder; name a file in it" if path.is_dir() else "no such file"
        missing = {"code": "file_not_found", "message": words, "file": str(path)}
        return {"file": str(path), "ok": False, "problems": [missing], "warnings": []}
    try:
        loaded = load_file(path)
    except WorkflowInvalid as invalid:
        return {"file": str(path), "ok": False, "problems": [attrs.asdict(problem) for problem in invalid.problems], "warnings": []}
    return {"file": str(path), "ok": True, "problems": [], "warnings": [attrs.asdict(warning) for warning in loaded.warnings]}


def _print(result: dict[str, Any]) -> None:
    for problem in result["problems"]:
        print_problem(problem)
    for warning in result["warnings"]:
        print_problem(warning, "warning: ")
    if result["ok"]:
        emit(f"{visible(result['file'])}: ok")


def print_problem(problem: Mapping[str, Any], prefix: str = "") -> None:
    """One line as compilers print it, `file:line:column: code: message`; then field, value and choices where they help."""
    place = f"{problem.get('file') or '<text>'}:{problem.get('line') or 1}:{problem.get('column') or 1}"
    emit(visible(f"{place}: {prefix}{problem['code']}: {problem['message']}"))
    for label, key in (("at", "path"), ("found", "found"), ("allowed", "allowed")):
        value = problem.get(key)
        if value:
            emit(visible(f"    {label}: {', '.join(value) if isinstance(value, (list, tuple)) else value}"))
