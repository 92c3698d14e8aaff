"""Time, chance, threads and processes enter through named ports only; some calls enter nowhere."""

from __future__ import annotations

import ast
from fnmatch import fnmatch

import pytest

from tests.architecture.sources import Source, calls, product

# What may be called where, and why. A pattern of a path on the left of each place.
PORTS: dict[str, dict[str, str]] = {
    "time.time": {},
    "time.time_ns": {"supervision/clock.py": "the one wall clock"},
    "datetime.datetime.now": {},
    "datetime.datetime.utcnow": {},
    "datetime.datetime.today": {},
    "datetime.date.today": {},
    "time.sleep": {
        "actors/control/client.py": "the client is synchronous: it waits for a daemon that is starting",
        "actors/node/guardian/inside/*": "the guardian is a process of its own without an event loop",
    },
    "random.*": {"supervision/clock.py": "jitter of restarts"},
    "secrets.*": {"actors/ids.py": "names and nonces"},
    "uuid.*": {},
    "os.urandom": {"actors/cli/ids.py": "request ids of the client", "storage/ids.py": "the identity of a store"},
    "threading.*": {"actors/daemon.py": "a command line that carries a daemon gives it a thread and a loop of its own"},
    "subprocess.*": {"actors/node/guardian/link.py": "starts the guardian, which starts everything else"},
    "multiprocessing.*": {},
    "trio.run_process": {},
    "trio.lowlevel.open_process": {},
    "os.system": {},
    "os.popen": {},
    "os.spawn*": {},
    "os.posix_spawn*": {"actors/node/guardian/inside/launch.py": "starts steps; one thread, no event loop"},
    "os.fork": {},
    "pickle.*": {},
    "marshal.*": {},
    "shelve.*": {},
    "eval": {},
    "exec": {},
    "compile": {},
    "yaml.load": {},
    "re.compile": {"actors/secrets/trie.py": "words that are escaped, written as a tree: nothing in it goes back"},
}
OWN_PATTERNS = "re.compile"  # allowed with a literal pattern: `re` holds the GIL, so no pattern may come from outside


def _permitted(name: str, path: str, call: ast.Call) -> bool:
    rules = [places for pattern, places in PORTS.items() if fnmatch(name, pattern)]
    if not rules:
        return True
    if name == OWN_PATTERNS and call.args and _is_literal(call.args[0]):
        return True
    return any(fnmatch(path, place) for places in rules for place in places)


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return all(isinstance(part, ast.Constant) or _is_upper_name(part) for part in node.values)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.BinOp) and _is_literal(node.left) and _is_literal(node.right))


def _is_upper_name(node: ast.expr) -> bool:
    return isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.Name) and node.value.id.isupper()


def _forbidden(source: Source) -> list[str]:
    found = [f"{source.path}:{call.lineno} {name}" for name, call in calls(source) if not _permitted(name, source.path, call)]
    found += [
        f"{source.path}:{call.lineno} shell=True"
        for _, call in calls(source)
        for keyword in call.keywords
        if keyword.arg == "shell" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
    ]
    return found


def test_clocks_chance_threads_and_processes_are_used_in_their_ports_only() -> None:
    assert [where for source in product() for where in _forbidden(source)] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import time\ntime.time()", "time.time"),
        ("from time import time as clock\nclock()", "time.time"),
        ("from datetime import datetime\ndatetime.now()", "datetime.datetime.now"),
        ("import uuid\nuuid.uuid4()", "uuid.uuid4"),
        ("from subprocess import Popen\nPopen(['x'])", "subprocess.Popen"),
        ("eval('1')", "eval"),
        ("run(['x'], shell=True)", "shell=True"),
        ("import re\nre.compile(given)", "re.compile"),
    ],
)
def test_the_search_sees_what_it_is_meant_to_see(text: str, name: str) -> None:
    line = text.count("\n") + 1
    assert _forbidden(Source("actors/sample.py", text, ast.parse(text))) == [f"actors/sample.py:{line} {name}"]


def test_every_port_is_still_used() -> None:
    made = {(name, source.path) for source in product() for name, _ in calls(source)}
    idle = [
        f"{place}: {pattern}"
        for pattern, places in PORTS.items()
        for place in places
        if not any(fnmatch(name, pattern) and fnmatch(path, place) for name, path in made)
    ]
    assert idle == []
