"""The bars of the phases, all on one scale."""

from screens.widgets.bars import bars, has_more, legend
from wizard.model.events import Chunk, Connected, Ended, Headers, ProbeEvent, Resolved, SseEvent
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline

STREAM = (("content-type", "text/event-stream"),)


def timeline(*events: ProbeEvent, name: str = "sse-proxy") -> Timeline:
    """A timeline of a request that was connected after 100 ms."""
    return Timeline(Probe(name, "http://h/")).fold([Resolved(0.0, "h"), Connected(0.1), *events])


def drawn(*timelines: Timeline | None) -> list[str]:
    names = ("proxy", "direct")
    return [row.plain for row in bars(list(zip(names, timelines, strict=False)), 57)]


def test_a_held_stream_is_silent_to_the_end_and_a_live_one_short() -> None:
    live = timeline(
        Headers(0.5, 200, "1.1", STREAM), Chunk(1.0, 9, 9), SseEvent(1.0, "message", "1", "")
    )

    held_bar, live_bar, scale = drawn(timeline(Ended(2.0, "open")), live)

    assert held_bar == f"proxy   {'░' * 2}{'─' * 38} 2.00 s"
    assert live_bar == f"direct  {'░' * 2}{'▒' * 8}{'█' * 10} 1.00 s"
    assert scale.split() == ["0", "1.00", "s", "2.00", "s"]


def test_a_cut_stream_ends_with_its_mark() -> None:
    cut, _ = drawn(timeline(Headers(0.2, 200, "1.1", STREAM), Ended(2.0, "reset")))

    assert cut.endswith("─┤ 2.00 s")


def test_an_answer_of_the_root_path_is_not_cut() -> None:
    root = timeline(Headers(1.9, 200, "1.1", ()), Ended(2.0, "eof"), name="root-proxy")

    assert drawn(root)[0] == f"proxy   {'░' * 2}{'▒' * 38} 1.90 s"


def test_what_follows_the_first_event_is_marked_where_it_came() -> None:
    first, later = SseEvent(0.2, "message", "1", ""), SseEvent(1.5, "message", "2", "")
    live = timeline(
        Headers(0.2, 200, "1.1", STREAM), Chunk(0.2, 9, 9), first, Chunk(1.5, 9, 9), later,
        Ended(2.0, "open"),
    )  # fmt: skip

    _, bar, _ = drawn(timeline(Ended(2.0, "open")), live)

    assert bar.startswith("direct  ░░▒▒█ 200 ms ")
    assert bar.index("│") - len("direct  ") == 30
    assert has_more([live])
    whole = bars([("direct", live)], 57, whole=True)
    assert whole[0].plain == bar
    assert whole[-1].plain.split()[-2:] == ["2.00", "s"]


def test_a_request_that_still_runs_has_no_red_silence() -> None:
    running, ended = timeline(), timeline(Ended(2.0, "open"))

    styles = [{str(span.style) for span in bars([("proxy", each)], 57, now=2.0)[0].spans}
              for each in (running, ended)]  # fmt: skip

    assert ["red" in each for each in styles] == [False, True]


def test_each_phase_has_at_least_one_column() -> None:
    quick = timeline(
        Headers(0.1001, 200, "1.1", STREAM), Chunk(0.1002, 9, 9), SseEvent(0.1002, "m", "1", "")
    )

    _, bar, _ = drawn(timeline(Ended(60.0, "open")), quick)

    assert bar.startswith("direct  ░▒█ ")


def test_no_request_has_no_bar_and_no_scale() -> None:
    assert drawn(None) == []
    assert drawn(timeline(Ended(1.0, "open")), None)[1] == "direct  not run"


def test_the_legend_names_each_sign() -> None:
    assert legend().plain.split()[::2] == ["░", "▒", "█", "│", "─", "┤"]
