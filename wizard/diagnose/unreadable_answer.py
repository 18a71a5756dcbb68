"""The outcome of a probe whose answer cannot be read as one, or that was never sent."""

from wizard.model.probe_result import Outcome
from wizard.model.timeline import Timeline
from wizard.model.wire import (
    Wire,
    describe_other_protocol,
    describe_unfinished_head,
    describe_unsent,
    show_start,
)
from wizard.text.display import labelled, phrases, safe, seconds
from wizard.text.messages import plural, tr

_KNOWN_CODINGS = frozenset({
    "identity", "gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd", "dcb", "dcz",
})  # fmt: skip
"""The registered Content-Encodings (RFC 9110, section 8.4.1, and the registry of IANA)."""


def unreadable_outcome(timeline: Timeline) -> tuple[Outcome, str] | None:
    """The outcome of an answer that cannot be read, with the reason in one sentence.

    None if the answer can be read, if none came, or while it is still awaited.
    """
    if timeline.headers_s is not None:
        return _unreadable_body(timeline)
    if timeline.ended in (None, "dns", "refused", "tls"):
        return None
    return _unreadable_head(timeline)


def _unreadable_head(timeline: Timeline) -> tuple[Outcome, str] | None:
    wire, received = timeline.wire, timeline.wire.received
    if received and received.problem:
        return "not-http", describe_other_protocol(received)
    if is_never_sent(timeline):
        return "not-sent", describe_unsent(wire)
    what = describe_unfinished_head(received) if received else ""
    if not received or not what:
        return None
    if received.is_early:
        return "not-http", labelled(_EARLY, what)
    kind: Outcome = "partial-head" if received.size else "only-interim"
    return kind, phrases((what, _end(timeline)))


_EARLY = tr("this is no answer to the request: it began before the request was sent")


def is_never_sent(timeline: Timeline) -> bool:
    """True if no answer came and the request was not sent whole, though the connection is there.

    A connection that the other side has closed is cut, whatever of the request it has taken.
    """
    wire = timeline.wire
    return wire.is_unsent and (timeline.ended == "open" or wire.stream_limit == 0)


def _end(timeline: Timeline) -> str:
    if timeline.ended == "open":
        return tr("after {waited_s}", waited_s=seconds(timeline.waited_s))
    return tr("when the connection ended after {waited_s}", waited_s=seconds(timeline.waited_s))


def _unreadable_body(timeline: Timeline) -> tuple[Outcome, str] | None:
    wire = timeline.wire
    if wire.is_early and timeline.status == 200:
        return "not-http", tr("{early}, with status {status}", early=_EARLY, status=timeline.status)
    if not timeline.is_stream:
        return None
    if wire.undecodable:
        return "undecodable", _describe_undecodable(timeline, wire)
    if why := _describe_unread_body(timeline):
        return "undecodable", why
    coding = (timeline.header("content-encoding") or "").strip().lower()
    names = {name.strip() for name in coding.split(",")} - {""}
    if timeline.is_opaque and not names <= _KNOWN_CODINGS:
        shown = safe(coding, 60)
        return "undecodable", tr(
            "cannot be decoded: the Content-Encoding `{shown}` is not known", shown=shown
        )
    return None


def _describe_undecodable(timeline: Timeline, wire: Wire) -> str:
    coding = safe(timeline.header("content-encoding") or "", 60)
    declared = (
        tr(" as its Content-Encoding `{coding}` says", coding=coding)
        if coding and wire.body_start
        else ""
    )
    begins = (
        tr("; it begins with {start}", start=show_start(wire.body_start)) if wire.body_start else ""
    )
    return tr(
        "the body cannot be decoded{declared}: {undecodable}{begins}",
        declared=declared,
        undecodable=wire.undecodable,
        begins=begins,
    )


def _describe_unread_body(timeline: Timeline) -> str:
    """That bytes followed the headers of which none could be read as the body; empty if not."""
    received = timeline.wire.received
    if received is None or not received.body_size or timeline.bytes:
        return ""
    if timeline.ended != "open":  # It ended, or was cut, before a part of it was whole.
        return ""
    size = plural(received.body_size, "byte")
    return tr(
        "{size} followed the headers, and no part of the body could be read from them", size=size
    )
