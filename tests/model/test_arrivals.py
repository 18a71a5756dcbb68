"""How streams arrive, on timelines that are folded from scripted arrivals."""

from collections.abc import Sequence

import pytest

from wizard.model.arrivals import (
    allowance_s,
    bytes_at_first_wait,
    end_in_events,
    full_buffers,
    is_flood,
    moments,
)
from wizard.model.comparison import (
    comes_in_bursts,
    compare,
    is_in_one_block,
    lacks_tails,
    lacks_the_end,
    reference,
    stalls,
)
from wizard.model.events import (
    Chunk,
    Comment,
    Connected,
    Ended,
    Excess,
    Headers,
    ProbeEvent,
    Resolved,
    SseEvent,
)
from wizard.model.own_times import clock_spread_s
from wizard.model.probe import Encoding, Probe
from wizard.model.timeline import Timeline

STREAM = (("content-type", "text/event-stream"),)


def stream(
    arrivals: Sequence[tuple[float, int, int, int]],
    *,
    round_trip: float = 0.0,
    until: float | None = None,
    end: str = "open",
    encoding: Encoding = "identity",
    data: Sequence[str] = (),
) -> Timeline:
    """A stream with these arrivals: time, size, events completed, bytes of an unfinished event."""
    events: list[ProbeEvent] = [Resolved(0.0, "127.0.0.1"), Connected(round_trip)]
    events.append(Headers(round_trip, 200, "1.1", STREAM))
    texts = iter(data)
    for at, size, items, pending in arrivals:
        events.append(Chunk(at, size, size, items=items, pending=pending))
        events += [SseEvent(at, "message", next(texts, ""), "") for _ in range(items)]
    last = arrivals[-1][0] if arrivals else 0.0
    events.append(Ended(until if until is not None else last, end))  # type: ignore[arg-type]
    return Timeline(Probe("sse-proxy", "http://p/sse", encoding=encoding)).fold(events)


def steady(
    count: int, gap: float, size: int = 100, start: float = 0.0, **options: float
) -> Timeline:
    """One event after the other."""
    return stream([(start + n * gap, size, 1, 0) for n in range(count)], **options)  # type: ignore[arg-type]


def in_clumps(count: int, each: int, gap: float, size: int = 100, start: float = 0.0) -> Timeline:
    """Several events at once, again and again."""
    arrivals = [(start + n * gap, each * size, each, 0) for n in range(count)]
    return stream(arrivals)


def test_pieces_of_one_moment_are_one_arrival() -> None:
    timeline = stream([(0.1, 60, 0, 60), (0.1004, 40, 1, 0), (0.2, 100, 1, 0)])
    assert [(a.at, a.size, a.items, a.pending) for a in timeline.arrivals] == [
        (0.1, 100, 1, 0),
        (0.2, 100, 1, 0),
    ]


def test_equal_streams_have_no_difference() -> None:
    compared = compare(steady(20, 0.1, until=2.0), steady(20, 0.1, until=2.0))
    assert (compared.missing_bytes, compared.behind_s) == (0, 0.0)
    assert (compared.gaps, compared.gaps_under_5ms) == (19, 0)


def test_events_at_the_end_are_behind_and_together() -> None:
    proxied = stream([(2.0, 2000, 20, 0)], end="eof")
    compared = compare(proxied, steady(20, 0.1, end="eof"))  # type: ignore[arg-type]
    assert (compared.gaps, compared.gaps_under_5ms) == (19, 19)
    direct = compare(steady(20, 0.1), steady(20, 0.1))
    assert (direct.gaps, direct.gaps_under_5ms) == (19, 0)
    assert compared.behind_s == pytest.approx(1.05)


def test_bytes_that_the_direct_probe_had_are_missing() -> None:
    proxied = stream([(0.1, 100, 1, 0), (1.0, 4090, 0, 4000)], until=1.5)
    direct = stream([(0.1, 100, 1, 0), (1.0, 7000, 1, 0)], until=1.5)
    assert compare(proxied, direct).missing_bytes == 2910


def test_bytes_on_their_way_are_not_missing() -> None:
    direct = stream([(0.1, 100, 1, 0), (1.0, 7000, 1, 0)], until=1.01)
    proxied = stream([(0.1, 100, 1, 0)], until=1.01)
    assert compare(proxied, direct).missing_bytes == 0


