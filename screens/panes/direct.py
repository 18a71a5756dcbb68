"""Step 3: what the direct side alone tells, of the stream's framing and of what comes."""

from collections.abc import Mapping
from statistics import median

from rich.text import Text

from screens.widgets.style import DIM, fit, line
from wizard.model.arrivals import event_gaps, watched_s
from wizard.model.timeline import Timeline
from wizard.text.columns import pad
from wizard.text.display import comma_list, safe, seconds
from wizard.text.messages import plural, tr


def direct_rows(timeline: Timeline, width: int) -> list[Text]:
    """A row for each fact: framing, events, pings, headers, address."""
    rows = [
        (tr("framing"), _FRAMINGS.get(timeline.framing or "", "–")),
        (tr("events"), _events_text(timeline)),
        (tr("pings"), _pings_text(timeline)),
        (tr("headers"), _stream_headers(timeline) or "–"),
    ]
    if timeline.address:
        rows.append((tr("address"), timeline.address))
    return [fit(line((pad(name, 9), DIM), text), width, pad=False) for name, text in rows]


_FRAMINGS: Mapping[str, str] = {
    "chunked": "chunked",
    "length": "Content-Length",
    "close": tr("until the connection closes"),
    "h2": "HTTP/2",
}
_SHOWN_HEADERS = ("x-accel-buffering", "cache-control", "content-encoding", "server", "via")
"""The headers of a stream that say how it is passed on, and who sends it."""


def _events_text(timeline: Timeline) -> str:
    watched, gaps = seconds(watched_s(timeline)), event_gaps(timeline)
    if not timeline.events:
        return tr("none in {watched}", watched=watched)
    events = plural(timeline.events, "event")
    if not gaps:
        return tr("{events} in {watched}", events=events, watched=watched)
    usual, longest = seconds(median(gaps)), seconds(max(gaps))
    return tr(
        "{events} in {watched}; a gap of {usual} as a rule, {longest} at most",
        events=events, watched=watched, usual=usual, longest=longest,
    )  # fmt: skip


def _pings_text(timeline: Timeline) -> str:
    if not timeline.comments:
        return tr("none in {watched}", watched=seconds(watched_s(timeline)))
    return str(timeline.comments)


def _stream_headers(timeline: Timeline) -> str:
    shown = ((name, timeline.header(name)) for name in _SHOWN_HEADERS)
    return comma_list(f"{name}: {safe(value, 60)}" for name, value in shown if value)
