"""The end of a finite answer: the events by which it names its end, or an error."""

import re

from wizard.model.timeline import Timeline

LAST_EVENTS = frozenset({"[DONE]"})
"""The data of an event that marks the end of an answer (OpenAI's streaming API and its like)."""
LAST_EVENT_TYPES = frozenset({"done", "end", "complete", "message_stop", "response.completed"})
"""The types of such an event (the APIs of Anthropic and OpenAI, and what servers often use)."""
_DONE = re.compile(r'"done"\s*:\s*true\b')
"""The last line of an answer of Ollama's API and its like."""
_ERROR = re.compile(r'\{\s*(?:"type"\s*:\s*"error"\s*,\s*)?"error"\s*:\s*[{"]')
"""How an error object begins in a stream whose status is 200 (the APIs of OpenAI and Anthropic)."""


def names_its_end(timeline: Timeline) -> bool:
    """True if the last event marks the end of an answer; answers differ in length.

    A WebSocket has no answer: it is closed by a close frame, for whatever reason.
    """
    last = next(reversed(timeline.tail_events), None)
    if last is None or timeline.is_websocket:
        return False
    is_named = last.data in LAST_EVENTS or last.type in LAST_EVENT_TYPES
    return is_named or bool(_DONE.search(last.data))


def last_error(timeline: Timeline) -> str:
    """The error object with which a finite stream ended; empty if it did not end so."""
    events = [event for event in timeline.tail_events[-2:] if event.data not in LAST_EVENTS]
    if timeline.ended != "eof" or not events:
        return ""
    last = events[-1]
    is_error = last.type == "error" or _ERROR.match(last.data)
    return last.data if is_error else ""