def test_a_broadcast_joined_one_event_later_is_not_late() -> None:
    direct = steady(5, 1.0, data=["a", "b", "c", "d", "e"])  # type: ignore[arg-type]
    proxied = steady(4, 1.0, start=1.0, data=["b", "c", "d", "e"])  # type: ignore[arg-type]
    assert compare(proxied, direct).behind_s == 0.0


class TestTails:
    def test_an_unfinished_event_in_a_silent_stream(self) -> None:
        timeline = stream([(0.0, 90, 1, 0), (0.1, 4090, 0, 4090)], until=0.8)
        assert lacks_tails(timeline, None)

    def test_a_tail_that_comes_with_the_next_event(self) -> None:
        arrivals = [(n * 1.0, 7000, 1, 2000) for n in range(3)]
        assert lacks_tails(stream(arrivals), None)

    def test_a_fast_stream_that_lacks_each_tail(self) -> None:
        proxied = stream([(n * 0.1, 5000, 1, 910) for n in range(8)])
        assert lacks_tails(proxied, steady(8, 0.1, size=5000))
        assert lacks_tails(proxied, None)

    def test_one_short_wait_is_chance(self) -> None:
        proxied = stream([(0.0, 90, 1, 0), (0.1, 60, 0, 60), (0.2, 40, 1, 0), (0.3, 90, 1, 0)])
        assert not lacks_tails(proxied, None)
        assert not lacks_tails(proxied, steady(4, 0.1))

    def test_the_backend_itself_does_not_end_its_event(self) -> None:
        arrivals = [(0.0, 90, 1, 0), (0.1, 50, 0, 50)]
        both = stream(arrivals, until=2.0)
        assert not lacks_tails(both, both)

    def test_a_large_event_on_a_slow_link(self) -> None:
        arrivals = [(0.1 + n * 0.05, 1400, int(n == 30), 0 if n == 30 else 1) for n in range(31)]
        assert not lacks_tails(stream(arrivals, round_trip=0.1, until=2.0), None)

    def test_a_large_event_that_comes_in_slow_parts(self) -> None:
        parts = [(0.1 * n, 4000, int(n % 10 == 9), 0 if n % 10 == 9 else 1) for n in range(40)]
        assert not lacks_tails(stream(parts), steady(4, 1.0, size=40_000))
        assert not lacks_tails(stream(parts), None)

    def test_a_tail_that_comes_with_the_end(self) -> None:
        arrivals = [(0.0, 90, 1, 0), (0.1, 4090, 0, 4090), (2.0, 900, 1, 0)]
        assert lacks_tails(stream(arrivals, end="eof"), None)

    def test_whole_events(self) -> None:
        assert not lacks_tails(steady(5, 0.5, size=9000, until=3.0), None)


