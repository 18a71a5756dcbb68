"""The timestamp of a log line, and its time by this machine's clock."""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from wizard.model.target import LOCAL, Source
from wizard.model.vantage import Capabilities
from wizard.text.display import clauses
from wizard.text.messages import tr

HEAD_CHARS = 600
"""How many characters at the start of a line are searched for its timestamp."""
MIN_YEAR = 1990
"""The earliest year of a log; a number that gives an earlier one is no timestamp."""
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_TIME = r"(?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)"
_OFFSET = r"(?P<zone>Z|UTC|[+-]\d\d:?\d\d)"
_FORMATS = (
    # Nginx's $time_local.
    re.compile(rf"(?P<d>\d\d)/(?P<month>[A-Z][a-z]\w)/(?P<y>\d{{4}}):{_TIME} {_OFFSET}"),
    # Nginx's error log, ISO 8601, RFC 3339, .NET.
    re.compile(
        rf"(?<!\d)(?P<y>\d{{4}})(?P<sep>[-/])(?P<m>\d\d)(?P=sep)(?P<d>\d\d)[T ]{_TIME}"
        rf"(?:[.,](?P<fraction>\d{{1,9}}))?(?: ?{_OFFSET})?"
    ),
    # syslog and journalctl, which name no year.
    re.compile(rf"^(?P<month>[A-Z][a-z]\w) (?P<d>[ \d]\d) {_TIME} "),
)
_JSON_TEXT = re.compile(
    r'"(?:time_iso8601|time_local|@?timestamp|time|ts|datetime|date|@t)"\s*:\s*"([^"]{8,60})"'
)
_JSON_EPOCH = re.compile(
    r'"(?:msec|@?timestamp|time|ts|epoch)"\s*:\s*"?(\d{10})(\d{3})?(?:\.(\d{1,9}))?[",}\s]'
)


@dataclass(frozen=True, slots=True)
class Timestamp:
    """The time that a line names.

    Attributes:
        at: The time as written, without a zone.
        offset_s: The zone in seconds east of UTC; None if the line names none.
    """

    at: datetime
    offset_s: int | None


def find_timestamp(text: str, now: float) -> Timestamp | None:
    """Return the first timestamp in a line; None if it has none.

    One without a year gets the newest year that does not put it after `now`, in seconds since the
    epoch, by more than two days.
    """
    head = text[:HEAD_CHARS]
    if head.startswith("{"):
        if epoch := _JSON_EPOCH.search(head):
            return _from_epoch(epoch)
        if (value := _JSON_TEXT.search(head)) is None:
            return None
        head = value[1]
    matches = [match for pattern in _FORMATS if (match := pattern.search(head))]
    first = min(matches, key=lambda match: match.start(), default=None)
    return _from_groups(first.groupdict(), now) if first else None


def _from_epoch(match: "re.Match[str]") -> Timestamp:
    seconds = int(match[1]) + float(f"0.{match[2] or match[3] or 0}")
    return Timestamp(datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None), 0)


def _from_groups(groups: dict[str, str | None], now: float) -> Timestamp | None:
    """Make a timestamp of the groups of `_FORMATS`; None if there is no such date or time."""
    month = groups.get("month") or ""
    numbers = {name: int(groups.get(name) or 0) for name in ("y", "m", "d", "H", "M", "S")}
    if month:
        numbers["m"] = _MONTHS.index(month) + 1 if month in _MONTHS else 0
    year = numbers["y"] or datetime.fromtimestamp(now, UTC).year
    if year < MIN_YEAR:
        return None
    try:
        at = datetime(year, numbers["m"], numbers["d"], numbers["H"], numbers["M"], numbers["S"])
    except ValueError:
        return None
    if not numbers["y"] and at.replace(tzinfo=UTC).timestamp() > now + 2 * 86_400:
        at = at.replace(year=year - 1) if (at.month, at.day) != (2, 29) else at
    microseconds = int((groups.get("fraction") or "0")[:6].ljust(6, "0"))
    return Timestamp(at.replace(microsecond=microseconds), _offset_s(groups.get("zone")))


