"""A workflow from one notation to another. What is written is read again before it is given out: it says the same, or it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from actors.workflow.canonical import encode
from actors.workflow.parse import Loaded, Notation, load_text
from actors.workflow.problems import NOWHERE, Path, Place, Problem, WorkflowInvalid, field_path, shown
from actors.workflow.wf.spelling import NotExpressible
from actors.workflow.wf.write import write_wf
from actors.workflow.yaml_words import yaml_words
from actors.workflow.yaml_writer import write_yaml

__all__ = ["convert"]


def convert(loaded: Loaded, to: Notation, *, source: str, folder: str | None) -> str:
    """The workflow as a text. JSON is the canonical form, byte for byte, and a line end. Raises WorkflowInvalid with
    `wf_not_expressible` and the field of the model that `.wf` has no words for.
    """
    tree = _tree(encode(loaded.workflow))
    try:
        text = WRITERS[to](tree)
        path, why = _lost(tree, text, to, folder)
    except NotExpressible as lacking:
        text, path, why = "", lacking.path, lacking.why
    if not why:
        return text
    line, column = _place(loaded, path)
    message = f"{field_path(path) or 'the workflow'} cannot be said in .{to}: {why}. Keep the file as it is, or change that field."
    raise WorkflowInvalid([Problem("wf_not_expressible", message, source, line, column, field_path(path), shown(_at(tree, path)))])


def _place(loaded: Loaded, path: Path) -> Place:
    """Where the field, or the nearest one around it, stands in the file. A file may have its nodes below `flow`, or at its top."""
    for start in (path, path[1:]) if path[:1] == ("flow",) else (path,):
        for end in range(len(start), 0, -1):
            if found := loaded.places.get(start[:end]):
                return found
    return NOWHERE


def _lost(tree: Any, text: str, to: Notation, folder: str | None) -> tuple[Path, str]:
    """The first field that the text does not say as the tree does, and why; no reason where all is the same."""
    try:
        again = load_text(text, notation=to, source=f"<converted>.{to}", folder=folder)
    except WorkflowInvalid as invalid:
        return (), f"what would be written is refused: {invalid.problems[0].message}"
    found = first_difference(tree, _tree(encode(again.workflow)))
    return ((), "") if found is None else (found, "there are no words for its value")


def first_difference(one: Any, other: Any, path: Path = ()) -> Path | None:
    """The path of the first value that is not the same in both trees."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [*one, *(key for key in other if key not in one)]
        pairs = [(key, one.get(key, ...), other.get(key, ...)) for key in keys]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(i, a, b) for i, (a, b) in enumerate(zip(one, other, strict=True))]
    else:
        return None if one == other and type(one) is type(other) else path
    return next((found for key, a, b in pairs if (found := first_difference(a, b, (*path, key))) is not None), None)


def _at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step] if isinstance(tree, list) and isinstance(step, int) else tree.get(step) if isinstance(tree, dict) else None
    return tree


def _tree(data: bytes) -> Any:
    """Without the folder, which is where the new file will lie."""
    import orjson  # noqa: PLC0415 - kept out of the import of the model

    tree = orjson.loads(data)
    tree.pop("folder", None)
    return tree


def _json(tree: Any) -> str:
    import orjson  # noqa: PLC0415 - as above

    return orjson.dumps(tree, option=orjson.OPT_SORT_KEYS).decode() + "\n"


WRITERS: Final[dict[Notation, Callable[[Any], str]]] = {"wf": write_wf, "yaml": lambda tree: write_yaml(yaml_words(tree)), "json": _json}
