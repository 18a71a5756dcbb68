from collections.abc import Sequence

from wizard.model.case import Prediction
from wizard.model.resolution import Client, Delivery, RequestResolution, UpstreamFraming
from wizard.model.timeline import Probe, Timeline, is_live
from wizard.nginx.delivery import buffering_on, gzip_applies, predict_delivery


def observed_version(lines: Sequence[Timeline | None]) -> str | None:
    """The Nginx version that a Server header names, None if none does."""
    for line in lines:
        name, _, version = ((line.header("server") if line else None) or "").partition("/")
        number = version.split(" ")[0]
        if name.strip().lower() in ("nginx", "openresty") and number[:1].isdigit():
            return number
    return None


def predict_probes(
    resolution: RequestResolution, proxied: Sequence[Probe], direct: Sequence[Timeline]
) -> tuple[Prediction, ...]:
    """For each proxied probe what the config allows: one row for each framing that is possible."""
    if (
        resolution.upstream is None
        or resolution.upstream.kind == "static"
        or not resolution.clients
    ):
        return ()
    said = next((h for line in direct if (h := line.header("x-accel-buffering"))), None)
    buffering = buffering_on(resolution.settings, resolution.buffering_prefix, said)
    silent = bool(direct) and not any(is_live(line) for line in direct)
    return tuple(
        Prediction(
            probe.label, _row(resolution, probe, framing, buffering=buffering, silent=silent)
        )
        for probe in proxied
        for framing in _framings(resolution, direct)
    )


def _row(
    resolution: RequestResolution,
    probe: Probe,
    framing: UpstreamFraming,
    *,
    buffering: bool,
    silent: bool,
) -> Delivery:
    client = client_kind(probe, resolution)
    result = predict_delivery(
        buffering=buffering,
        client=client,
        gzip_applied=gzip_applies(resolution.settings, probe.encoding),
        upstream=framing,
        silent=silent,
        version=resolution.version,
    )
    return Delivery(client, probe.encoding, framing, result)


def client_kind(probe: Probe, resolution: RequestResolution) -> Client:
    """The kind of client that this probe is to the server.

    Where the URL's scheme is none that the server listens with, something in front ends the TLS,
    and the server's own client is that: its first kind is taken.
    """
    secure = probe.url.startswith("https:")
    kind: Client = (
        ("h2" if secure else "h2c") if probe.http == "2" else ("h1-tls" if secure else "h1")
    )
    return kind if kind in resolution.clients else resolution.clients[0]


def _framings(
    resolution: RequestResolution, direct: Sequence[Timeline]
) -> tuple[UpstreamFraming, ...]:
    """How the backend will frame its response to Nginx: as the direct probe showed over HTTP/1.1,
    if that is what Nginx speaks; ended by close, if Nginx speaks HTTP/1.0."""
    allowed = tuple(dict.fromkeys(row.upstream for row in resolution.delivery))
    if len(allowed) < 2:
        return allowed or ("close",)
    seen = next((line.framing for line in direct if line.http != "2" and line.framing), None)
    if seen is None:
        return allowed
    return ("chunked",) if seen == "chunked" else ("close",)
