"""Draws the live pane: a row for each event, and a row for each side with its gaps."""

from collections.abc import Iterable, Mapping
from statistics import median

from rich.text import Text

from screens.live.buffer import SIDE_NAMES, Entry, Mark, Side, Stream
from screens.widgets.style import DIM, HEAD, line
from wizard.model.events import Comment, Excess
from wizard.text.columns import pad
from wizard.text.columns import width as width_of
from wizard.text.display import phrases, safe, seconds
from wizard.text.messages import plural, tr

LONG_GAP_S = 2.0
"""A silence of at least this many seconds before an event is said beside it."""
QUIET_S = 1.5
"""From how many seconds of silence on they are counted."""
_BLOCKS = "▁▂▃▄▅▆▇█"
_TYPE_STYLES = ("bold cyan", "bold magenta", "bold blue")
_MARK_STYLES = {"section": DIM, "answer": DIM, "left": DIM, "ended": "yellow", "cut": "bold red"}
_MARK_SIGNS = {"ended": "■ ", "cut": "✗ ", "left": "– ", "answer": "", "section": ""}
_SIDE_STYLES: Mapping[str, str] = {"proxy": "magenta", "direct": "blue"}
_DATA_CHARS = 400


def entry_row(entry: Entry, types: list[str], query: str) -> Text:
    """Draw an event: side, time, type, data; what was searched for is reversed."""
    if isinstance(entry.item, Mark) and not entry.side:
        return line((f"── {safe(entry.item.text, 100)} ──", DIM))
    style = _SIDE_STYLES.get(entry.side, "")
    row = line((f"{pad(SIDE_NAMES[entry.side], 6)} ", style), (f"{f'+{entry.at:.2f}':>6} ", DIM))
    if entry.gap >= LONG_GAP_S:
        row.append(tr("after {gap:.1f} s ", gap=entry.gap), "yellow")
    _append_item(row, entry, types)
    if query:
        row.highlight_words([query], "reverse", case_sensitive=False)
    return row


def _append_item(row: Text, entry: Entry, types: list[str]) -> None:
    match entry.item:
        case Mark(kind=kind, text=text):
            row.append(f"{_MARK_SIGNS[kind]}{safe(text, 200)}", _MARK_STYLES[kind])
        case Comment(text=text):
            shown = "" if text.strip() in ("", "ping") else safe(text, 100)
            is_control = text.startswith(("close ", "pong"))  # of a WebSocket
            row.append(
                f"· {shown}" if is_control else tr("· ping {shown}", shown=shown).rstrip(), DIM
            )
        case Excess():
            row.append(entry.data, "yellow")
        case _:
            row.append(f"{safe(entry.type, 24)} ", _type_style(entry.type, types))
            row.append(safe(entry.data, _DATA_CHARS))


def _type_style(name: str, types: list[str]) -> str:
    if name == "message":
        return HEAD
    return _TYPE_STYLES[types.index(name) % len(_TYPE_STYLES)] if name in types else HEAD


def stream_rows(side: Side, stream: Stream, now: float | None, width: int) -> list[Text]:
    """Draw a side: how it is, for how long nothing has come, and its gaps, in one row or two.

    Args:
        now: Seconds since it was asked for; None if nothing runs any more.
    """
    row = line((f"{pad(SIDE_NAMES[side], 6)} ", f"{_SIDE_STYLES[side]} bold"))
    row.append_text(_state(stream, now))
    if not stream.gaps:
        return [row]
    if (room := width - row.cell_len - 2) >= _GAPS_WIDTH:
        return [row.append("  ").append_text(_gaps(stream, room))]
    return [row, line(" " * 7, _gaps(stream, width - 7))]


def _gaps(stream: Stream, room: int) -> Text:
    """The newest gaps as bars, their median and the longest one."""
    usual, longest = seconds(stream.median_gap_s), seconds(stream.max_gap_s)
    if room >= _GAPS_WIDTH + len("every "):
        text = tr(" every {usual}, max {longest}", usual=usual, longest=longest)
    else:
        text = tr(" {usual}, max {longest}", usual=usual, longest=longest)
    bars = sparkline(stream.gaps, max(1, min(24, room - width_of(text))))
    return line((bars, "cyan"), (text, DIM))


_GAPS_WIDTH = 24
"""Columns of a short sparkline with its numbers."""


def _state(stream: Stream, now: float | None) -> Text:
    if stream.end is not None:
        at, mark = stream.end
        if mark.kind == "left":
            if not stream.events and not stream.pings:
                return line((tr("nothing in {at:.1f} s", at=at), "yellow"))
            return line(tr("{events} in {at:.1f} s", events=_events(stream), at=at))
        text = mark.text
        if stream.events:
            text = tr("{events}, {end}", events=_events(stream), end=text)
        return line((f"{_MARK_SIGNS[mark.kind]}{text}", _MARK_STYLES[mark.kind]))
    quiet = max(0.0, (now or 0.0) - (stream.last_s or 0.0))
    if stream.headers_s is None:
        return line((tr("nothing for {quiet:.1f} s", quiet=quiet), "yellow"))
    if not stream.events and not stream.pings:
        return line((_without_event(stream, (now or 0.0) - stream.headers_s), "yellow"))
    if quiet >= QUIET_S:
        return line(_events(stream), (tr(", silent for {quiet:.1f} s", quiet=quiet), "yellow"))
    live, text = tr("live"), phrases((tr("live"), _events(stream)))
    return line((live, "green"), text.removeprefix(live))


def _without_event(stream: Stream, waited_s: float) -> str:
    if not stream.bytes:
        return tr("headers, no event for {waited_s:.1f} s", waited_s=waited_s)
    return tr(
        "{bytes:,} bytes, no event for {waited_s:.1f} s", bytes=stream.bytes, waited_s=waited_s
    )


def _events(stream: Stream) -> str:
    return plural(stream.events, "event") if stream.events else plural(stream.pings, "ping")


def sparkline(values: Iterable[float], width: int) -> str:
    """The newest values as bars; one like most others has half the height or less."""
    shown = list(values)[-width:]
    top = max(max(shown), 2 * median(shown)) if shown else 0.0
    return "".join(_BLOCKS[min(7, int(value / (top or 1.0) * 8))] for value in shown)
