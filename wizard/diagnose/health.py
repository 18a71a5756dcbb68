"""What is said of a stream that is live: the summary, and what was not seen of it."""

from wizard.diagnose.facts.product import is_proxy_shown
from wizard.model.case import Case
from wizard.text.display import safe, seconds
from wizard.text.messages import tr

_TRANSPORTS = {
    "http+sse": "HTTP+SSE",
    "streamable-http": tr("Streamable HTTP"),
    "stateless": "HTTP",
}
_LONG_WATCH_S = 60.0
"""How long a stream is watched at least where nothing is said of a later cut, in seconds: the usual
timeouts are not longer."""


def describe_place(case: Case) -> str:
    """Where the public requests went: no proxy is named where nothing shows one."""
    return tr("through the proxy") if is_proxy_shown(case) else tr("at the URL")


def describe_health(case: Case) -> str:
    """What is well, in one sentence."""
    place = describe_place(case)
    if case.target.upgrade:
        if any(result.outcome == "ended" for result in case.proxy):
            return tr(
                "The WebSocket opens {place}. The server closes it, with and without the proxy "
                "alike.",
                place=place,
            )
        return tr("The WebSocket stayed open {place} for as long as it was watched.", place=place)
    proxied, live = (
        case.handshake("proxy"),
        tr("The stream is live in every probe {place}", place=place),
    )
    if proxied is None or not proxied.is_complete:
        return _describe_pings(case, place) or tr("{sentence}.", sentence=live)
    protocol = f"{_TRANSPORTS[proxied.transport]} {proxied.version}".strip()
    if proxied.transport == "http+sse":
        return tr("{live}, and MCP over {protocol} works.", live=live, protocol=protocol)
    return tr("MCP over {protocol} works {place}.", protocol=protocol, place=place)


def _describe_pings(case: Case, place: str) -> str:
    """That comments came and no event: a client that waits for one waits for the backend."""
    streams = [each.timeline for each in (*case.proxy, *case.direct) if each.was_made]
    if not all(each.comments and not each.events for each in streams):
        return ""
    if case.direct:
        return tr(
            "The stream is live {place}, but only pings came, there and from the backend "
            "itself: no event was seen.",
            place=place,
        )
    return tr("The stream is live {place}, but only pings came: no event was seen.", place=place)


def describe_unseen(case: Case) -> tuple[str, ...]:
    """What was not seen of streams that are live, a sentence each."""
    return (*_not_compared(case), *_unseen_streams(case), *_short_watch(case))


def _not_compared(case: Case) -> tuple[str, ...]:
    """That a live stream was not compared with what the backend sends, and why."""
    is_live_stream = any(result.timeline.events for result in case.proxy)
    if not is_live_stream or any(result.arrivals for result in case.proxy):
        return ()
    why = tr("no direct URL was given")
    if case.direct:
        why = tr("the direct request: {why}", why=safe(case.direct[0].why, 200))
    elif case.target.direct:
        return ()  # another note says why it is not used
    return (
        tr(
            "Not compared with the backend ({why}), so it is not known whether everything that it "
            "sends arrives.",
            why=why,
        ),
    )


def _unseen_streams(case: Case) -> tuple[str, ...]:
    """That no answer of an MCP server was a stream, where no config shows what would become of one.

    In the revision of 2026-07-28 only a call that reports its progress, or a subscription, is
    answered by one.
    """
    proxied = case.handshake("proxy")
    if case.resolution is not None or proxied is None or proxied.transport != "stateless":
        return ()
    if any(exchange.timeline.is_event_stream for exchange in proxied.exchanges):
        return ()
    return (
        tr(
            "This server answered nothing with an event stream, so it was not seen whether "
            "progress messages arrive while a call runs. --conf shows whether Nginx would hold "
            "them."
        ),
    )


def _short_watch(case: Case) -> tuple[str, ...]:
    """That what cuts a stream later was not looked for, and how it is."""
    open_s = [
        result.timeline.waited_s or 0.0
        for result in case.proxy
        if result.outcome == "live" and result.timeline.ended == "open"
    ]
    if not open_s or case.target.is_sent_once or max(open_s) >= _LONG_WATCH_S:
        return ()
    return (
        tr(
            "The stream was watched for {open_s}. If clients lose it later, --patience 90 "
            "watches it for 90 s, and step 2 of the wizard keeps it open.",
            open_s=seconds(max(open_s)),
        ),
    )
