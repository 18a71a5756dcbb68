"""Why a probe has its outcome: the sentences, and what was measured in them."""

from collections.abc import Sequence

from wizard.diagnose.answer_end import last_error, names_its_end
from wizard.model import arrivals, comparison, own_times
from wizard.model.release import kept_s
from wizard.model.timeline import Timeline
from wizard.text.display import comma_list, labelled, phrases, safe, seconds
from wizard.text.messages import plural, tr


def kept(timeline: Timeline) -> str:
    """What came when the proxy gave up reading."""
    what = received(timeline) if timeline.items else tr("{bytes} bytes", bytes=timeline.bytes)
    first = tr(
        "no headers for {kept_s}; then {status} with {what}",
        kept_s=seconds(kept_s(timeline)),
        status=timeline.status,
        what=what,
    )
    return tr("{first}, broken off in the same moment", first=first)


def media_type(timeline: Timeline) -> str:
    """The type that the answer names, for display."""
    return safe(timeline.header("content-type") or tr("no content type"), 80)


def early_end(timeline: Timeline, direct: Sequence[Timeline], beside: Timeline | None) -> str:
    """What shows that a stream ended too early; empty if nothing does."""
    if comparison.is_outlived(timeline, direct):
        if timeline.is_websocket:
            return tr(
                "{detail} {when}, where the direct probe continued",
                detail=timeline.detail,
                when=end(timeline),
            )
        return tr("ended {when}, where the direct probe continued", when=end(timeline))
    if beside and comparison.lacks_the_end(timeline, beside):
        return tr(
            "ended after {count}, where the direct probe had {direct_count}",
            count=received(timeline),
            direct_count=received(beside),
        )
    if beside and names_its_end(beside) and not last_error(timeline):
        return tr(
            "ended after {count}, without the last event of the direct probe",
            count=received(timeline),
        )
    return ""


def opening(timeline: Timeline) -> str:
    """When the stream was live: with its first data, or once the WebSocket was open."""
    after = seconds(timeline.first_data_s)
    if timeline.is_websocket:
        return tr("WebSocket open after {after}", after=after)
    return tr("first data after {after}", after=after)


def late_opening(timeline: Timeline) -> str:
    """The same of a stream that was live long after the direct probe."""
    after = seconds(timeline.first_data_s)
    if timeline.is_websocket:
        return tr("WebSocket open only after {after}, long after the direct probe's", after=after)
    return tr("first data only after {after}, long after the direct probe's", after=after)


def ended_well(timeline: Timeline) -> str:
    """What came of a stream that has ended, and when."""
    first, count = opening(timeline), received(timeline)
    if timeline.is_websocket:
        return phrases((first, count, timeline.detail, end(timeline)))
    after = seconds(timeline.waited_s)
    if names_its_end(timeline):
        return tr(
            "{first}, {count}, with its last event after {after}",
            first=first, count=count, after=after,
        )  # fmt: skip
    return tr("{first}, {count}, ended after {after}", first=first, count=count, after=after)


def broken_off(timeline: Timeline) -> str:
    """When a stream was broken off, and by what."""
    if timeline.is_websocket:
        return phrases((opening(timeline), received(timeline), timeline.detail, end(timeline)))
    return tr(
        "{first}, then broken off {end}: {detail}",
        first=opening(timeline),
        end=end(timeline),
        detail=timeline.detail,
    )


def still_live(timeline: Timeline) -> str:
    """What came of a stream that is open, and how long an answer that is sent once was watched."""
    text = phrases((opening(timeline), received(timeline)))
    if not (timeline.probe.once and timeline.ended == "open"):
        return text
    return text + tr(", open after {waited_s}", waited_s=seconds(timeline.waited_s))


def received(timeline: Timeline) -> str:
    """What was seen of the stream: a single small event proves nothing about larger ones."""
    if timeline.is_websocket:
        return plural(timeline.events, "message")
    if timeline.events == 1:
        return tr("one event of {decoded} bytes seen", decoded=timeline.decoded)
    if timeline.events:
        return tr("{events} events", events=timeline.events)
    if timeline.is_opaque:
        return tr("{bytes} bytes of a compression that is not decoded here", bytes=timeline.bytes)
    if timeline.is_event_stream:
        return plural(timeline.comments, "comment")
    return tr("{bytes} bytes", bytes=timeline.bytes)


