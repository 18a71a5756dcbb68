"""Facts about answers to a POST that are event streams: held, and what the config would hold."""

from dataclasses import dataclass

from wizard.diagnose.facts import addresses, directives, streams
from wizard.diagnose.session_outcome import standing_stream
from wizard.model import comparison
from wizard.model.case import Case
from wizard.model.comparison import LATE_MARGIN_S
from wizard.model.handshake import FOLLOWING, OPENING, Exchange, Handshake, Side
from wizard.model.timeline import Timeline, connected_s

_MESSAGES = frozenset({*OPENING, *FOLLOWING})


def held_answer(case: Case) -> tuple[Timeline, Timeline] | None:
    """The proxied and the direct answer to the same POST, if Nginx appears to hold its stream.

    The backend answers at once, with an event stream; the answer through the proxy is late or does
    not arrive. A later answer begins at once with progress, and through the proxy it comes at its
    end.
    """
    proxied, direct = streamed_answer(case, "proxy"), streamed_answer(case, "direct")
    if proxied is None or direct is None:
        return None
    if _is_held_opening(proxied, direct):
        return proxied, direct
    listening = _listening(case, "proxy"), _listening(case, "direct")
    if listening[0] and listening[1] and _is_held_opening(listening[0], listening[1]):
        return listening[0], listening[1]
    ours, theirs = case.handshake("proxy"), case.handshake("direct")
    for name in FOLLOWING:
        exchanges = ours and ours.exchange(name), theirs and theirs.exchange(name)
        if exchanges[0] and exchanges[1] and _comes_at_its_end(exchanges[0], exchanges[1]):
            return exchanges[0].timeline, exchanges[1].timeline
    return None


def _listening(case: Case, side: Side) -> Timeline | None:
    """The answer to `subscriptions/listen`, which begins at once; None in an older revision."""
    handshake = case.handshake(side)
    is_stateless = handshake is not None and handshake.transport == "stateless"
    return handshake.timeline("listen") if handshake and is_stateless else None


def _is_held_opening(proxied: Timeline, direct: Timeline) -> bool:
    arrived_s, due_s = proxied.first_event_s, direct.first_event_s
    if not direct.is_event_stream or due_s is None or proxied.status not in (None, 200):
        return False
    never = arrived_s is None and proxied.connect_s is not None
    needed_s = due_s - connected_s(direct)
    return never or (arrived_s is not None and comparison.is_late(proxied, arrived_s, needed_s))


def _comes_at_its_end(proxied: Exchange, direct: Exchange) -> bool:
    """True if an answer that the backend sends in parts, over a while, comes in one block.

    Not by when it comes: a backend may take longer for one of two requests.
    """
    if not (proxied.timeline.is_event_stream and direct.timeline.is_event_stream):
        return False
    spread_s, there_s = _spread_s(proxied), _spread_s(direct)
    return spread_s is not None and there_s is not None and spread_s + LATE_MARGIN_S < there_s


def _spread_s(exchange: Exchange) -> float | None:
    """How long after the first data of its stream the reply was whole, in seconds."""
    first_s = exchange.timeline.first_data_s
    return None if first_s is None or exchange.replied_s is None else exchange.replied_s - first_s


@dataclass(frozen=True, slots=True)
class HeldReply:
    """A reply that came through the proxy without its end, or with its end long after it began.

    Attributes:
        message: The name of the exchange.
        stream: The timeline of the stream over which the reply came.
        direct: The same exchange on the direct side, where the reply came whole; None if there is
            no such side.
    """

    message: str
    stream: Timeline
    proxied: Exchange
    direct: Exchange | None


def held_reply(case: Case) -> HeldReply | None:
    """A reply whose end is held on its way; None if there is none.

    A reply of which nothing came may have been lost instead of held, so it does not count; nor does
    one that the direct side did not get whole either.
    """
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    for exchange in proxied.exchanges if proxied else ():
        other = direct.exchange(exchange.name) if direct else None
        stream = _reply_stream(proxied, exchange)
        if not stream.is_event_stream or (direct and (other is None or other.replied_s is None)):
            continue
        beside = _reply_stream(direct, other) if other else None
        is_late = exchange.replied_s is not None and comparison.lacks_tails(stream, beside)
        if exchange.is_cut or is_late:
            return HeldReply(exchange.name, stream, exchange, other)
    return None


