"""Puts what came of a stream into the buffer: the timelines of a step, or the events of a probe."""

from collections.abc import Mapping, Sequence

from screens.live.buffer import EventBuffer, Mark, Side
from wizard.model.events import Began, Chunk, Ended, Excess, Headers, ProbeEvent, StreamItem
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline
from wizard.text.display import phrases, safe, seconds
from wizard.text.messages import tr

_NO_PROBE = Probe("live", "")
Timelines = Mapping[Side, Timeline]


def is_same_run(before: Timelines, now: Timelines) -> bool:
    """True if `now` only continues `before`: the same requests, with what came since."""
    return before.keys() == now.keys() and all(_continues(before[side], now[side]) for side in now)


def _continues(before: Timeline, now: Timeline) -> bool:
    return (
        before.probe == now.probe
        and before.items <= now.items
        and before.connect_s in (None, now.connect_s)
        and before.ended in (None, now.ended)
    )


def feed_timelines(buffer: EventBuffer, before: Timelines, now: Timelines) -> None:
    """Add what came between two states of the same requests, both sides by their times."""
    fresh = list[tuple[float, Side, StreamItem]]()
    for side, timeline in now.items():
        previous = before.get(side)
        if timeline.headers_s is not None and (previous is None or previous.headers_s is None):
            buffer.mark(side, timeline.began_s + timeline.headers_s, _answer(timeline))
        items = _items_since(previous, timeline)
        seen = sum(map(_is_counted, items))
        buffer.skip(side, timeline.items - (previous.items if previous else 0) - seen)
        fresh += [(timeline.began_s + item.at, side, item) for item in items]
    for at, side, item in sorted(fresh, key=lambda each: each[0]):
        buffer.add(side, [(at, item)])
    for side, timeline in now.items():
        _feed_counters(buffer, side, before.get(side), timeline)


def _feed_counters(
    buffer: EventBuffer, side: Side, previous: Timeline | None, timeline: Timeline
) -> None:
    if timeline.last_byte_s is not None:
        size = timeline.bytes - (previous.bytes if previous else 0)
        buffer.count_bytes(side, timeline.began_s + timeline.last_byte_s, size)
    if timeline.ended is not None and (previous is None or previous.ended is None):
        at = timeline.waited_s or 0.0
        buffer.mark(
            side, timeline.began_s + at, end_mark(Ended(at, timeline.ended, timeline.detail))
        )


def _is_counted(item: StreamItem) -> bool:
    return not isinstance(item, Excess)


def _items_since(previous: Timeline | None, timeline: Timeline) -> Sequence[StreamItem]:
    """The items of the tail that came after the newest item of before."""
    if previous is None or not previous.tail:
        return timeline.tail
    newest = previous.tail[-1]
    for index in range(len(timeline.tail) - 1, -1, -1):
        if timeline.tail[index] is newest:
            return timeline.tail[index + 1 :]
    return timeline.tail


def feed_events(
    buffer: EventBuffer, side: Side, events: Sequence[ProbeEvent], began_s: float
) -> float:
    """Add the events of one arrival, and return when the request began, in seconds.

    `at` of an event counts from there: a vantage is connected to before.
    """
    items = list[tuple[float, StreamItem]]()
    for event in events:
        if isinstance(event, StreamItem):  # in a flood nearly all are
            items.append((began_s + event.at, event))
            continue
        match event:
            case Began(at):
                began_s = at
            case Headers(at):
                buffer.mark(side, began_s + at, _answer(Timeline(_NO_PROBE).fold([event])))
            case Chunk(at, size):
                buffer.count_bytes(side, began_s + at, size)
    if items:
        buffer.add(side, items)
    for event in events[-1:]:
        if isinstance(event, Ended):
            buffer.mark(side, began_s + event.at, end_mark(event))
    return began_s


def _answer(timeline: Timeline) -> Mark:
    """`200 text/event-stream, chunked`."""
    framing = {
        "close": tr("no length, not chunked"),
        "length": tr("with a length"),
        "h2": "HTTP/2",
        None: "",
    }
    how = framing.get(timeline.framing, timeline.framing or "")
    kind = timeline.media_type or tr("no type")
    text = f"{timeline.status} {safe(kind, 60)}"
    return Mark("answer", phrases((text, how)) if how else text)


def end_mark(event: Ended) -> Mark:
    """How a stream ended, in a few words."""
    at, detail = seconds(event.at), safe(event.detail, 200)
    if event.reason == "open":
        return Mark("left", _with_detail(tr("closed by us after {at}", at=at), detail))
    if event.reason == "eof":
        return Mark("ended", detail or tr("ended by the server after {at}", at=at))
    if event.reason == "reset":
        return Mark("cut", _with_detail(tr("cut after {at}", at=at), detail))
    return Mark("cut", detail or tr("failed after {at}: {reason}", at=at, reason=event.reason))


def _with_detail(end: str, detail: str) -> str:
    return tr("{end}: {detail}", end=end, detail=detail) if detail else end
