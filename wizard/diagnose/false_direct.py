"""Direct URLs that lead through the proxy after all, and the case without them.

A request that passes the proxy shows nothing of the backend: compared with the proxied one it
would clear the proxy of what it does, or accuse the backend of it.
"""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from wizard.diagnose.facts import addresses, logs
from wizard.diagnose.outcome import classify
from wizard.diagnose.predictions import predict
from wizard.model.case import Case
from wizard.model.probe_result import ProbeResult
from wizard.text.display import comma_list, safe
from wizard.text.messages import tr
from wizard.text.urls import is_unix

_Place = tuple[str, str]
"""A direct URL and the vantage from which it was asked."""


def without_false_direct(case: Case) -> Case:
    """The case without direct URLs that lead through the proxy; the others are classified again."""
    false = {place for place, _ in _false_places(case)}
    if not false:
        return case
    direct = tuple(result for result in case.direct if _place(result) not in false)
    timelines = [result.timeline for result in direct]
    proxied = [result.timeline for result in case.proxy]
    urls = {url for url, _ in false}
    case = replace(
        case,
        direct=direct,
        proxy=tuple(classify(timeline, timelines) for timeline in proxied),
        hops=tuple(classify(result.timeline, timelines) for result in case.hops),
        handshakes=tuple(
            each for each in case.handshakes if each.side == "proxy" or each.url not in urls
        ),
        follow_ups=tuple(
            sent for sent in case.follow_ups if not sent.timeline.probe.name.endswith("-direct")
        ),
    )
    return replace(case, predictions=predict(case, (timeline.probe for timeline in proxied)))


def describe_false_direct(case: Case) -> tuple[str, ...]:
    """One sentence for each direct URL that leads through the proxy, with what to give instead."""
    peers = safe(comma_list(addresses.upstream_peers(case)), 200)
    advice = tr("use the address that Nginx passes to ({peers})", peers=peers) if peers else ""
    advice = advice or tr("add the backend's own address")
    return tuple(
        tr(
            "{url} is not direct ({reason}), so its answers are not compared: {advice}.",
            url=safe(url, 200),
            reason=reason,
            advice=advice,
        )
        for (url, _), reason in _false_places(case)
    )


def _place(result: ProbeResult) -> _Place:
    return result.timeline.probe.url, result.timeline.probe.vantage


def _false_places(case: Case) -> Iterator[tuple[_Place, str]]:
    """The direct URLs that lead through the proxy, each with the reason."""
    results = {_place(result): result for result in case.direct}
    for place, result in results.items():
        if reason := _reason(case, result):
            yield place, reason


def _reason(case: Case, result: ProbeResult) -> str:
    """Why this direct probe went through the proxy; empty if nothing shows that it did."""
    if addresses.leads_to(case, result.timeline.probe):
        return ""  # the config itself passes the stream there
    if file := _log_of(case, result):
        return tr("its requests are in the log of this Nginx ({file})", file=safe(file, 120))
    if _is_public_address(case, result):
        return tr("it leads to the same machine and port as the public URL")
    if addresses.is_listener(case, result.timeline):
        address = addresses.host_port(result.timeline.probe.url)
        port = tr("port {port} of that machine", port=address.rpartition(":")[2])
        return tr(
            "by the config, Nginx itself listens on {address}",
            address=address if is_unix(address) else port,
        )
    return ""


def _log_of(case: Case, result: ProbeResult) -> str:
    """The access log of this Nginx that holds this direct probe; empty if none does.

    Probes of several direct URLs have one label: all of them must be there.
    """
    label = result.timeline.probe.label
    sent = sum(other.timeline.probe.label == label for other in case.direct)
    logged = [line for line in logs.direct_in_log(case) if line.client == label]
    return logged[0].file if len(logged) >= sent else ""


def _is_public_address(case: Case, result: ProbeResult) -> bool:
    """True if the direct probe was sent to the address and port of a proxied one.

    All addresses of this machine count as one, unless a config says on which of them Nginx listens.
    """
    direct = _socket(case, result)
    public = [
        _socket(case, other, connect_to=case.target.connect_to)
        for other in case.proxy
        if other.timeline.probe.vantage == result.timeline.probe.vantage
    ]
    return bool(direct) and direct in public


def _socket(case: Case, result: ProbeResult, connect_to: tuple[str, int] | None = None) -> str:
    """The address and port that a probe was sent to; empty if the name has no address."""
    timeline = result.timeline
    address = timeline.address or ""
    try:
        port = connect_to[1] if connect_to else urlsplit(timeline.probe.url).port
    except ValueError:
        return ""
    port = port or (443 if timeline.probe.url.startswith("https:") else 80)
    if timeline.is_own_address and case.resolution is None:
        return f"localhost:{port}"
    return addresses.canonical(f"{addresses.bracketed(address)}:{port}") if address else ""
