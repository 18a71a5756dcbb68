"""Results after which the further steps would show nothing: what happened, and what to do."""

from wizard.model.case import Case
from wizard.model.timeline import Timeline
from wizard.text.display import safe
from wizard.text.messages import tr
from wizard.text.urls import split_url


def dead_end(case: Case) -> str:
    """What to do where nothing answers at the public URL, in one or two sentences; else empty.

    Only what no other request can clear up: no address, no listener, no answer to the connection. A
    TLS handshake that fails is looked into by the step of the stream, which tries the other scheme.
    """
    root = case.root
    if root is None or root.headers_s is not None:
        return ""
    place = _place(root)
    match root.ended:
        case "dns":
            return tr(
                "{place} has no address here. Is the name right? i changes the URL.", place=place
            )
        case "refused":
            return tr(
                "Nothing listens on {place}. Wrong port? Is Nginx up? i changes the URL.",
                place=place,
            )
        case "timeout" if root.connect_s is None:
            return tr(
                "{place} does not accept connections. Is there a firewall in between? i "
                "changes the URL.",
                place=place,
            )
    return ""


def _place(root: Timeline) -> str:
    """Host and port of the request."""
    parts = split_url(root.probe.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = root.address or parts.hostname or ""
    return safe(f"{host}:{port}" if root.ended != "dns" else parts.hostname or "", 100)
