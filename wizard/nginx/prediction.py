from collections.abc import Sequence
from urllib.parse import urlsplit

from wizard.model.case import Prediction
from wizard.model.resolution import Client, Delivery, Request, Site, UpstreamFraming
from wizard.model.timeline import Leg, Timeline, is_live
from wizard.nginx.delivery import buffering_on, gzip_applies, predict


def request_for(url: str) -> Request:
    """The request that Nginx would see for this URL."""
    parts = urlsplit(url)
    return Request(
        path=parts.path or "/",
        host=parts.hostname,
        scheme="https" if parts.scheme == "https" else "http",
        port=parts.port,
        query=parts.query,
    )


def observed_version(lines: Sequence[Timeline | None]) -> str | None:
    """The Nginx version that a Server header names, None if none does."""
    for line in lines:
        name, _, version = ((line.header("server") if line else None) or "").partition("/")
        number = version.split(" ")[0]
        if name.strip().lower() in ("nginx", "openresty") and number[:1].isdigit():
            return number
    return None


def predictions(
    site: Site, proxied: Sequence[Leg], direct: Sequence[Timeline]
) -> tuple[Prediction, ...]:
    """For each proxied leg what the config allows: one row for each framing that is possible."""
    if site.upstream is None or site.upstream.kind == "static" or not site.clients:
        return ()
    said = next((h for line in direct if (h := line.header("x-accel-buffering"))), None)
    buffering = buffering_on(site.effective, said)
    silent = bool(direct) and not any(is_live(line) for line in direct)
    return tuple(
        Prediction(leg.label, _row(site, leg, framing, buffering=buffering, silent=silent))
        for leg in proxied
        for framing in _framings(site, direct)
    )


def _row(
    site: Site, leg: Leg, framing: UpstreamFraming, *, buffering: bool, silent: bool
) -> Delivery:
    client = client_of(leg, site)
    result = predict(
        buffering=buffering,
        client=client,
        gzip_applied=gzip_applies(site.effective, leg.encoding),
        upstream=framing,
        silent=silent,
        version=site.version,
    )
    return Delivery(client, leg.encoding, framing, result)


def client_of(leg: Leg, site: Site) -> Client:
    """The kind of client that this leg is to the server.

    Where the URL's scheme is none that the server listens with, something in front ends the TLS,
    and the server's own client is that: its first kind is taken.
    """
    secure = leg.url.startswith("https:")
    kind: Client = (
        ("h2" if secure else "h2c") if leg.http == "2" else ("h1-tls" if secure else "h1")
    )
    return kind if kind in site.clients else site.clients[0]


def _framings(site: Site, direct: Sequence[Timeline]) -> tuple[UpstreamFraming, ...]:
    """How the backend will frame its response to Nginx: as the direct leg showed over HTTP/1.1,
    if that is what Nginx speaks; ended by close, if Nginx speaks HTTP/1.0."""
    allowed = tuple(dict.fromkeys(row.upstream for row in site.delivery))
    if len(allowed) < 2:
        return allowed or ("close",)
    seen = next((line.framing for line in direct if line.http != "2" and line.framing), None)
    if seen is None:
        return allowed
    return ("chunked",) if seen == "chunked" else ("close",)
