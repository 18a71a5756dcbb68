"""Timelines of which this program missed parts, on the clocks that allow for it."""

import pytest

from wizard.model.absences import (
    absent_s,
    extra_wait_s,
    hidden_wait,
    hidden_watch,
    lateness_s,
    running,
    running_clock,
    spread,
)
from wizard.model.events import (
    Absent,
    Began,
    Chunk,
    Connected,
    Ended,
    Headers,
    ProbeEvent,
    SseEvent,
)
from wizard.model.probe import Probe
from wizard.model.timeline import MAX_ABSENCES, Timeline, is_live

STREAM = (("content-type", "text/event-stream"),)


def fold(*events: ProbeEvent) -> Timeline:
    return Timeline(Probe("sse-proxy", "http://p/sse")).fold(events)


def three_at_once() -> Timeline:
    """A stream of which three events were read at the end of an absence from 1 s to 2 s."""
    event = SseEvent(2.0, "message", "x", "")
    return fold(
        Connected(0.1), Headers(0.2, 200, "1.1", STREAM), Absent(2.0, 1.0),
        Chunk(2.0, 30, 30, items=3, pending=4), event, event, event, Ended(3.0, "open"),
    )  # fmt: skip


def test_absent_time_is_counted_between_two_moments() -> None:
    timeline = fold(Absent(2.0, 1.0), Absent(4.0, 0.5))
    assert absent_s(timeline, 0.0) == pytest.approx(1.5)
    assert absent_s(timeline, 1.5, 3.75) == pytest.approx(0.75)
    assert absent_s(timeline, 2.0, 3.5) == 0.0
    assert extra_wait_s(timeline, 0.0, 10.0) == pytest.approx(1.5)
    assert extra_wait_s(timeline, 0.0, 1.0) == 1.0


def test_absences_before_the_request_began_do_not_count() -> None:
    assert fold(Absent(2.0, 1.0), Began(3.0)).absences == ()


def test_the_shortest_of_many_absences_is_left_out() -> None:
    long = [Absent(float(n), 0.5) for n in range(1, MAX_ABSENCES)]
    timeline = fold(*long, Absent(900.0, 0.1), Absent(901.0, 0.3), Absent(902.0, 0.2))
    assert len(timeline.absences) == MAX_ABSENCES
    assert [each.length_s for each in timeline.absences[-2:]] == [0.5, 0.3]


def test_the_clock_that_stands_still() -> None:
    clock = running_clock(fold(Absent(2.0, 1.0), Absent(4.0, 0.5)))
    assert [clock(at) for at in (0.5, 1.0, 1.5, 2.0, 3.0, 5.0)] == [0.5, 1.0, 1.0, 1.0, 2.0, 3.5]
    moved = running(three_at_once())
    assert (moved.first_data_s, moved.waited_s, moved.headers_s) == (1.0, 2.0, 0.2)
    assert ([each.at for each in moved.arrivals], moved.tail_events[0].at) == ([1.0], 1.0)


def test_what_was_read_at_once_is_spread_over_the_absence() -> None:
    timeline = spread(three_at_once())
    assert [each.at for each in timeline.arrivals] == pytest.approx([4 / 3, 5 / 3, 2.0])
    assert [each.size for each in timeline.arrivals] == [10, 10, 10]
    assert [each.items for each in timeline.arrivals] == [1, 1, 1]
    assert [each.pending for each in timeline.arrivals] == [0, 0, 4]
    assert [each.at for each in timeline.tail_events] == pytest.approx([4 / 3, 5 / 3, 2.0])


def test_bytes_without_events_are_spread_too() -> None:
    timeline = spread(fold(Absent(2.0, 0.1), Chunk(2.0, 1000, 1000), Chunk(3.0, 10, 10)))
    assert len(timeline.arrivals) == 6
    assert sum(each.size for each in timeline.arrivals) == 1010


def test_a_timeline_without_absences_stays() -> None:
    timeline = fold(Connected(0.1), Chunk(2.0, 30, 30, items=3))
    assert running(timeline) is spread(timeline) is timeline
    assert running_clock(timeline)(7.0) == 7.0


@pytest.mark.parametrize(("absent", "is_hidden"), [(0.9, False), (1.2, True)])
def test_a_wait_of_which_little_was_seen(absent: float, is_hidden: bool) -> None:
    held = fold(Connected(0.1), Absent(1.5, absent), Ended(2.1, "open"))
    assert bool(hidden_wait(held)) == is_hidden
    assert hidden_wait(fold(Connected(0.1), Absent(1.5, absent), Ended(2.1, "eof"))) is None


def test_silence_shows_in_the_time_for_which_this_program_ran() -> None:
    assert hidden_wait(fold(Connected(0.1), Absent(8.0, 7.0), Ended(9.1, "open"))) is None


@pytest.mark.parametrize(("absent", "is_hidden"), [(0.5, False), (0.8, True)])
def test_a_watch_of_which_little_was_seen(absent: float, is_hidden: bool) -> None:
    live = fold(
        Connected(0.1), Headers(0.2, 200, "1.1", STREAM), Chunk(0.2, 9, 9, items=1),
        Absent(1.1, absent), Ended(1.2, "open"),
    )  # fmt: skip
    assert is_live(live)
    assert bool(hidden_watch(live)) == is_hidden


def test_how_late_something_was_read() -> None:
    timeline = fold(Absent(2.0, 1.0))
    times = (None, 0.9, 1.5, 2.0, 2.01, 2.1)
    assert [lateness_s(timeline, at) for at in times] == [0.0, 0.0, 1.0, 1.0, 1.0, 0.0]
