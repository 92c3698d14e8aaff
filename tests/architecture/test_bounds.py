"""Every buffer has a number: no unbounded channel, queue or deque."""

from __future__ import annotations

import ast

from tests.architecture.sources import Source, calls, product

# Where a deque without maxlen is bounded by other means.
BOUNDED_ELSEWHERE = {
    "actors/control/outbox.py": "counts bytes and makes writers wait",
    "storage/waiting.py": "a commit waits for room before it is queued",
}


def _is_infinite(node: ast.expr) -> bool:
    text = ast.unparse(node)
    return text in {"math.inf", "inf", "float('inf')", "0x7fffffff", "sys.maxsize"}


def _argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    if len(call.args) > position:
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _unbounded(source: Source) -> list[str]:
    found = []
    for name, call in calls(source):
        where = f"{source.path}:{call.lineno} {name}"
        last = name.rsplit(".", 1)[-1]
        if last == "open_memory_channel" or last.startswith("open_memory_channel["):
            size = _argument(call, 0, "max_buffer_size")
            found += [where] if size is None or _is_infinite(size) else []
        elif name == "collections.deque":
            found += [where] if _argument(call, 1, "maxlen") is None else []
        elif name in {"queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", "multiprocessing.Queue"}:
            size = _argument(call, 0, "maxsize")
            found += [where] if size is None or ast.unparse(size) == "0" else []
        elif name in {"queue.SimpleQueue", "asyncio.Queue"}:
            found.append(where)
    return found


def test_every_channel_queue_and_deque_has_a_bound() -> None:
    found = [where for source in product() if source.path not in BOUNDED_ELSEWHERE for where in _unbounded(source)]
    assert found == []


def test_the_search_sees_what_it_is_meant_to_see() -> None:
    lines = [
        "import math, trio",
        "from collections import deque",
        "trio.open_memory_channel(math.inf)",
        "deque()",
        "deque([], 3)",
        "trio.open_memory_channel(4)",
    ]
    text = "\n".join(lines)
    assert _unbounded(Source("a.py", text, ast.parse(text))) == ["a.py:3 trio.open_memory_channel", "a.py:4 collections.deque"]


def test_every_named_exception_is_still_needed() -> None:
    assert set(BOUNDED_ELSEWHERE) == {source.path for source in product() if source.path in BOUNDED_ELSEWHERE and _unbounded(source)}