def stuck_event(timeline: Timeline, beside: Timeline | None) -> str:
    """For how long the end of an event did not come."""
    waits = arrivals.stuck_gaps(timeline)
    why = tr(
        "an event arrived without its end, which did not come for {waits}",
        waits=seconds(max(waits)),
    )
    if timeline.pending:
        why += tr(" ({pending} bytes of it are here)", pending=timeline.pending)
    if beside:
        why += tr("; the direct probe gets each event whole")
    return why


def bursts(timeline: Timeline, beside: Timeline) -> str:
    """Why the direct probe shows that events were sent one by one; empty if it does not."""
    is_one_block = comparison.is_in_one_block(timeline, beside)
    if not is_one_block and not comparison.comes_in_bursts(timeline, beside):
        return ""
    first, early = seconds(timeline.first_data_s), seconds(beside.first_data_s)
    return tr(
        "{moments}, where the direct probe has {direct_moments}; first data after {first} (direct: "
        "{early})",
        moments=_moments(timeline),
        direct_moments=_moments(beside),
        first=first,
        early=early,
    )


def gathered_events(timeline: Timeline, beside: Timeline | None) -> str:
    """Why this probe alone shows that events were sent one by one; empty if it does not."""
    if beside and _gathers(beside):
        return ""  # The backend itself sends them together.
    if (spread := own_times.clock_spread_s(timeline)) >= own_times.CLOCK_SPREAD_S:
        apart = tr("events that arrive together were made {spread} apart", spread=seconds(spread))
        return labelled(_moments(timeline), apart)
    if sizes := arrivals.gathered_buffers(timeline):
        buffers = comma_list(map(str, sizes[:4]))
        return tr(
            "{moments}: they arrive in full buffers ({buffers} bytes)",
            moments=_moments(timeline),
            buffers=buffers,
        )
    return ""


def _gathers(timeline: Timeline) -> bool:
    """True if events come together, or without their ends, by this timeline alone."""
    is_spread = own_times.clock_spread_s(timeline) >= own_times.CLOCK_SPREAD_S
    return is_spread or bool(arrivals.gathered_buffers(timeline)) or arrivals.has_stuck(timeline)


def _moments(timeline: Timeline) -> str:
    """How much arrived at how many moments: `16 events at 1 moment`."""
    events = (
        plural(timeline.events, "event")
        if timeline.events
        else tr("{bytes} bytes", bytes=timeline.bytes)
    )
    return tr(
        "{events} at {count}",
        events=events,
        count=plural(len(arrivals.moments(timeline)), "moment"),
    )


def stall(timeline: Timeline, beside: Timeline) -> str:
    """For how long nothing came while the direct probe continued."""
    silence = seconds((timeline.waited_s or 0.0) - (timeline.last_byte_s or 0.0))
    more = beside.events - timeline.events
    rest = tr("has {more} more", more=more) if more > 0 else tr("continues")
    return tr(
        "{count}, then nothing for {silence}; the direct probe {rest}",
        count=received(timeline),
        silence=silence,
        rest=rest,
    )


def missing_event(timeline: Timeline, direct: Sequence[Timeline]) -> str:
    """Why bytes without an event are not a stream; empty if comments alone are what to expect."""
    if not timeline.comments:
        return tr("{bytes} bytes came, and no event and no comment in them", bytes=timeline.bytes)
    if any(other.events for other in direct):
        return tr("comments came, but no event, where the direct probe has one")
    return ""


def end(timeline: Timeline) -> str:
    """When a stream ended, from its last byte (for timeouts) and from its start (for limits)."""
    since_byte, since_start = seconds(timeline.silence_s), seconds(timeline.waited_s)
    return tr(
        "{since_byte} after its last byte, {since_start} after its start",
        since_byte=since_byte,
        since_start=since_start,
    )
