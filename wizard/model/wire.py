"""What was seen of one request on its connection, below status and body."""

from dataclasses import dataclass, replace

from wizard.model.events import Headers, HeadReceived, Sending, Sent, StreamLimit, Undecodable
from wizard.model.received import Received, name_protocol
from wizard.text.display import visible
from wizard.text.messages import plural, tr
from wizard.text.redaction import redact

NOT_TLS = ("wrong version number", "record layer failure", "packet length too long")
"""How OpenSSL calls an answer to the TLS handshake that is no TLS."""
WireEvent = Sending | Sent | StreamLimit | HeadReceived | Headers | Undecodable


@dataclass(frozen=True, slots=True)
class Wire:
    """What was seen on the connection; the times are in seconds since the request began.

    Attributes:
        sending_s: When sending the request began; None before, and where it cannot be seen.
        sent_s: When the request was written to the connection whole.
        stream_limit: How many requests the HTTP/2 server takes at a time; None if it did not say.
        received: What came before the headers were complete; None if nothing did.
        undecodable: Why the body cannot be decoded, in one sentence; empty if it can.
        body_start: The first bytes of a body that cannot be decoded.
    """

    sending_s: float | None = None
    sent_s: float | None = None
    stream_limit: int | None = None
    received: Received | None = None
    undecodable: str = ""
    body_start: str = ""

    @property
    def is_unsent(self) -> bool:
        """True if the request was not written whole, or the server takes no request at all."""
        is_partly_sent = self.sending_s is not None and self.sent_s is None
        return is_partly_sent or self.stream_limit == 0

    @property
    def is_early(self) -> bool:
        """True if the answer began before the request was sent, so that it is none to it."""
        return self.received is not None and self.received.is_early

    @property
    def has_answer(self) -> bool:
        """True if bytes of an answer came, whatever they are; control frames of HTTP/2 are none."""
        got = self.received
        return got is not None and bool(got.size or got.interim or got.problem)

    def after(self, event: WireEvent) -> "Wire":
        """What is known after one more event."""
        match event:
            case Sending(at):
                return replace(self, sending_s=at)
            case Sent(at):
                return replace(self, sent_s=at)
            case StreamLimit(_, limit):
                return replace(self, stream_limit=limit)
            case Headers():  # What came before is in the status and the headers now.
                got = self.received
                return replace(self, received=replace(got, size=0, start="") if got else None)
            case HeadReceived(_, received):
                return replace(self, received=received)
            case Undecodable(_, why, start):
                return replace(self, undecodable=why, body_start=start)


NOTHING_SEEN = Wire()


def show_bytes(start: str) -> str:
    """The first bytes without secrets; those that are no ASCII text as escapes."""
    # Redacted before: an escape in front of a header's name would hide where it begins.
    return visible("".join(map(_escape, redact(start))), 300)


def show_start(start: str) -> str:
    """The same in quotes."""
    return f"`{show_bytes(start)}`"


def _escape(byte: str) -> str:
    return _SHORT_ESCAPES.get(byte) or (byte if " " <= byte <= "~" else f"\\x{ord(byte):02x}")


_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


def describe_other_protocol(received: Received) -> str:
    """That what came is no answer of HTTP, what it is if that is known, and how it begins."""
    name = name_protocol(received.start)
    if name == "HTTP/2" and received.is_frames:
        return tr("not valid HTTP/2: {problem}", problem=received.problem)
    what = tr("not HTTP but {name}", name=name) if name else tr("not HTTP")
    if not received.start or received.start.startswith("HTTP/"):
        what = tr("not valid HTTP")
    begins = (
        tr("; it begins with {start}", start=show_start(received.start)) if received.start else ""
    )
    return f"{what}: {received.problem}{begins}"


def describe_unfinished_head(received: Received) -> str:
    """What came in place of complete headers, in a few words; empty if nothing did."""
    interim = f"{plural(received.interim, 'interim answer')} (1xx)" if received.interim else ""
    if not received.size:
        return tr("{interim} but no final answer", interim=interim) if interim else ""
    beginning = f" ({show_start(received.start)})" if not interim else ""
    size = plural(received.size, "byte")
    unfinished = tr(
        "{size} of headers{beginning}, which are not complete", size=size, beginning=beginning
    )
    return (
        tr("{interim}, then {unfinished}", interim=interim, unfinished=unfinished)
        if interim
        else unfinished
    )


def describe_unread(wire: Wire) -> str:
    """What came in place of complete headers; empty if nothing did."""
    if wire.received is None:
        return ""
    is_other = bool(wire.received.problem)
    return (describe_other_protocol if is_other else describe_unfinished_head)(wire.received)


def describe_unsent(wire: Wire) -> str:
    """Why the request counts as never sent."""
    if wire.stream_limit == 0:
        return tr(
            "never sent: the server accepts no request on an HTTP/2 connection "
            "(MAX_CONCURRENT_STREAMS is 0 and stays 0)"
        )
    return tr("never sent completely: the other side did not read all of the request")
