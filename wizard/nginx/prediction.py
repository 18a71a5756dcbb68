"""The delivery of each proxied probe as the config predicts it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from wizard.model.case import Prediction
from wizard.model.probe import Probe
from wizard.model.resolution import BodyFilter, Client, RequestResolution, UpstreamFraming
from wizard.model.timeline import Timeline, is_live
from wizard.nginx.delivery import EVENT_STREAM, is_buffered, make_delivery, possible_framings


def observed_version(timelines: Sequence[Timeline | None]) -> str | None:
    """The Nginx version in the first Server header that names one; None if none does."""
    for timeline in timelines:
        header = (timeline.header("server") if timeline else None) or ""
        name, _, version = header.partition("/")
        number = version.split(" ")[0]
        if name.strip().lower() in ("nginx", "openresty") and number[:1].isdigit():
            return number
    return None


def predict_probes(
    resolution: RequestResolution,
    proxied: Sequence[Probe],
    direct: Sequence[Timeline],
    media_type: str = EVENT_STREAM,
) -> tuple[Prediction, ...]:
    """The predicted delivery of each proxied probe, one for each way in which it may be delivered.

    The direct probes show the backend's X-Accel-Buffering header, its framing, and whether it
    sends events; `media_type` is the stream's, which decides whether it is compressed. A body
    filter's script decides itself what it passes on and when.
    """
    upstream = resolution.upstream
    if upstream is None or upstream.kind in ("static", "undecided") or not resolution.clients:
        return ()
    prefix = resolution.buffering_prefix
    headers = (timeline.header("x-accel-buffering") for timeline in direct)
    x_accel_buffering = next(filter(None, headers), None)
    buffering = is_buffered(resolution.settings, prefix, x_accel_buffering)
    possible = product(proxied, _framings(resolution, direct), _filters(resolution, buffering))
    predictions = (
        Prediction(
            probe.label,
            make_delivery(
                resolution.settings,
                prefix,
                probe.encoding,
                buffering=buffering,
                client=_client_kind(probe, resolution),
                upstream=framing,
                silent=bool(direct) and not any(map(is_live, direct)),
                version=resolution.version,
                filters=filters,
                unknown=resolution.unknown,
                media_type=media_type,
            ),
        )
        for probe, framing, filters in possible
    )
    return tuple(dict.fromkeys(predictions))


def _filters(resolution: RequestResolution, buffering: bool) -> tuple[tuple[BodyFilter, ...], ...]:
    """The body filters in force. If what one does depends on its script, or on how fast the stream
    is, also those without it, and the same with it as one whose effect is not known."""
    doubtful = {"script", "rate"} if buffering else {"script"}
    filters = resolution.body_filters
    others = tuple(each for each in filters if each.effect not in doubtful)
    if others == filters:
        return (filters,)
    unknown = (replace(each, effect="unknown") for each in filters if each.effect in doubtful)
    return (filters, others, (*others, *unknown))


def _client_kind(probe: Probe, resolution: RequestResolution) -> Client:
    """The kind of client that this probe is to the server.

    If the server does not listen with the URL's scheme, another proxy in front of it terminates TLS
    and is the client; then the first kind that the server allows is taken.
    """
    is_tls = probe.url.startswith("https:")
    kind: Client = "h1-tls" if is_tls else "h1"
    if probe.http == "2":
        kind = "h2" if is_tls else "h2c"
    return kind if kind in resolution.clients else resolution.clients[0]


def _framings(
    resolution: RequestResolution, direct: Sequence[Timeline]
) -> tuple[UpstreamFraming, ...]:
    """The framings with which the backend may respond to Nginx.

    With HTTP/1.1 the one that a direct probe over HTTP/1.1 observed. Nothing shows the framing of a
    response to HTTP/1.0: a few backends send chunks even then.
    """
    possible = possible_framings(resolution.settings)
    if "proxy_http_version" not in resolution.settings or possible == ("frames",):
        return possible
    framings = (timeline.framing for timeline in direct if timeline.http != "2")
    observed = next(filter(None, framings), None)
    if possible == ("close",):
        return ("close",) if observed in ("close", "length") else ("close", "chunked")
    if observed is None:
        return possible
    return ("chunked",) if observed == "chunked" else ("close",)
