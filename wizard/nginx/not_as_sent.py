"""Why there is no request to show that Nginx passes on."""

from wizard.model.resolution import RequestResolution
from wizard.text.messages import tr


def why_not_as_sent(resolution: RequestResolution) -> str:
    """Why `as_sent` has no request to show, in one sentence."""
    upstream = resolution.upstream
    if resolution.is_undecided or upstream is None:
        return tr("the config does not decide who answers")
    if upstream.kind == "static" or resolution.answer is not None:
        return tr("Nginx passes this request to no backend")
    if upstream.kind == "proxy":
        return tr("Nginx itself answers a request with these headers")
    protocol = {"grpc": tr("gRPC (HTTP/2)")}.get(upstream.kind, upstream.kind)
    return tr(
        "Nginx asks the backend with {protocol}, so there is no proxy_pass request to show",
        protocol=protocol,
    )