def _offset_s(zone: str | None) -> int | None:
    """`+0100`, `+01:00` or `Z` in seconds east of UTC; None if there is no zone."""
    if not zone:
        return None
    digits = zone.lstrip("+-").replace(":", "")
    if not digits.isdigit():
        return 0
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone.startswith("-") else seconds


@dataclass(frozen=True, slots=True)
class HostClock:
    """The clock that wrote the timestamps of a log.

    Attributes:
        zone_s: The zone in seconds east of UTC; None if unknown.
        is_local: True for this machine's own clock, whose zone changes with the season.
        skew_s: How far it is ahead of this machine's clock, in seconds; None if not measured.
        skew_error_s: How far `skew_s` may be off, in seconds.
    """

    zone_s: int | None = None
    is_local: bool = False
    skew_s: float | None = None
    skew_error_s: float = 0.0

    def epoch_s(self, timestamp: Timestamp) -> float:
        """The time in seconds since the epoch by this machine's clock.

        Where the zone or the skew is not known, UTC and no skew are assumed.
        """
        skew = self.skew_s or 0.0
        if timestamp.offset_s is None and self.is_local:
            return timestamp.at.timestamp()
        offset = timestamp.offset_s if timestamp.offset_s is not None else self.zone_s or 0
        try:
            zoned = timestamp.at.replace(tzinfo=timezone(timedelta(seconds=offset)))
        except ValueError:
            zoned = timestamp.at.replace(tzinfo=UTC)
        return zoned.timestamp() - skew

    def is_zone_unknown(self, timestamp: Timestamp) -> bool:
        """True if neither the timestamp nor the clock has a known zone."""
        return timestamp.offset_s is None and self.zone_s is None and not self.is_local

    @property
    def slack_s(self) -> float:
        """How much earlier a time must be to be certainly earlier, in seconds."""
        return 30.0 if self.skew_s is None else 1.0 + self.skew_error_s


def clock_of(source: Source, capabilities: Capabilities | None) -> HostClock:
    """The clock of the machine that writes this log.

    A local command may print another machine's log, so its clock is unknown.
    """
    if source.vantage == LOCAL:
        return HostClock() if source.command else HostClock(is_local=True, skew_s=0.0)
    if capabilities is None:
        return HostClock()
    skew_error_s = capabilities.skew_within_s or 0.0
    return HostClock(_offset_s(capabilities.zone), False, capabilities.skew_s, skew_error_s)


def describe_clock(clock: HostClock, *, zoneless: bool) -> str:
    """Return how timestamps were read, in one sentence; empty if no correction was needed.

    `zoneless` is true if some timestamps name no zone.
    """
    notes = []
    if zoneless and not clock.is_local:
        if clock.zone_s is None:
            notes.append(
                tr(
                    "its times have no time zone, and that host's zone is not known: they are read "
                    "by the log's own clock"
                )
            )
        elif clock.zone_s != time.localtime().tm_gmtoff:
            notes.append(
                tr(
                    "its times have no time zone: read in that host's zone, {zone}",
                    zone=_zone(clock.zone_s),
                )
            )
    if clock.skew_s is None:
        notes.append(tr("how far its clock differs from this one was not measured"))
    elif abs(clock.skew_s) > max(1.0, clock.skew_error_s):
        skew = tr(
            "{skew_s:.1f} s {text} this one",
            skew_s=abs(clock.skew_s),
            text=tr("ahead of") if clock.skew_s > 0 else "behind",
        )
        notes.append(tr("its clock is {skew}; the times are corrected for that", skew=skew))
    return clauses(notes)


def _zone(offset_s: int) -> str:
    minutes = abs(offset_s) // 60
    return f"{'-' if offset_s < 0 else '+'}{minutes // 60:02}{minutes % 60:02}"
