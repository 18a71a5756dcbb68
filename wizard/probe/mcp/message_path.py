"""The path to which an MCP client posts its messages, and what the config does with it."""

from urllib.parse import urljoin

from wizard.model.case import Case
from wizard.model.resolution import RequestResolution
from wizard.nginx.resolve import request_for, resolve_request
from wizard.nginx.settings import duration_s
from wizard.probe.mcp.messages import ACCEPT_BOTH, JSON_CONTENT
from wizard.probe.request import AGENT, headers_of_all
from wizard.text.urls import split_url


def message_url(case: Case) -> str | None:
    """The public URL to which messages are posted, or to which the client posts for its stream.

    None if no endpoint is known, or if it is at another origin, which this Nginx does not serve.
    """
    if case.target.method != "GET":
        return case.target.url
    url, proxied, direct = case.target.url, case.handshake("proxy"), case.handshake("direct")
    post_url = proxied.post_url if proxied else ""
    if not post_url and direct and direct.post_url:
        post_url = urljoin(url, direct.endpoint)
    return post_url if post_url and split_url(post_url)[:2] == split_url(url)[:2] else None


def message_resolution(case: Case) -> RequestResolution | None:
    """What the config does with a message; None if the config or the path is not known."""
    url = message_url(case)
    if case.resolution is None or url is None:
        return None
    method = case.target.method if case.target.method != "GET" else "POST"
    given = {name.lower() for name, _ in case.target.headers}
    agent = () if AGENT[0].lower() in given else (AGENT,)
    headers = (ACCEPT_BOTH, JSON_CONTENT, *agent, *headers_of_all(case.target))
    request = request_for(url, method, headers)
    return resolve_request(case.resolution.config, request, case.resolution.version)


def post_timeout(case: Case, usual: float) -> float:
    """How long the first POST may take, in seconds.

    One second longer than Nginx's read timeout on its path, so that the timeout is observed, unless
    that exceeds `--stall`; at least `usual` and the user's patience.
    """
    resolution, patience = case.message_resolution or case.resolution, case.target.patience
    timeout = resolution.value(f"{resolution.prefix}_read_timeout") if resolution else ""
    after_timeout = (duration_s(timeout) or 0.0) + 1.0
    return max(usual, patience, after_timeout if after_timeout <= case.target.stall else 0.0)
