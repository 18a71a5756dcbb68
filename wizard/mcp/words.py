"""What came of an exchange, in one sentence each."""

from wizard.text import in_short, safe
from wizard.timeline import Timeline


def answered(line: Timeline, what: str) -> str:
    """What came of a request."""
    if line.status is None:
        return f"{what} got no answer: {line.detail or line.ended or 'silence'}"
    said = f"{what} answered {line.status}"
    if 300 <= line.status < 400:
        return f"{said} to {safe(line.header('location') or 'nowhere', 120)}, which is not followed"
    if line.is_event_stream:
        return f"{said} with an event stream, and no reply came over it"
    body = in_short(line.excerpt.strip())
    return f"{said}: {body}" if body else said


def no_endpoint(line: Timeline, within: float) -> str:
    """Why a stream has named no endpoint."""
    if line.status is None or not line.is_event_stream:
        return answered(line, "GET")
    if line.ended is not None:
        return "the stream ended before it named an endpoint"
    return f"no endpoint event came within {within:.2g} s"


def no_reply(line: Timeline, taken: int) -> str:
    """Why the POST was taken and the stream holds no reply."""
    if line.ended is not None:
        return f"the POST was taken ({taken}), but the stream ended without a reply"
    return f"the POST was taken ({taken}), but no reply came over the stream"


def elsewhere(url: str) -> str:
    """Why nothing was posted."""
    return f"the endpoint is at another origin, {safe(url, 120)}: nothing was sent there"
