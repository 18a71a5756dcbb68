"""What a value must be beyond its type, so that all that reads a case may rely on it."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from wizard.investigation.casefile.record import CaseRecord
from wizard.model.case import Case
from wizard.model.log_report import History
from wizard.model.target import Source, Target
from wizard.model.timeline import Probe
from wizard.model.vantage import Vantage


def _is_fit(text: str) -> bool:
    """Whether it can be taken apart."""
    try:
        parts = urlsplit(text)
        _host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    return True


def _is_url(text: str) -> bool:
    """Whether it can be asked: http or https, a host."""
    if not _is_fit(text):
        return False
    parts = urlsplit(text)
    is_plain = text.isascii() and text.isprintable() and " " not in text
    return is_plain and parts.scheme in ("http", "https") and bool(parts.hostname)


def urls_of(target: Target) -> tuple[str, ...]:
    """The public URL, the backend's own and those of the hops."""
    places = (*target.direct, *(hop.source for hop in target.hops))
    return (target.url, *(place.locator for place in places))


def _target(target: Target) -> str:
    if not all(map(_is_url, urls_of(target))):
        return "one of its URLs is invalid"
    if target.connect_to and not 0 < target.connect_to[1] < 65_536:
        return "connect_to names no port"
    if not 0 < target.stall <= 86_400 or not 0 <= target.patience <= 86_400:
        return "its waits are no seconds from 0 to 86400"
    known = {one.name for one in target.vantages} | {"local"}
    places = (*target.direct, *target.logs, *(hop.source for hop in target.hops))
    if any(place.vantage not in known for place in places):
        return "a vantage that it names is not among its own"
    return ""


def _place(place: Source) -> str:
    return "a name with a NUL in it" if "\0" in f"{place.locator}{''.join(place.command)}" else ""


def _vantage(vantage: Vantage) -> str:
    if not vantage.prefix or not vantage.prefix[0] or "\0" in "".join(vantage.prefix):
        return "its prefix names no command"
    return ""


def _probe(probe: Probe) -> str:
    return "" if _is_fit(probe.url) else "its URL is none"


LATEST = 253_402_300_799.0
"""The last second of the year 9999, since the epoch: no calendar here reaches further."""


def _history(history: History) -> str:
    if not all(0 <= at <= LATEST for at in (history.since, history.until) if at is not None):
        return "its times are in no year that can be written"
    same = len(history.left) == len(history.canceled)
    return "" if same and 0 < history.bucket_s <= 86_400 else "its buckets do not fit together"


def _case(case: Case) -> str:
    return "" if 0 <= case.started <= LATEST else "it began in no year that can be written"


def _record(record: CaseRecord) -> str:
    return "" if 0 <= record.saved <= LATEST else "it was saved in no year that can be written"


CHECKS: Mapping[type, Callable[[Any], str]] = {
    Target: _target,
    Source: _place,
    Vantage: _vantage,
    Probe: _probe,
    History: _history,
    Case: _case,
    CaseRecord: _record,
}
"""For each class what is wrong with a value of it, in a few words; empty if nothing is."""
