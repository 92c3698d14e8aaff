"""Reads a schedule, in the words of a file or of the model."""

from __future__ import annotations

from typing import Any, Final, get_args
from zoneinfo import available_timezones

from attrs import evolve

from actors.workflow.cron import Cron, CronInvalid
from actors.workflow.durations import DurationError, fixed_duration
from actors.workflow.form import ABSENT, Form
from actors.workflow.nominal import ZoneUnknown, zone_named
from actors.workflow.triggers import Misfire, Overlap, Schedule

__all__ = ["read_schedule"]

TYPES: Final = ("manual", "interval", "cron")
MISFIRES: Final[tuple[Misfire, ...]] = get_args(Misfire)
OVERLAPS: Final[tuple[Overlap, ...]] = get_args(Overlap)
MISFIRE_FORMS: Final = ("skip", "run_once", "{catch_up: 1 … 100}")
FORMS: Final = ('cron: "0 9 * * 1"', "every: 10m")
MOST_RUNS: Final = 100
DEFAULT_S: Final = 60
LONGEST_S: Final = 10 * 366 * 86_400


def read_schedule(form: Form) -> Schedule | None:
    """The schedule of a workflow; None where it has none."""
    inner = form.sub("schedule")
    if inner is None:
        return None
    misfire, max_runs = _misfire(inner)
    word = inner.choice("overlap", "overlap_policy", choices=OVERLAPS, code="schedule_overlap_invalid")
    found = Schedule(
        timezone=_timezone(inner),
        misfire=misfire,
        max_runs=max_runs,
        overlap=next((one for one in OVERLAPS if one == word), "skip"),
        inputs=inner.table("inputs"),
    )
    cron, interval_s = _times(inner)
    inner.close("a schedule")
    return evolve(found, cron=cron, interval_s=interval_s)


def _times(form: Form) -> tuple[str | None, int | None]:
    kind = form.choice("type", choices=TYPES, code="schedule_type_invalid")
    cron, every = _cron(form), _interval(form)
    has = [
        word
        for word, there in (("cron", form.has("cron", "cron_expression")), ("interval", form.has("every", "interval_seconds")))
        if there
    ]
    if kind is None and "type" not in form.data and len(has) == 1:
        return cron, every
    if kind == "interval" and not has:
        return None, DEFAULT_S
    if kind is not None and has == ([] if kind == "manual" else [kind]):
        return cron, every
    if kind is not None or "type" not in form.data:
        message = f"A schedule has exactly one source of its times. Write {' or '.join(FORMS)}; with type: manual, neither."
        form.report.add("schedule_type_invalid", form.path, message, found=" and ".join(has) or "neither", allowed=FORMS)
    return None, None


def _cron(form: Form) -> str | None:
    text = form.take("cron", "cron_expression")
    if text is ABSENT:
        return None
    if type(text) is not str:
        form.wrong(("cron", "cron_expression"), text, 'text; quote it, for example "30 9 * * 1-5"', "schedule_cron_invalid")
        return None
    try:
        Cron(text)
    except CronInvalid as invalid:
        message = f'"cron" is {text[:80]!r}, which says no time: {invalid}. Write five fields such as "30 9 * * 1-5".'
        form.report.add("schedule_cron_invalid", form.at("cron", "cron_expression"), message, found=text, allowed=FORMS[:1])
        return None
    return text


def _interval(form: Form) -> int | None:
    value = form.take("every", "interval_seconds")
    if value is ABSENT:
        return None
    try:
        length = _seconds(value) * 1000 if "every" not in form.data else fixed_duration(value)
    except DurationError as error:
        form.report.add("schedule_interval_invalid", form.at("every", "interval_seconds"), f'"every": {error}', found=value)
        return None
    if length % 1000 or not 1 <= length // 1000 <= LONGEST_S:
        message = f'"every" is a whole number of seconds, at least 1s and at most ten years; this is {length} ms.'
        form.report.add(
            "schedule_interval_invalid", form.at("every", "interval_seconds"), message, found=value, allowed=["30s", "10m", "24h"]
        )
        return None
    return length // 1000


def _seconds(value: Any) -> int:
    if type(value) is int and value >= 0:
        return value
    raise DurationError("schedule_interval_invalid", "interval_seconds takes a whole number of seconds.")


def _timezone(form: Form) -> str:
    name = form.text("timezone", default="UTC") or "UTC"
    try:
        zone_named(name)
    except ZoneUnknown:
        near = form.report.similar(name, available_timezones())
        message = f"There is no time zone {name[:80]!r}.{near} Write a name of the IANA database, such as Europe/Berlin, or UTC."
        form.report.add("schedule_timezone_unknown", form.at("timezone"), message, found=name, allowed=["UTC", "Europe/Berlin"])
    return name


def _misfire(form: Form) -> tuple[Misfire, int]:
    """The policy, and how many missed times are made up for."""
    value, names = form.take("misfire", "misfire_policy"), ("misfire", "misfire_policy")
    word, most = value, ABSENT
    if type(value) is dict and "type" in value:
        inner = form.sub(*names)
        assert inner is not None  # it is a mapping
        word, most = inner.take("type"), inner.take("max_runs")
        inner.close("a misfire policy")
    elif type(value) is dict:
        inner = form.sub(*names)
        assert inner is not None  # as above
        word, most = "catch_up", inner.take("catch_up")
        inner.close("misfire")
    if word is ABSENT:
        return "run_once", 1
    policy = next((one for one in MISFIRES if one == word), None)
    if policy == "catch_up" and type(most) is int and 1 <= most <= MOST_RUNS:
        return policy, most
    if policy is None or policy == "catch_up" or most is not ABSENT:
        message = f'"misfire" says what becomes of times that were missed: one of {", ".join(MISFIRE_FORMS)}.'
        form.report.add("schedule_misfire_invalid", form.at(*names), message, found=value, allowed=MISFIRE_FORMS)
        return "run_once", 1
    return policy, 1
