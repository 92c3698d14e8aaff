"""`penstock fmt` and `penstock convert`: the layout of `.wf` files, and workflows from one notation to another. Neither needs a daemon."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import attrs
import click

from actors.cli import exits, options
from actors.cli.check import print_problem
from actors.cli.source import definition
from actors.cli.text import emit, print_json, visible

__all__ = ["convert", "fmt"]


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--check", "only_check", is_flag=True, help="Change nothing; say which files would change, and end with 1 if any would.")
@options.as_json
def fmt(files: tuple[str, ...], *, only_check: bool, as_json: bool) -> int:
    """Put .wf files into the one layout; comments stay.

    Exit code 2 when one of them cannot be read as .wf; it stays as it is.

    \b
    Examples:
      penstock fmt flows/*.wf
      penstock fmt --check flows/*.wf
    """
    results = [_fmt(Path(file), write=not only_check) for file in files]
    if as_json:
        print_json(results)
    else:
        for result in results:
            _print(result, only_check=only_check)
    if any(result["problems"] for result in results):
        return exits.USAGE
    return exits.FAILED if only_check and any(result["changed"] for result in results) else exits.OK


def _fmt(path: Path, *, write: bool) -> dict[str, Any]:
    from actors.workflow.problems import WorkflowInvalid
    from actors.workflow.wf.formatter import format_wf

    given = definition(path)
    if given["notation"] != "wf":
        raise exits.Told("notation_unknown", f"{path}: fmt knows .wf files alone", exits.USAGE)
    try:
        text = format_wf(given["text"], str(path))
    except WorkflowInvalid as invalid:
        return {"file": str(path), "changed": False, "problems": [attrs.asdict(problem) for problem in invalid.problems]}
    changed = text != given["text"]
    if changed and write:
        _replace(path, text)
    return {"file": str(path), "changed": changed, "problems": []}


def _replace(path: Path, text: str) -> None:
    """The whole new file or the whole old one, whatever happens in between; a link stays one, the mode stays."""
    real = path.resolve()
    part = None
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", dir=real.parent, prefix=f".{real.name}.", delete=False) as file:
            part = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(real.stat().st_mode & 0o7777)
        part.replace(real)
    except OSError as error:
        if part is not None:
            part.unlink(missing_ok=True)
        raise exits.Told("file_not_writable", f"{path}: {error.strerror or error}", exits.PERMISSION) from None


def _print(result: dict[str, Any], *, only_check: bool) -> None:
    for problem in result["problems"]:
        print_problem(problem)
    if result["changed"]:
        emit(f"{visible(result['file'])}: {'would change' if only_check else 'changed'}")


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--to", type=click.Choice(["wf", "yaml", "json"]), required=True, help="The notation that is wanted.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write there instead of printing; must not exist.")
@options.as_json
def convert(file: str, to: str, output: str | None, *, as_json: bool) -> int:
    """Write a workflow file in another notation.

    The result is read again before it is printed: it is the same workflow, with the same digest. JSON is the canonical form.
    What .wf has no words for is refused with the field (wf_not_expressible). Comments are not carried over.

    \b
    Examples:
      penstock convert flow.wf --to yaml
      penstock convert flow.yaml --to wf -o flow.wf
    """
    from actors.workflow.convert import convert as converted
    from actors.workflow.parse import load_text
    from actors.workflow.problems import WorkflowInvalid

    given = definition(Path(file))
    notation: Any = to
    try:
        loaded = load_text(given["text"], notation=given["notation"], source=file, folder=given["folder"])
        text = converted(loaded, notation, source=file, folder=given["folder"])
    except WorkflowInvalid as invalid:
        return _refused(file, [attrs.asdict(problem) for problem in invalid.problems], as_json=as_json)
    if output is not None:
        _create(Path(output), text)
    if as_json:
        print_json({"file": file, "notation": to, "output": output, "text": text, "problems": []})
    elif output is None:
        click.echo(text, nl=False)
    return exits.OK


def _refused(file: str, problems: list[dict[str, Any]], *, as_json: bool) -> int:
    if as_json:
        print_json({"file": file, "problems": problems})
    else:
        for problem in problems:
            print_problem(problem)
    return exits.USAGE


def _create(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise exits.Told("file_exists", f"{path}: there is a file already; name another, or remove it", exits.USAGE) from None
    except OSError as error:
        raise exits.Told("file_not_writable", f"{path}: {error.strerror or error}", exits.PERMISSION) from None
