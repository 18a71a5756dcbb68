"""A WSGI event stream, for gunicorn: `gunicorn --chdir FOLDER wsgi_events:app`."""

import json
import time
from collections.abc import Callable, Iterator

TICK_S = 0.3


def _ticks() -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        event = {"number": number, "sent_at": time.time()}
        yield f"data: {json.dumps(event)}\n\n".encode()
        time.sleep(TICK_S)


def app(
    environ: dict[str, str], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterator[bytes]:
    """Serve `/events`; everything else is one line of text."""
    if environ["PATH_INFO"] == "/events":
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return _ticks()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return iter([b"ok\n"])
