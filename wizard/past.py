"""A log's history in words and as a small chart: for the screen and for the reports."""

from collections.abc import Sequence
from datetime import UTC, datetime

from wizard.log_report import History

_BARS = "▁▂▃▄▅▆▇█"
_UNITS = ((86_400, "day"), (3600, "h"), (60, "min"))


def spark(counts: Sequence[int]) -> str:
    """The counts as bars, one character each; anything above zero stands out from zero."""
    most, top = max(counts, default=0), len(_BARS) - 1
    return "".join(_BARS[max(1, round(top * one / most)) if one else 0] for one in counts)


def span(seconds: float) -> str:
    """A long duration for a reader: `41 min`, `3.5 h`, `12 days`."""
    size, unit = next(((s, u) for s, u in _UNITS if seconds >= s), (1, "s"))
    value = f"{seconds / size:.1f}".removesuffix(".0") if size > 60 else f"{seconds / size:.0f}"
    return f"{value} {unit}{'s' if unit == 'day' and value != '1' else ''}"


def headline(history: History) -> str:
    """How many were cut off before the probes, and since when that is known; one sentence."""
    window = f"{_window(history)} ({_lines(history)})"
    if not history.counted:
        return f"before you came: no line of a kind that shows who was cut off, {window}"
    parts = [
        f"{sum(history.left)} ended with 499" if any(history.left) else "",
        f"{sum(history.canceled)} canceled" if any(history.canceled) else "",
    ]
    said = " and ".join(part for part in parts if part)
    if not said:
        return f"before you came: nobody was cut off, {window}"
    return f"before you came, somebody was cut off: {said}, {window}"


def _lines(history: History) -> str:
    number = f"{history.lines} line{'s' if history.lines != 1 else ''}"
    return f"the last {number}" if history.older else number


def _window(history: History) -> str:
    if history.since is None or history.until is None:
        return "at times that no line names"
    at = datetime.fromtimestamp(history.since, UTC).strftime("%Y-%m-%d %H:%M")
    clock = "by its own clock" if history.own_clock else "UTC"
    return f"in the {span(max(0.0, history.until - history.since))} since {at} {clock}"


def chart(history: History) -> str:
    """The bars and how to read them; empty where nobody was cut off."""
    if not any(history.counts) or history.since is None:
        return ""
    return f"{spark(history.counts)}  each {span(history.bucket_s)}, at most {max(history.counts)}"


def numbers(history: History) -> str:
    """The same as numbers, for whoever sees no bars; empty where nobody was cut off."""
    if not chart(history):
        return ""
    return f"oldest first: {' '.join(map(str, history.counts))}"


def clients(history: History) -> str:
    """Who was cut off most; empty where nobody was, or nobody is named."""
    named = ", ".join(f"{name} ({number})" for name, number in history.clients)
    return f"most of them: {named}" if named else ""


def words(history: History) -> list[str]:
    """All of it, a row each."""
    rows = (headline(history), chart(history), numbers(history), clients(history), history.clock)
    return [row for row in rows if row]