class TestBursts:
    def test_a_buffer_at_a_time(self) -> None:
        assert comes_in_bursts(in_clumps(2, 47, 0.56, start=0.56), steady(100, 0.0125))

    @pytest.mark.parametrize("each", [2, 3, 5])
    def test_a_few_events_at_a_time(self, each: int) -> None:
        proxied = in_clumps(20 // each, each, 0.1 * each, start=0.1 * each)
        assert comes_in_bursts(proxied, steady(20, 0.1))

    @pytest.mark.parametrize("rate", [200, 500, 1000, 5000])
    def test_a_fast_stream_in_buffers_of_16_kilobytes(self, rate: int) -> None:
        each = max(54, rate // 10)
        direct = steady(2 * rate, 1 / rate, size=300)
        assert comes_in_bursts(in_clumps(2 * rate // each, each, each / rate), direct)
        assert not comes_in_bursts(direct, direct)

    def test_the_same_stream(self) -> None:
        assert not comes_in_bursts(steady(20, 0.1), steady(20, 0.1))

    def test_a_backend_that_sends_in_bursts(self) -> None:
        assert not comes_in_bursts(in_clumps(6, 5, 0.5), in_clumps(6, 5, 0.5))

    def test_a_session_that_is_slower_by_chance(self) -> None:
        assert not comes_in_bursts(steady(6, 0.3), steady(20, 0.1))

    def test_a_network_that_gathers_small_packets(self) -> None:
        proxied = stream([(0.1 + n * 0.2, 500, 5, 0) for n in range(8)], round_trip=0.1)
        assert not comes_in_bursts(proxied, steady(40, 0.04))

    def test_too_few_events_to_compare(self) -> None:
        assert not comes_in_bursts(in_clumps(1, 3, 1.0), steady(3, 0.1))

    def test_raw_bytes_without_events(self) -> None:
        proxied = stream([(0.5 + n * 0.5, 2000, 0, 0) for n in range(3)])
        direct = stream([(n * 0.05, 200, 0, 0) for n in range(30)])
        assert comes_in_bursts(proxied, direct)

    def test_all_at_the_end(self) -> None:
        direct = steady(16, 0.02, end="eof")  # type: ignore[arg-type]
        assert is_in_one_block(stream([(0.32, 1600, 16, 0)], end="eof"), direct)
        assert not is_in_one_block(direct, direct)


class TestBuffers:
    """What tells a buffer that is full from a slow network and from a backend that is late."""

    def test_full_buffers_end_in_the_middle_of_an_event(self) -> None:
        assert end_in_events(stream([(n * 0.2, 4096, 12, 40 * n) for n in range(8)]))

    def test_a_network_gathers_whole_events(self) -> None:
        assert not end_in_events(in_clumps(8, 12, 0.2))

    def test_where_the_end_of_an_event_was_first_waited_for(self) -> None:
        assert bytes_at_first_wait(stream([(0.0, 90, 1, 0), (0.5, 87, 0, 87)], until=1.0)) == 177
        assert bytes_at_first_wait(stream([(n * 1.0, 7000, 1, 2000) for n in range(3)])) == 7000
        assert bytes_at_first_wait(steady(5, 0.5)) is None


class TestEnds:
    TOKENS = ("a", "b", "c", "d", "e", "f")

    def finite(self, *data: str) -> Timeline:
        return steady(len(data), 0.1, data=data, end="eof")  # type: ignore[arg-type]

    def test_the_last_event_is_missing(self) -> None:
        assert lacks_the_end(self.finite(*self.TOKENS[:-1]), self.finite(*self.TOKENS))

    def test_the_same_answer(self) -> None:
        assert not lacks_the_end(self.finite(*self.TOKENS), self.finite(*self.TOKENS))

    def test_another_answer_of_about_the_same_length(self) -> None:
        assert not lacks_the_end(self.finite("x", "y", "z", "u", "v"), self.finite(*self.TOKENS))

    def test_less_than_half_of_another_answer(self) -> None:
        assert lacks_the_end(self.finite("x", "y"), self.finite(*self.TOKENS))

    def test_a_stream_that_goes_on(self) -> None:
        assert not lacks_the_end(steady(2, 0.1), self.finite(*self.TOKENS))


class TestStalls:
    def test_one_event_and_silence_beside_a_steady_stream(self) -> None:
        assert stalls(steady(1, 1.0, until=1.0), steady(20, 0.05, until=1.0))

    def test_a_short_pause(self) -> None:
        assert not stalls(steady(10, 0.05, until=0.6), steady(12, 0.05, until=0.6))

    def test_a_stream_with_long_gaps_of_its_own(self) -> None:
        direct = stream([(0.0, 9, 1, 0), (0.8, 9, 1, 0), (0.9, 9, 1, 0), (1.0, 9, 1, 0)], until=2.0)
        assert not stalls(steady(1, 1.0, until=2.0), direct)


class TestOneProbeAlone:
    def test_full_buffers(self) -> None:
        timeline = stream([(n * 0.5, size, 4, 50) for n, size in enumerate((3900, 4096, 8192))])
        assert full_buffers(timeline) == (4096, 8192)

    def test_one_event_of_that_size_is_chance(self) -> None:
        assert full_buffers(stream([(0.0, 90, 1, 0), (0.5, 4096, 1, 0)])) == ()

    def test_events_made_one_by_one_that_come_together(self) -> None:
        times = [f'{{"t": {1764172800 + n * 0.1:.3f}}}' for n in range(5)]
        assert clock_spread_s(stream([(0.5, 500, 5, 0)], data=times)) == pytest.approx(0.4)

    @pytest.mark.parametrize("text", ["2026-11-26T12:00:0{n}.500Z", "176417280{n}500"])
    def test_other_notations(self, text: str) -> None:
        times = [text.format(n=n) for n in range(3)]
        assert clock_spread_s(stream([(5.0, 500, 3, 0)], data=times)) == pytest.approx(2.0)

    def test_events_of_the_past_at_the_beginning(self) -> None:
        times = [f'{{"t": {1764172800 + n}.250}}' for n in range(5)]
        assert clock_spread_s(stream([(0.1, 500, 5, 0)], data=times)) == 0.0

    def test_whole_seconds_prove_nothing(self) -> None:
        assert clock_spread_s(stream([(5.0, 500, 2, 0)], data=["1764172800", "1764172801"])) == 0.0

    @pytest.mark.parametrize("data", ["", "no time", "2026-99-99T99:99:99.000", "9" * 900])
    def test_data_without_a_time(self, data: str) -> None:
        assert clock_spread_s(stream([(5.0, 500, 2, 0)], data=[data, data])) == 0.0


def test_a_far_server_gets_a_larger_allowance() -> None:
    assert allowance_s(steady(1, 1.0, round_trip=0.1)) > allowance_s(steady(1, 1.0)) > 0


def test_the_round_trip_of_the_kernel_counts_where_it_is_known() -> None:
    slow_to_connect = Timeline(Probe("sse-proxy", "http://p/sse")).fold(
        [Resolved(0.0, "127.0.0.1"), Connected(0.5, 0.001)]
    )
    assert slow_to_connect.round_trip_s == 0.001
    assert steady(1, 1.0, round_trip=0.1).round_trip_s == 0.1


def test_moments_count_from_when_the_request_was_sent() -> None:
    timeline = steady(2, 0.5, start=0.3, round_trip=0.3)
    assert [moment.at for moment in moments(timeline)] == [0.0, 0.5]


def test_a_probe_is_compared_with_its_like() -> None:
    plain, zipped = steady(2, 0.1), stream([(0.1, 9, 1, 0)], encoding="gzip")
    assert reference(zipped, [plain, zipped]) is zipped
    assert reference(plain, [zipped, plain]) is plain
    assert reference(zipped, [plain]) is plain
    assert reference(plain, [stream([])]) is None


def test_of_a_flood_nothing_is_held() -> None:
    """What is measured between its arrivals may be how long we took to read."""
    arrivals = [(n * 0.4, 200_000, 20, 50) for n in range(6)]
    flood, slow = stream(arrivals, until=2.4), stream([(a, 200, 2, 5) for a, *_ in arrivals])
    beside = steady(24, 0.1)
    assert (is_flood(flood), is_flood(slow)) == (True, False)
    assert lacks_tails(slow, beside)
    assert comes_in_bursts(slow, beside)
    assert not lacks_tails(flood, beside)
    assert not comes_in_bursts(flood, beside)


def test_many_bytes_at_the_start_are_no_flood() -> None:
    """A server may begin with what has happened so far."""
    held = stream([(0.0, 4_000_000, 100, 0), (0.1, 50, 0, 50)], until=2.0)
    assert not is_flood(held)
    assert lacks_tails(held, steady(20, 0.1))


def test_events_folded_together_are_those_folded_one_by_one() -> None:
    items: list[ProbeEvent] = [SseEvent(0.1, "m", str(n), "") for n in range(300)]
    later: list[ProbeEvent] = [
        Comment(0.5, "x" * 5000),
        Excess(0.6, 7),
        SseEvent(0.9, "m", "last", ""),
    ]
    start, events = Timeline(Probe("sse-proxy", "http://p/sse")), [*items, *later, Ended(1, "eof")]
    one_by_one = start
    for event in events:
        one_by_one = one_by_one.fold([event])
    assert start.fold(events) == one_by_one
    assert (one_by_one.events, one_by_one.comments, one_by_one.excess) == (301, 1, 7)
    assert one_by_one.ping_gap_s == pytest.approx(0.4)
