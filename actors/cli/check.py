"""`penstock check`: every problem of a workflow file with its place. Needs no daemon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from actors.cli import exits, options
from actors.cli.link import link_of
from actors.cli.text import emit, print_json, visible

if TYPE_CHECKING:
    from actors.cli.check_outside import Files, Findings
    from actors.workflow.parse import Loaded
    from actors.workflow.problems import Problem

__all__ = ["check", "print_problem"]


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@options.as_json
@click.pass_context
def check(context: click.Context, files: tuple[str, ...], *, as_json: bool) -> int:
    """Validate workflow files; nothing is run or stored.

    Scripts are looked for in the folder of the file, the current one and the repository; workflows whose runs a file begins among the
    files, those beside it and those of its project.
    Exit code 2 when a file is wrong, 66 when one is missing.

    \b
    Examples:
      penstock check hello.yaml
      penstock check flows/*.yaml --json
    """
    from actors.cli.check_outside import Files, outside

    together, settings = Files(Path(file) for file in files), link_of(context).places.config_file
    results = [_check(Path(file), together, lambda loaded, path: outside(loaded, path, together, settings)) for file in files]
    if as_json:
        print_json(results)
    else:
        for result in results:
            _print(result)
    missing = any(problem["code"] == "file_not_found" for result in results for problem in result["problems"])
    return exits.NOT_FOUND if missing else exits.OK if all(result["ok"] for result in results) else exits.USAGE


def _check(path: Path, files: Files, outside: Callable[[Loaded, Path], Findings]) -> dict[str, Any]:
    from actors.workflow.parse import load_file
    from actors.workflow.problems import WorkflowInvalid

    if not path.is_file():
        words = "this is a folder; name a file in it" if path.is_dir() else "no such file"
        missing = {"code": "file_not_found", "message": words, "file": str(path)}
        return {"file": str(path), "ok": False, "problems": [missing], "warnings": []}
    try:
        loaded = load_file(path, files.keys_beside(path))
    except WorkflowInvalid as invalid:
        return _result(path, invalid.problems)
    wrong, remarks = outside(loaded, path)
    return _result(path, wrong, (*loaded.warnings, *remarks))


def _result(path: Path, problems: tuple[Problem, ...], warnings: tuple[Problem, ...] = ()) -> dict[str, Any]:
    found = {"problems": [attrs.asdict(one) for one in problems], "warnings": [attrs.asdict(one) for one in warnings]}
    return {"file": str(path), "ok": not problems, **found}


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
