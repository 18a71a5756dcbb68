from urllib.parse import urljoin, urlsplit

from wizard.model.case import Case
from wizard.model.resolution import RequestResolution
from wizard.nginx.resolve import request_for, resolve_request
from wizard.nginx.settings import duration_s


def message_url(case: Case) -> str | None:
    """Where a client outside posts its messages; None where no endpoint is known, or where it
    lies at another origin: that is not this Nginx's to serve."""
    url, proxied, direct = case.target.url, case.handshake("proxy"), case.handshake("direct")
    found = proxied.post_url if proxied else ""
    if not found and direct and direct.post_url:
        found = urljoin(url, direct.endpoint)
    return found if found and urlsplit(found)[:2] == urlsplit(url)[:2] else None


def message_resolution(case: Case) -> RequestResolution | None:
    """What the config that was read says of the path to which messages are posted."""
    url = message_url(case)
    if case.resolution is None or url is None:
        return None
    return resolve_request(case.resolution.config, request_for(url), case.resolution.version)


def post_timeout(case: Case, usual: float) -> float:
    """How long, in seconds, the first POST may take: past the read timeout of the path that takes
    it, where that is known and no longer than the user would wait."""
    resolution, patience = case.message_resolution or case.resolution, case.target.patience
    timeout = resolution.value(f"{resolution.prefix}_read_timeout") if resolution else ""
    past = (duration_s(timeout) or 0.0) + 1.0
    return max(usual, patience, past if past <= case.target.stall else 0.0)
