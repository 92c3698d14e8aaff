r"""The python nodes of `repository-check.yaml`: what git printed in, findings and a report out. Standard library only, no git calls.

Penstock calls each function with the node's `with` values and, because it asks for one, a `context`: in its folder the command nodes
before left their files. What a function returns is the node's output. File names are bytes in git; here they are text in which undecodable
bytes read `\xff`, so that everything downstream can be JSON.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Protocol

__all__ = ["findings", "hot_files", "people", "report", "weight"]

TOP = 10
DAY = 86_400
LATEST = 253_402_300_799  # the last second of year 9999: git stores whatever a clock said
MIB = 1 << 20


class Context(Protocol):
    """What is used of the attempt that Penstock describes: its working folder, absolute."""

    workdir: str


class Commit(NamedTuple):
    """One commit: author's address and name, seconds since 1970, the paths it touched."""

    email: str
    name: str
    at: int
    paths: list[str]


def hot_files(context: Context, history: str, sizes: str, feedback: str = "") -> list[dict[str, Any]]:
    """Files that are both large and often changed (score = changes x bytes), worst first. Only what HEAD still holds counts."""
    present, skip = read_sizes(_text(context, sizes)), ignored(feedback)
    changes: Counter[str] = Counter()
    authors: dict[str, set[str]] = defaultdict(set)
    for commit in read_history(_text(context, history)):
        changes.update(set(commit.paths))
        for path in commit.paths:
            authors[path].add(commit.email)
    rows = [
        {"path": path, "changes": changes[path], "bytes": size, "authors": len(authors[path]), "score": changes[path] * size}
        for path, size in present.items()
        if changes[path] > 1 and not path.startswith(skip)
    ]
    return sorted(rows, key=lambda row: (-int(str(row["score"])), str(row["path"])))[:TOP]


def people(context: Context, history: str) -> dict[str, Any]:
    """Who commits and when: bus factor (fewest authors who made more than half of the commits), rhythm by weekday, longest silence."""
    commits = list(read_history(_text(context, history)))
    by_author = Counter(commit.email for commit in commits)
    names = {commit.email: commit.name for commit in reversed(commits)}
    times = sorted(commit.at for commit in commits)
    weekdays = Counter(datetime.fromtimestamp(at, UTC).weekday() for at in times)
    silence = max((later - sooner for sooner, later in pairwise(times)), default=0)
    return {
        "commits": len(commits),
        "authors": [{"name": names[email], "commits": count} for email, count in by_author.most_common(TOP)],
        "author_count": len(by_author),
        "bus_factor": bus_factor(list(by_author.values())),
        "first_day": day(times[0]) if times else None,
        "last_day": day(times[-1]) if times else None,
        "weekdays": [weekdays[number] for number in range(7)],
        "longest_silence_days": silence // DAY,
    }


