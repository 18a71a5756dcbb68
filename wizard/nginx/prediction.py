"""The delivery of each proxied probe as the config predicts it."""

from collections.abc import Sequence
from itertools import product

from wizard.model.case import Prediction
from wizard.model.resolution import Client, Delivery, RequestResolution, UpstreamFraming
from wizard.model.timeline import Probe, Timeline, is_live
from wizard.nginx.delivery import gzip_applies, is_buffered, predict_delivery


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
    resolution: RequestResolution, proxied: Sequence[Probe], direct: Sequence[Timeline]
) -> tuple[Prediction, ...]:
    """The predicted delivery of each proxied probe, one for each framing that is possible.

    The direct probes show the backend's X-Accel-Buffering header, its framing, and whether it
    sends events.
    """
    upstream = resolution.upstream
    if upstream is None or upstream.kind in ("static", "undecided") or not resolution.clients:
        return ()
    headers = (timeline.header("x-accel-buffering") for timeline in direct)
    x_accel_buffering = next(filter(None, headers), None)
    buffering = is_buffered(resolution.settings, resolution.buffering_prefix, x_accel_buffering)
    silent = bool(direct) and not any(map(is_live, direct))
    predictions: list[Prediction] = []
    for probe, framing in product(proxied, _framings(resolution, direct)):
        client = _client_kind(probe, resolution)
        result = predict_delivery(
            buffering=buffering,
            client=client,
            gzip_applied=gzip_applies(resolution.settings, probe.encoding),
            upstream=framing,
            silent=silent,
            version=resolution.version,
        )
        delivery = Delivery(client, probe.encoding, framing, result)
        predictions.append(Prediction(probe.label, delivery))
    return tuple(predictions)


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

    `close` if Nginx sends HTTP/1.0; else the one that a direct probe over HTTP/1.1 observed.
    """
    allowed = tuple(dict.fromkeys(row.upstream for row in resolution.delivery))
    if len(allowed) < 2:
        return allowed or ("close",)
    framings = (timeline.framing for timeline in direct if timeline.http != "2")
    observed = next(filter(None, framings), None)
    if observed is None:
        return allowed
    return ("chunked",) if observed == "chunked" else ("close",)
