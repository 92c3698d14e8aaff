"""From the statements of a `.wf` text to the model's JSON tree, in which all notations meet (flow spec 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from actors.workflow.names import slug
from actors.workflow.problems import Path, Report
from actors.workflow.wf.ast import Condition, File, Statement
from actors.workflow.wf.gate import gate_node
from actors.workflow.wf.header import input_list, meta_fields
from actors.workflow.wf.ids import Ids
from actors.workflow.wf.leaves import call_node, foreach_node, script_node, sub_node
from actors.workflow.wf.options import Options
from actors.workflow.wf.statements import LOOP_KEYS
from actors.workflow.wf.wording import flag_text, marker_text

__all__ = ["lower"]

LEAVES: Final = {"call": call_node, "call workflow": sub_node, "script": script_node, "foreach": foreach_node, "gate": gate_node}
BLOCK_KEYS: Final = ("output", "with")
PARALLEL_KEYS: Final = ("fail_fast", "min_success", *BLOCK_KEYS)


def lower(report: Report, file: File) -> dict[str, Any]:
    """The tree. What is wrong with options goes to the report, and the places of all nodes."""
    label = file.name.text
    tree: dict[str, Any] = {"workflow_id": slug(label), "templating": "flat", "execution": {"fail_fast": True}}
    report.places[("workflow_id",)] = file.name.place
    if label != tree["workflow_id"]:
        tree["label"] = label
    tree |= meta_fields(report, [item for item in file.items if item.word == "meta"])
    if inputs := input_list(report, [item for item in file.items if item.word == "inputs"]):
        tree["inputs"] = inputs
    lowering = _Lowering(report)
    body = [item for item in file.items if item.word not in {"meta", "inputs", "always"}]
    tree["flow"] = {"nodes": lowering.sequence(body, ("flow", "nodes"))}
    always = [item for item in file.items if item.word == "always"]
    for item in always:
        Options(report, (), "always", item.place, item.entries).close(())
    if always:
        tree["flow"]["finally"] = lowering.sequence([node for item in always for node in item.body], ("flow", "finally"))
    return tree


class _Lowering:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._ids = Ids()

    def sequence(self, statements: Sequence[Statement], path: Path) -> list[dict[str, Any]]:
        """Nodes of which each follows the one before it, whatever became of that one: `fail_fast` does the stopping."""
        nodes: list[dict[str, Any]] = []
        for statement in statements:
            node = self._node(statement, (*path, len(nodes)))
            if nodes:
                node["needs"] = [{"node": nodes[-1]["node_id"], "until": "settled"}]
            nodes.append(node)
        return nodes

    def _node(self, statement: Statement, path: Path) -> dict[str, Any]:
        self._report.places[path] = statement.place
        for entry in statement.entries:
            self._report.places.setdefault((*path, entry.key), entry.place)
        if make := LEAVES.get(statement.word):
            return make(self._report, path, statement, self._ids)
        if statement.word == "parallel":
            return self._parallel(statement, path)
        return self._group(statement, path)

    def _group(self, statement: Statement, path: Path) -> dict[str, Any]:
        word = statement.word
        condition = statement.condition
        form = "do_while" if word == "do" and condition else "do" if word == "always" else word
        node: dict[str, Any] = {"node_id": self._ids.of_form(form), "kind": "group"}
        options = Options(self._report, path, word, statement.place, statement.entries)
        if word in {"if", "unless"} and condition:
            node["when"] = ("!" if word == "unless" else "") + _when(condition)
        if form in {"while", "do_while"} and condition:
            node["repeat"] = self._repeat(options, form, condition, broken=statement.broken)
        if word == "do":
            node |= _inherited(options)
        self._close(options, form, statement)
        if word == "always":
            message = "always inside another block is an ordinary block: it runs in its place. At the top level it runs at the end."
            self._report.warn("nested_always", path, message, place=statement.place, stage="parser")
        node["nodes"] = self.sequence(statement.body, (*path, "nodes"))
        return node

    def _close(self, options: Options, form: str, statement: Statement) -> None:
        if statement.word != "do" or form == "do_while":
            options.close({"do_while": (*LOOP_KEYS, *BLOCK_KEYS), "while": tuple(LOOP_KEYS)}.get(form, ()))
            return
        # One of which the condition is missing has been told; that it has the options of a loop is no second mistake.
        allowed = (*BLOCK_KEYS, *LOOP_KEYS) if statement.broken else BLOCK_KEYS
        for key in options.entries:
            if key not in allowed:
                message = f'it has no option "{key}": it takes output and with. A loop has max_iterations, and while step.marker behind it.'
                options.wrong("do_unknown_option", key, message, found=key, allowed=BLOCK_KEYS)

    def _repeat(self, options: Options, form: str, condition: Condition, *, broken: bool) -> dict[str, Any]:
        most = options.whole("max_iterations", "invalid_max_iterations")
        if not options.has("max_iterations") and condition.marker is not None and not broken:
            message = "a loop has to end some time. Give max_iterations in its block, such as max_iterations = 5."
            options.wrong("loop_requires_max_iterations", None, message, allowed=["max_iterations = NUMBER"])
        repeat: dict[str, Any] = {form: _when(condition), "max_iterations": most or 0}
        stuck = options.whole("stuck_after", "invalid_stuck_after", low=2)
        if stuck is not None:
            repeat["stuck_after"] = stuck
        if options.choice("on_max_iter", "invalid_on_max_iter", ("fail", "continue")) == "continue":
            repeat["on_max_iter"] = "continue"
        return repeat

    def _parallel(self, statement: Statement, path: Path) -> dict[str, Any]:
        options = Options(self._report, path, "parallel", statement.place, statement.entries)
        node: dict[str, Any] = {"node_id": self._ids.of_form("parallel"), "kind": "group", "parallel": {}} | _inherited(options)
        if options.flag("fail_fast", "invalid_boolean") is False:
            node["parallel"]["fail_fast"] = False
        least = options.whole("min_success", "invalid_min_success")
        count = len(statement.body)
        if least is not None:
            node["parallel"]["min_success"] = least
            if least > count and not statement.broken:
                message = f'"min_success" is {least}, and there are {count} calls. Ask for at most {count}.'
                options.wrong("min_success_out_of_range", "min_success", message, found=least, allowed=[f"0 … {count}"])
        if not statement.body and not statement.broken:
            message = "it holds no call. Add at least one call of an agent, or remove the block."
            options.wrong("parallel_requires_call", None, message, allowed=["call AGENT"])
        options.close(PARALLEL_KEYS)
        node["nodes"] = []
        for i, call in enumerate(statement.body):
            inner = (*path, "nodes", i)
            self._report.places[inner] = call.place
            node["nodes"].append(call_node(self._report, inner, call, self._ids, i))
        return node


def _when(condition: Condition) -> str:
    return flag_text(condition.left) if condition.marker is None else marker_text(condition.left, condition.marker)


def _inherited(options: Options) -> dict[str, Any]:
    """What the agents in a block get where they name none of their own."""
    schema, snippets = options.text("output"), options.texts("with")
    return ({} if schema is None else {"output_schema": schema}) | ({"snippets": snippets} if snippets else {})
