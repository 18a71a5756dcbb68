"""Which of the usual paths of an event stream a server answers, where its URL has none."""

from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from wizard.model.events import Ended, Headers
from wizard.model.probe import Probe
from wizard.model.target import Target
from wizard.probe.probe import run_probe_within
from wizard.probe.request import ProbeOptions, RequestBudget, headers_of_all
from wizard.text.display import safe
from wizard.text.messages import tr
from wizard.text.urls import http_url

USUAL_PATHS = ("/sse", "/mcp")
"""The paths of MCP's two transports in its SDKs' examples; they are asked for in this order."""


@dataclass(frozen=True, slots=True)
class PathAnswer:
    """How a GET of one path was answered, in words; `is_stream` for `text/event-stream`."""

    url: str
    answer: str
    is_stream: bool = False


def has_path(target: Target) -> bool:
    """False if the URL names a server alone, so that the stream's path may be missing."""
    parts = urlsplit(http_url(target.url))
    return bool(parts.path.strip("/") or parts.query)


def usual_urls(target: Target) -> tuple[str, ...]:
    """The target's URL with each of the usual paths."""
    base = target.url.partition("?")[0].partition("#")[0].rstrip("/")
    return tuple(f"{base}{path}" for path in USUAL_PATHS)


async def ask_usual_paths(target: Target) -> tuple[PathAnswer, ...]:
    """Send one GET to each of the usual paths, one after the other; each ends with its headers.

    Redirects are not followed. No answer within the target's longest wait is an answer too.
    """
    options = ProbeOptions(
        headers=headers_of_all(target),
        insecure=target.insecure,
        connect_to=target.connect_to,
        budget=RequestBudget(len(USUAL_PATHS)),
    )
    return tuple([await _ask(url, options, target.stall) for url in usual_urls(target)])


async def _ask(url: str, options: ProbeOptions, timeout_s: float) -> PathAnswer:
    with suppress(TimeoutError):
        probe = Probe("sse-proxy", url)
        async with aclosing(run_probe_within(probe, options, None, timeout_s)) as events:
            async for event in events:
                if isinstance(event, Headers):
                    return _answer_of(url, event)
                if isinstance(event, Ended):
                    return PathAnswer(url, safe(event.detail, 200) or tr("no answer"))
    return PathAnswer(url, tr("no answer within {timeout_s:g} s", timeout_s=timeout_s))


def _answer_of(url: str, headers: Headers) -> PathAnswer:
    types = (value for name, value in headers.headers if name == "content-type")
    media_type = next(types, "").partition(";")[0].strip().lower()
    if headers.status == 200 and media_type == "text/event-stream":
        return PathAnswer(url, "text/event-stream", is_stream=True)
    shown = safe(media_type, 60) or tr("no content type")
    return PathAnswer(url, tr("HTTP {status}, {shown}", status=headers.status, shown=shown))


def only_stream(answers: Sequence[PathAnswer]) -> str | None:
    """The URL of the only answer that is an event stream; None if there is none, or several."""
    streams = [answer.url for answer in answers if answer.is_stream]
    return streams[0] if len(streams) == 1 else None
