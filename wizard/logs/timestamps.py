"""When a line was written: its own time, and what that is by this machine's clock."""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from wizard.model.capabilities import Capabilities
from wizard.model.target import LOCAL, Place

FIRST = 600
"""In how much of a line, in characters, its time is looked for."""
OLDEST = 1990
"""The first year that a log can be of; an earlier one is no time."""
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_CLOCK = r"(?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)"
_OFFSET = r"(?P<zone>Z|UTC|[+-]\d\d:?\d\d)"
_FORMS = (
    # Nginx's $time_local.
    re.compile(rf"(?P<d>\d\d)/(?P<month>[A-Z][a-z]\w)/(?P<y>\d{{4}}):{_CLOCK} {_OFFSET}"),
    # Nginx's error log, ISO 8601, RFC 3339, .NET.
    re.compile(
        rf"(?<!\d)(?P<y>\d{{4}})(?P<sep>[-/])(?P<m>\d\d)(?P=sep)(?P<d>\d\d)[T ]{_CLOCK}"
        rf"(?:[.,](?P<part>\d{{1,9}}))?(?: ?{_OFFSET})?"
    ),
    # syslog and journalctl, which name no year.
    re.compile(rf"^(?P<month>[A-Z][a-z]\w) (?P<d>[ \d]\d) {_CLOCK} "),
)
_KEY = re.compile(
    r'"(?:time_iso8601|time_local|@?timestamp|time|ts|datetime|date|@t)"\s*:\s*"([^"]{8,60})"'
)
_EPOCH = re.compile(
    r'"(?:msec|@?timestamp|time|ts|epoch)"\s*:\s*"?(\d{10})(\d{3})?(?:\.(\d{1,9}))?[",}\s]'
)


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A line's own time.

    Attributes:
        at: As written.
        offset_s: Its zone, in seconds east of UTC; None where it names none.
    """

    at: datetime
    offset_s: int | None


def find_timestamp(text: str, now: float) -> Timestamp | None:
    """The time that a line names; None where it names none.

    Args:
        now: Seconds since the epoch; a time without a year is the one nearest to it.
    """
    head = text[:FIRST]
    if head.startswith("{"):
        if found := _EPOCH.search(head):
            return _epoch(found)
        if (key := _KEY.search(head)) is None:
            return None
        head = key[1]
    matches = [found for form in _FORMS if (found := form.search(head))]
    first = min(matches, key=lambda found: found.start(), default=None)
    return _stamp(first.groupdict(), now) if first else None


def _epoch(found: "re.Match[str]") -> Timestamp:
    seconds = int(found[1]) + float(f"0.{found[2] or found[3] or 0}")
    return Timestamp(datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None), 0)


def _stamp(parts: dict[str, str | None], now: float) -> Timestamp | None:
    month = parts.get("month") or ""
    known = {name: int(parts.get(name) or 0) for name in ("y", "m", "d", "H", "M", "S")}
    if month:
        known["m"] = _MONTHS.index(month) + 1 if month in _MONTHS else 0
    year = known["y"] or datetime.fromtimestamp(now, UTC).year
    if year < OLDEST:
        return None
    try:
        at = datetime(year, known["m"], known["d"], known["H"], known["M"], known["S"])
    except ValueError:
        return None
    if not known["y"] and at.replace(tzinfo=UTC).timestamp() > now + 2 * 86_400:
        at = at.replace(year=year - 1) if (at.month, at.day) != (2, 29) else at
    part = int((parts.get("part") or "0")[:6].ljust(6, "0"))
    return Timestamp(at.replace(microsecond=part), _offset(parts.get("zone")))


def _offset(zone: str | None) -> int | None:
    """`+0100`, `+01:00`, `Z` in seconds east of UTC; None where there is none."""
    if not zone:
        return None
    digits = zone.lstrip("+-").replace(":", "")
    if not digits.isdigit():
        return 0
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone.startswith("-") else seconds


@dataclass(frozen=True, slots=True)
class HostClock:
    """The clock by which a log's times were written.

    Attributes:
        zone_s: Its zone, in seconds east of UTC; None where that is not known.
        here: Whether it is this machine's own clock, whose zone changes with the season.
        skew_s: How far it is ahead of this machine's, in seconds; None where not known.
        within_s: How exact that is.
    """

    zone_s: int | None = None
    here: bool = False
    skew_s: float | None = None
    within_s: float = 0.0

    def read(self, known: Timestamp) -> float:
        """Seconds since the epoch by this machine's clock; by the log's own if it `floats`."""
        skew = self.skew_s or 0.0
        if known.offset_s is None and self.here:
            return known.at.timestamp()
        offset = known.offset_s if known.offset_s is not None else self.zone_s or 0
        try:
            zoned = known.at.replace(tzinfo=timezone(timedelta(seconds=offset)))
        except ValueError:
            zoned = known.at.replace(tzinfo=UTC)
        return zoned.timestamp() - skew

    def floats(self, known: Timestamp) -> bool:
        """Whether nothing says in which zone the time is."""
        return known.offset_s is None and self.zone_s is None and not self.here

    @property
    def slack_s(self) -> float:
        """How far apart two clocks may be before one time is surely earlier, in seconds."""
        return 30.0 if self.skew_s is None else 1.0 + self.within_s


def clock_at(place: Place, known: Capabilities | None) -> HostClock:
    """The clock of what writes there. What a command prints here may be written anywhere."""
    if place.vantage == LOCAL:
        return HostClock() if place.command else HostClock(here=True, skew_s=0.0)
    if known is None:
        return HostClock()
    return HostClock(_offset(known.zone), False, known.skew_s, known.skew_within_s or 0.0)


def describe_clock(clock: HostClock, *, zoneless: bool) -> str:
    """How the times were read, where that matters; one sentence, or nothing.

    Args:
        zoneless: Whether there were times that name no zone.
    """
    said = []
    if zoneless and not clock.here:
        if clock.zone_s is None:
            said.append("its times name no zone, and none is known: they are by its own clock")
        elif clock.zone_s != time.localtime().tm_gmtoff:
            said.append(f"its times name no zone: read in that host's, {_named(clock.zone_s)}")
    if clock.skew_s is None:
        said.append("how far that clock is off was not measured")
    elif abs(clock.skew_s) > max(1.0, clock.within_s):
        way = "ahead of" if clock.skew_s > 0 else "behind"
        said.append(f"that clock is {abs(clock.skew_s):.1f} s {way} this one, which is allowed for")
    return "; ".join(said)


def _named(offset_s: int) -> str:
    minutes = abs(offset_s) // 60
    return f"{'-' if offset_s < 0 else '+'}{minutes // 60:02}{minutes % 60:02}"