def _reply_stream(handshake: Handshake | None, exchange: Exchange) -> Timeline:
    """The timeline of the stream over which the reply to this message came."""
    return (handshake and handshake.timeline("stream")) or exchange.timeline


def streamed_answer(case: Case, side: Side) -> Timeline | None:
    """The answer of one side to the opening POST, which the server may stream.

    None over HTTP+SSE, whose answers come on the GET stream, and without a direct handshake.
    """
    handshake, direct = case.handshake(side), case.handshake("direct")
    if handshake is None or direct is None or not direct.is_complete:
        return None
    if direct.transport == "http+sse":
        return None
    return handshake.timeline(direct.opening.name) if direct.opening else None


def streamed_direct_answer(case: Case) -> Timeline | None:
    """An answer of the backend to a message that is an event stream; None if none was seen.

    A backend that surely is not the one to which Nginx passes does not count.
    """
    direct = case.handshake("direct")
    if direct is None or direct.transport == "http+sse":
        return None
    answers = (exchange.timeline for exchange in direct.exchanges if exchange.name in _MESSAGES)
    streamed = (each for each in answers if each.is_event_stream)
    return next((each for each in streamed if addresses.may_ask_peer(case, each.probe)), None)


def may_stream_answers(case: Case) -> bool:
    """True if a server that works through the proxy may answer a POST with an event stream.

    One did, or it speaks the revision of 2026-07-28, in which a request that reports progress, or
    that listens, is answered by a stream. A server of an earlier revision that answers
    `initialize` with JSON does so with all messages.
    """
    proxied = case.handshake("proxy")
    if proxied is None or not proxied.is_complete or proxied.transport == "http+sse":
        return False
    answers = (exchange.timeline for exchange in proxied.exchanges if exchange.name in _MESSAGES)
    is_streamed = any(answer.is_event_stream for answer in answers)
    return is_streamed or proxied.transport == "stateless" or bool(streamed_direct_answer(case))


def holds_any_answer(case: Case) -> bool:
    """True if the config holds an answer that streams, whatever the backend asks for.

    It ignores X-Accel-Buffering, and nothing shows that another config is the one that runs: no
    stream is live on the path that it serves.
    """
    resolution = case.message_resolution or case.resolution
    if resolution is None or not directives.ignores_x_accel_buffering(resolution):
        return False
    if streams.passes_here(case) is False or _is_live_by_proxy(case):
        return False
    return would_be_held(case, streamed_direct_answer(case))


def _is_live_by_proxy(case: Case) -> bool:
    """True if a stream of this path is live through the proxy, or an answer came in parts."""
    standing, handshake = standing_stream(case, "proxy"), case.handshake("proxy")
    results = (*streams.counted_probes(case.proxy), *((standing,) if standing else ()))
    spreads = map(_spread_s, handshake.exchanges if handshake else ())
    is_live = any(r.outcome == "live" and r.timeline.first_data_s is not None for r in results)
    return is_live or any(spread is not None and spread > LATE_MARGIN_S for spread in spreads)


def would_be_held(case: Case, direct: Timeline | None) -> bool:
    """True if the config holds an answer that streams and is framed as this direct one.

    Without one: True if it holds an answer without X-Accel-Buffering in every framing.
    """
    resolution = case.message_resolution or case.resolution
    if resolution is None or not directives.is_proxied(resolution):
        return False
    if not directives.is_buffering(resolution):
        return False
    if asks_for_no_buffering(direct) and not directives.ignores_x_accel_buffering(resolution):
        return False
    plain = [delivery for delivery in resolution.delivery if delivery.encoding == "identity"]
    if direct is None:
        return bool(plain) and all(delivery.is_held for delivery in plain)
    framing = "chunked" if direct.framing == "chunked" else "close"
    matching = [delivery for delivery in plain if delivery.upstream == framing] or plain
    return any(delivery.is_held for delivery in matching)


def asks_for_no_buffering(answer: Timeline | None) -> bool:
    """True if the backend sends X-Accel-Buffering: no with this direct answer."""
    value = answer.header("x-accel-buffering") if answer else None
    return (value or "").strip().lower() == "no"
