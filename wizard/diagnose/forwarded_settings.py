"""Settings by which a backend learns the URL that the client asked for."""

from wizard.diagnose.rule_settings import own_lines, repeated_lines
from wizard.model.case import Case, FollowUpResult
from wizard.model.change import Change
from wizard.model.resolution import RequestResolution


def forwarded_headers(
    case: Case, resolution: RequestResolution | None, helpful: FollowUpResult | None, reason: str
) -> tuple[Change, ...]:
    """The headers of a proxy with which a direct request had the answer that is wanted, and the
    rest of the set as it is; empty if none had."""
    if helpful is None:
        return ()
    host = "Host" if helpful.timeline.probe.host else "X-Forwarded-Host"
    values = ((host, "$http_host"), ("X-Forwarded-Proto", _scheme(case, resolution)))
    changes = [Change.from_args("proxy_set_header", pair, reason) for pair in values]
    if resolution is None or own_lines(resolution, "proxy_set_header"):
        return tuple(changes)
    present = {change.key for change in changes}
    return (*changes, *repeated_lines(resolution, "proxy_set_header", present))


def _scheme(case: Case, resolution: RequestResolution | None) -> str:
    """The public scheme as a config writes it: a literal where TLS ends before this Nginx."""
    clients = resolution.clients if resolution else ()
    is_tls_here = any(client in ("h1-tls", "h2") for client in clients)
    is_ended_before = case.target.url.lower().startswith("https:") and not is_tls_here
    return "https" if is_ended_before and resolution else "$scheme"
