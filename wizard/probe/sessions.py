"""Messages of an MCP session: which of them the server took, and which it did not know."""

import re
from collections.abc import Iterable

from wizard.model.handshake import Handshake
from wizard.model.timeline import Timeline, is_success
from wizard.text.messages import tr

UNKNOWN_SESSION = frozenset({400, 404})
"""How servers answer for a session that they do not know: the Python SDK 404, the .NET SDK 400.
With another status their answer names the session (supergateway: 503)."""
NO_REPLY = tr("accepted, and no reply came over the stream")
"""The detail of a message whose reply went elsewhere."""
_NO_SESSION_ID = re.compile(r"(?i)\b(missing|required|must|no session id)\b")
"""Answers to a message that arrives without its session id, in whatever process."""
_NAMES_SESSION = re.compile(r"(?i)session")


def is_taken(message: Timeline) -> bool:
    """True if a message was accepted, and its reply came if it asks for one."""
    return is_success(message) and message.ended != "timeout"


def is_unknown(message: Timeline) -> bool:
    """True if a message was rejected because its session is not known."""
    status, text = message.status or 0, message.excerpt
    is_about_it = status in UNKNOWN_SESSION or (status >= 400 and _NAMES_SESSION.search(text))
    return bool(is_about_it) and not _NO_SESSION_ID.search(text)


def is_unanswered(message: Timeline) -> bool:
    """True if a message got no answer, or none over its stream: some servers wait for ever."""
    is_silent = message.status is None or is_success(message)
    return is_silent and message.connect_s is not None and message.ended == "timeout"


def is_lost(message: Timeline) -> bool:
    """True if a message did not reach the process that holds its session, as far as it shows."""
    return is_unknown(message) or is_unanswered(message)


def is_mixed(messages: Iterable[Timeline]) -> bool:
    """True if some messages were taken, and others lost."""
    messages = tuple(messages)
    return any(map(is_taken, messages)) and any(map(is_lost, messages))


def lost_message(handshake: Handshake | None) -> Timeline | None:
    """The message that a session was lost at, in a handshake that had opened one; else None."""
    if handshake is None or handshake.is_complete or not has_session(handshake):
        return None
    first = ("initialize",) if handshake.transport == "http+sse" else ()
    for name in (*first, "initialized", "tools", "ping"):
        exchange = handshake.exchange(name)
        if exchange is None:
            continue
        # A long reply that does not come whole is held: see `proxy-buffering-hold`.
        may_be_silent = name in ("initialize", "initialized")
        message = exchange.timeline
        if is_unknown(message) or (may_be_silent and is_unanswered(message)):
            return message
        is_last = handshake.exchange("initialized") is None
        if name == "initialize" and is_taken(message) and handshake.stage == "reply" and is_last:
            return message
    return None


def has_session(handshake: Handshake) -> bool:
    """True if the server has opened a session: it keeps something between two messages."""
    return bool(handshake.endpoint) or handshake.session
