"""What a browser would ask before a page of the given Origin may POST: one OPTIONS."""

from dataclasses import replace
from urllib.parse import urlsplit

from wizard.model.case import Case, FollowUpResult
from wizard.model.timeline import Probe
from wizard.probe.followups.followup import EXCHANGE_TIMEOUT_S, FollowUp, probe_first_event
from wizard.probe.request import ProbeOptions, RequestSpec

PURPOSE = "preflight"
ASKED = (
    ("Access-Control-Request-Method", "POST"),
    ("Access-Control-Request-Headers", "content-type,mcp-protocol-version"),
)


def origin(case: Case) -> str | None:
    """The Origin that the user gave, if it is another than the URL's own."""
    given = next((value for name, value in case.target.headers if name.lower() == "origin"), None)
    scheme, netloc, *_ = urlsplit(case.target.url)
    return given if given and given.lower() != f"{scheme}://{netloc}".lower() else None


def _needed(case: Case) -> bool:
    """An Origin was given, and the server is well apart from what a browser makes of it."""
    spoken = case.handshake("proxy")
    streams = any(result.timeline.is_event_stream for result in case.proxy)
    return origin(case) is not None and (streams or (spoken is not None and spoken.is_complete))


async def _make(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """One request, without credentials, as a browser makes it."""
    spoken = case.handshake("proxy")
    url = (spoken.post_url if spoken else "") or case.target.url
    bare = replace(options, headers=(("Origin", origin(case) or ""),))
    line = await probe_first_event(
        Probe("replay-proxy", url), bare, EXCHANGE_TIMEOUT_S, RequestSpec("OPTIONS", ASKED)
    )
    return (
        FollowUpResult(
            PURPOSE, line, "the preflight (OPTIONS) that a browser sends before the POST"
        ),
    )


FOLLOW_UP = FollowUp(PURPOSE, _needed, _make)
