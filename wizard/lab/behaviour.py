"""What the lab's backend does, to the byte: what a backend can get wrong is what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the backend streams.

    Attributes:
        framing: How it answers HTTP/1.1; HTTP/1.0 is always ended by close.
        first_s: Seconds before the first event; None never sends one.
        flush: Whether headers are sent before the first event; without, they are never sent
            where there is no first event.
        every_s: Seconds between the messages that follow; None stays silent.
        ping_s: Seconds between ping comments; None sends none.
        events: How many messages before it ends the stream; None does not end it.
        gzip: Whether it compresses for a client that accepts it, without ever flushing.
        headers: Further response headers.
        message_s: Seconds that a POSTed request waits for its answer.
        posts: Whether it speaks Streamable HTTP: a POST to `/sse` is answered there and then.
        credential: What Authorization must say, else it answers 401; empty asks for none.
        refuses_upgrade: Whether it answers 400 to a POST that asks to change the protocol.
    """

    framing: Literal["chunked", "close"] = "chunked"
    first_s: float | None = 0.0
    flush: bool = True
    every_s: float | None = 0.5
    ping_s: float | None = None
    events: int | None = None
    gzip: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    message_s: float = 0.0
    posts: bool = False
    credential: str = ""
    refuses_upgrade: bool = False
