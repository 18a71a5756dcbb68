"""Check decoded values beyond their types, so that all other code may rely on a case."""

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from wizard.investigation.casefile.decode import Misread
from wizard.investigation.casefile.record import CaseRecord, CaseSummary
from wizard.investigation.casefile.redaction import PSEUDONYM
from wizard.model.attempt import Attempt, Proof
from wizard.model.case import Case
from wizard.model.client_request import ClientRequest
from wizard.model.log_report import History, LoggedFailure
from wizard.model.parse import parse_header
from wizard.model.probe import Probe
from wizard.model.target import Source, Target
from wizard.model.vantage import Vantage
from wizard.text.errors import UsageError
from wizard.text.messages import tr
from wizard.text.urls import is_unix, split_url

LATEST_S = 253_402_300_799.0
"""The last second of the year 9999, in seconds since the epoch: the latest `datetime`."""
DAY_S = 86_400
MAX_NUMBER = 2**53
"""The largest number: a float beyond it cannot represent every integer."""


def urls_of(target: Target) -> tuple[str, ...]:
    """The public URL, the backend's own URLs and those of the hops."""
    sources = (*target.direct, *(hop.source for hop in target.hops))
    return (target.url, *(source.locator for source in sources))


def _can_be_split(text: str) -> bool:
    """True if `urlsplit` accepts the text and its port is a number."""
    try:
        parts = split_url(text)
        _host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    return True


def _is_url(text: str) -> bool:
    """True for an http or https URL with a host, or a unix socket's, that needs no escaping."""
    if not _can_be_split(text):
        return False
    parts = split_url(text)
    is_plain = text.isascii() and text.isprintable() and " " not in text
    return is_plain and parts.scheme in ("http", "https", "unix") and bool(parts.hostname)


def _check_target(target: Target) -> str:
    entered = (target.url, *(hop.source.locator for hop in target.hops))
    if not all(map(_is_url, urls_of(target))) or any(map(is_unix, entered)):
        return tr("one of its URLs is invalid")
    if problem := _request_problem(target):
        return problem
    if target.connect_to and not 0 < target.connect_to[1] < 65_536:
        return tr("connect_to has no valid port")
    if not 0 < target.stall <= DAY_S or not 0 <= target.patience <= DAY_S:
        return tr("stall or patience is not in the range from 0 to {day_s} seconds", day_s=DAY_S)
    names = {vantage.name for vantage in target.vantages} | {"local"}
    sources = (*target.direct, *target.logs, *(hop.source for hop in target.hops))
    if any(source.vantage not in names for source in sources):
        return tr("it refers to a vantage that it does not define")
    return ""


def _request_problem(target: Target) -> str:
    """What is wrong with the method, the headers or the body; empty if nothing is."""
    try:
        headers = tuple(parse_header(f"{name}: {value}") for name, value in target.headers)
        request = ClientRequest(method=target.method, headers=headers).completed()
    except UsageError:
        return tr("its method or a header is not one that can be sent")
    if (request.method, headers) != (target.method, target.headers):
        return tr("its method or a header is not as it is sent")
    if target.body and not PSEUDONYM.fullmatch(target.body.decode("latin-1")):
        return tr("it has a body, which no case file holds")
    return ""


def _check_source(source: Source) -> str:
    has_nul = "\0" in source.locator or "\0" in "".join(source.command)
    return tr("it contains a NUL character") if has_nul else ""


def _check_vantage(vantage: Vantage) -> str:
    if not vantage.prefix or not vantage.prefix[0] or "\0" in "".join(vantage.prefix):
        return tr("its prefix names no command")
    return ""


def _check_history(history: History) -> str:
    times = (history.since, history.until, history.started)
    if not all(_is_time(at) for at in times if at is not None):
        return tr("its times are out of range")
    has_pairs = len(history.left) == len(history.canceled)
    return (
        ""
        if has_pairs and 0 < history.bucket_s <= DAY_S
        else tr("the numbers of its log history do not match")
    )


def _check_failure(failure: LoggedFailure) -> str:
    return "" if failure.last is None or _is_time(failure.last) else tr("its time is out of range")


def _record_problem(record: CaseRecord | CaseSummary) -> str:
    if len({step.id for step in record.steps}) < len(record.steps):
        return tr("it lists a step twice")
    return "" if _is_time(record.saved) else tr("its time of saving is out of range")


def _is_time(seconds: float) -> bool:
    return 0 <= seconds <= LATEST_S


_CHECKS: Mapping[type, Callable[[Any], str]] = {
    Target: _check_target,
    Source: _check_source,
    Vantage: _check_vantage,
    Probe: lambda probe: "" if _can_be_split(probe.url) else tr("its URL is invalid"),
    History: _check_history,
    LoggedFailure: _check_failure,
    Case: lambda case: "" if _is_time(case.started) else tr("its start is out of range"),
    Attempt: lambda run: (
        "" if _is_time(run.started) and _is_time(run.ended) else tr("its times are out of range")
    ),
    Proof: lambda proof: "" if _is_time(proof.at) else tr("its time is out of range"),
    CaseRecord: _record_problem,
    CaseSummary: _record_problem,
}
"""For each class a check that returns what is wrong with a value; empty if nothing is."""


def check(value: object) -> None:
    """Check a decoded value and all values in it. Raises `Misread`, with the place."""
    if problem := _find_problem(value):
        *path, text = problem
        raise Misread("".join(path).removeprefix("."), text)


def _find_problem(value: object) -> tuple[str, ...]:
    """The steps that lead to the first value that is not allowed, and what is wrong with it."""
    if isinstance(value, int | float):
        return () if abs(value) <= MAX_NUMBER else (tr("the number is too large"),)
    if isinstance(value, tuple):
        for at, item in enumerate(value):
            if type(item) is not str and (problem := _find_problem(item)):
                return (f"[{at}]", *problem)
    elif isinstance(value, Mapping):
        for item in value.values():
            if problem := _find_problem(item):
                return ("[...]", *problem)
    kind: Any = type(value)
    for name in _field_names(kind):
        if problem := _find_problem(getattr(value, name)):
            return (f".{name}", *problem)
    own_check = _CHECKS.get(kind)
    text = own_check(value) if own_check else ""
    return (text,) if text else ()


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass; none of any other type."""
    is_dataclass = dataclasses.is_dataclass(kind)
    return tuple(field.name for field in dataclasses.fields(kind)) if is_dataclass else ()