def weight(context: Context, sizes: str, marks: str, feedback: str = "") -> dict[str, Any]:
    """How much there is: files, bytes, the largest files, and how many lines carry a mark that something is left to do."""
    skip = ignored(feedback)
    present = {path: size for path, size in read_sizes(_text(context, sizes)).items() if not path.startswith(skip)}
    marked = {path: count for path, count in read_marks(_text(context, marks)).items() if path in present}
    largest = sorted(present.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    return {
        "files": len(present),
        "bytes": sum(present.values()),
        "largest": [{"path": path, "bytes": size} for path, size in largest],
        "marks": sum(marked.values()),
        "most_marked": [{"path": path, "marks": count} for path, count in Counter(marked).most_common(TOP)],
    }


def findings(
    context: Context, repository: str, hot: list[dict[str, Any]], who: dict[str, Any], size: dict[str, Any], tags: list[str]
) -> dict[str, Any]:
    """Judge the measures, write `findings.json`, and hand back its text form for the question to a person."""
    found = sorted(judge(hot, who, size), key=lambda one: ("warning", "notice").index(one["severity"]))
    document = {"repository": repository, "findings": found, "hot_files": hot, "people": who, "weight": size, "tags": tags}
    Path(context.workdir, "findings.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return {"count": len(found), "summary": "\n".join(summary(document))}


def report(context: Context, findings: str, feedback: str | None = None) -> dict[str, Any]:
    """Write `report.md` from the findings file; what the approver said goes in with it."""
    document = json.loads(_text(context, findings))
    text = "\n".join([*_head(document, feedback), *_tables(document)]) + "\n"
    file = Path(context.workdir, "report.md")
    file.write_text(text)
    return {"path": str(file), "lines": text.count("\n")}


def judge(hot: list[dict[str, Any]], who: dict[str, Any], size: dict[str, Any]) -> Iterator[dict[str, str]]:
    """One finding for each thing that a maintainer would want to know."""
    if who["commits"] == 0:
        yield finding("notice", "no_history", "Nothing is committed yet", "There is no history to learn from.")
    for row in size["largest"]:
        if row["bytes"] >= MIB:
            yield finding("warning", "large_file", f"{show(row['path'])} is large", f"{human(row['bytes'])} travel with every clone.")
    for row in [row for row in hot if row["changes"] >= 10 and row["bytes"] >= 10_000][:3]:
        text = f"{row['changes']} of the commits read touch its {human(row['bytes'])}; {count(row['authors'], 'author')}."
        yield finding("notice", "hot_file", f"{show(row['path'])} is large and often changed", text)
    if who["bus_factor"] == 1 and who["commits"] >= 20:
        text = f"{show(who['authors'][0]['name'])} made {who['authors'][0]['commits']} of {who['commits']} commits."
        yield finding("warning", "bus_factor", "One person made more than half of the commits", text)
    if who["longest_silence_days"] >= 180:
        yield finding("notice", "silence", "The history has a long gap", f"{who['longest_silence_days']} days without a commit.")
    if size["marks"] >= 20 and size["marks"] * 100_000 / size["bytes"] > 10:
        text = f"{size['marks']} lines in {human(size['bytes'])} say TODO or FIXME."
        yield finding("notice", "todo_density", "Much is marked as left to do", text)


def finding(severity: str, code: str, title: str, detail: str) -> dict[str, str]:
    """One entry of `findings`."""
    return {"severity": severity, "code": code, "title": title, "detail": detail}


def read_history(text: str) -> Iterator[Commit]:
    """Commits of `git log -z --numstat --format=commit%x1f%H%x1f%at%x1f%aE%x1f%aN`, newest first."""
    commit: Commit | None = None
    for part in _parts(text):
        if part.startswith("commit\x1f"):
            if commit is not None:
                yield commit
            _, _, at, email, name = part.split("\x1f", 4)
            commit = Commit(email.lower(), name, min(max(int(at or 0), 0), LATEST), [])
        elif commit is not None and (entry := re.match(r"\n?(?:\d+|-)\t(?:\d+|-)\t(.+)", part, re.DOTALL)):
            commit.paths.append(entry[1])
    if commit is not None:
        yield commit


def read_sizes(text: str) -> dict[str, int]:
    """Path to bytes of the files in `git ls-tree -r --long -z`; submodules and links are left out."""
    sizes = {}
    for part in _parts(text):
        facts, _, path = part.partition("\t")
        mode, _, _, size = facts.split()
        if mode.startswith("100"):
            sizes[path] = int(size)
    return sizes


def read_marks(text: str) -> dict[str, int]:
    """Path to number of marked lines, from `git grep --count -z PATTERN HEAD`: path, NUL, count, newline."""
    return {entry[1]: int(entry[2]) for entry in re.finditer(r"HEAD:([^\0]+)\0(\d+)\n", text)}


def _parts(text: str) -> list[str]:
    return [part for part in text.split("\0") if part]


def _text(context: Context, file: str) -> str:
    return Path(context.workdir, file).read_bytes().decode("utf-8", "backslashreplace")


def ignored(feedback: str) -> tuple[str, ...]:
    """The path prefixes that a reviewer asked to leave out: each word after `ignore` in a line of the feedback."""
    lines = [line.split() for line in feedback.splitlines()]
    return tuple(word for words in lines if words and words[0].lower().rstrip(":") == "ignore" for word in words[1:])


def bus_factor(counts: list[int]) -> int:
    """How many of the most active make up more than half of the total."""
    made = 0
    for number, one in enumerate(sorted(counts, reverse=True), 1):
        made += one
        if made * 2 > sum(counts):
            return number
    return 0


def day(at: int) -> str:
    """The calendar day in UTC."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def human(size: int) -> str:
    """Bytes for people."""
    return f"{size / MIB:.1f} MiB" if size >= MIB else f"{size / 1024:.1f} KiB" if size >= 1024 else count(size, "byte")


def count(number: int, noun: str) -> str:
    """A number and its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def show(name: str) -> str:
    """A name on one line whose every character can be seen, and that cannot break out of a table or of code marks."""
    visible = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in name)
    return visible.replace("|", "\\|").replace("`", "'")


def summary(document: dict[str, Any]) -> list[str]:
    """The few lines that a person sees before deciding."""
    who, size = document["people"], document["weight"]
    lines = [f"{count(who['commits'], 'commit')} by {count(who['author_count'], 'author')}, bus factor {who['bus_factor']}"]
    lines += [f"{count(size['files'], 'file')}, {human(size['bytes'])}, {count(size['marks'], 'line')} marked as left to do"]
    lines += [f"hottest file: {show(document['hot_files'][0]['path'])}"] if document["hot_files"] else []
    lines += [f"{one['severity']}: {one['title']}" for one in document["findings"]]
    return lines if document["findings"] else [*lines, "no findings"]


def _head(document: dict[str, Any], feedback: str | None) -> list[str]:
    found = [f"- **{one['severity']}** {one['title']}. {one['detail']}" for one in document["findings"]]
    note = ["", "## Note of the approver", "", *(f"> {show(line)}" for line in feedback.splitlines())] if feedback else []
    tags = ["", f"Newest tags: {', '.join(f'`{show(tag)}`' for tag in document['tags'])}"] if document["tags"] else []
    return [f"# Check of {show(document['repository'])}", "", *(found or ["No findings."]), *tags, *note]


def _tables(document: dict[str, Any]) -> list[str]:
    who, size = document["people"], document["weight"]
    hot = [(f"`{show(row['path'])}`", row["changes"], human(row["bytes"]), row["authors"]) for row in document["hot_files"]]
    days = list(zip(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), who["weekdays"], strict=True))
    return [
        *_table("Hot files", ("file", "changes", "size", "authors"), hot),
        *_table("Largest files", ("file", "size"), [(f"`{show(row['path'])}`", human(row["bytes"])) for row in size["largest"]]),
        *_table("Left to do", ("file", "lines"), [(f"`{show(row['path'])}`", row["marks"]) for row in size["most_marked"]]),
        *_table("Authors", ("name", "commits"), [(show(row["name"]), row["commits"]) for row in who["authors"]]),
        *_table(f"Rhythm, {who['first_day']} to {who['last_day']} (UTC)", ("day", "commits"), days if who["commits"] else []),
    ]


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[str]:
    if not rows:
        return []
    body = [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return ["", f"## {title}", "", f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}", *body]
