"""Facts about POSTs: how they were answered, and where the config leads their path."""

import re
from dataclasses import dataclass, replace

from wizard.diagnose.facts import addresses, directives, product
from wizard.diagnose.facts.evidence import post_evidence
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence
from wizard.model.handshake import FOLLOWING, OPENING, Exchange, Handshake
from wizard.model.resolution import RequestResolution, Upstream
from wizard.model.timeline import Timeline, is_success
from wizard.nginx.resolve import resolve_request
from wizard.probe.mcp.message_path import message_url
from wizard.probe.mcp.messages import METHOD_NOT_FOUND, code_of
from wizard.text.display import safe
from wizard.text.messages import tr
from wizard.text.urls import split_url

NOT_FOUND = frozenset({301, 302, 307, 308, 404, 405})
"""Answers of Nginx, or of another service, that does not know the path or has it elsewhere."""
NOT_ABOUT_THE_PATH = frozenset({401, 403, 407, 413, 421, 429, 500, 502, 503, 504})
"""Answers that have other causes than a wrong path."""
_PASSED_PATH = re.compile(r"\w+://(?:\$\{?\w+\}?(?::\d+)?|[^$/]+)(.*)$", re.DOTALL)
"""A proxy_pass; the group is its path. A variable after the address belongs to the path."""
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_WITH_QUERY = re.compile(r"args|query_string|request_uri|arg_\w+")
"""Variables that hold the query or a part of it."""
_PATH_ONLY = re.compile(r"uri|document_uri|\d+")
"""Variables that hold the path or a part of it, without the query."""
_USUAL_NAMES = ("message", "messages/", "messages")
"""Where servers of HTTP+SSE take messages, beside the stream's path."""


@dataclass(frozen=True, slots=True)
class FailedPost:
    """A POST that failed through the proxy: the client's own, or a message of an MCP session.

    Attributes:
        sent: The size of its body in bytes.
        accepted: The backend's answer to the same POST sent directly, if it accepted it.
    """

    answer: Timeline
    sent: int
    accepted: Timeline | None

    @property
    def status(self) -> int:
        """The status of the answer, 0 for no answer."""
        return self.answer.status or 0

    @property
    def by_nginx(self) -> bool:
        """True if the answer is Nginx's own error page: the backend did not give it."""
        return product.is_nginx_page(self.answer.excerpt)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The answers of both sides."""
        return tuple(post_evidence(answer) for answer in (self.answer, self.accepted) if answer)


def failed_post(case: Case) -> FailedPost | None:
    """The POST that failed; None if none was sent, or if no MCP server is known to be there.

    Where the stream itself is the answer to a POST, it is that one.
    """
    if case.target.method != "GET":
        return failed_stream(case)
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    exchange = _failed_exchange(proxied)
    if proxied is None or proxied.is_complete or exchange is None:
        return None
    if code_of(exchange.timeline) == METHOD_NOT_FOUND:
        return None  # an MCP server's own answer (404 since 2026-07-28): the path is right
    is_known = proxied.transport == "http+sse" or proxied.stage in FOLLOWING
    if not is_known and not (direct and direct.is_complete):
        return None
    return FailedPost(exchange.timeline, exchange.sent, _accepted_post(direct, exchange.name))


def failed_stream(case: Case) -> FailedPost | None:
    """The request of the stream itself, if its answer is an error."""
    failed = (each.timeline for each in case.proxy if each.outcome in ("status", "redirect"))
    answer = next(failed, None)
    accepted = next((each.timeline for each in case.direct if is_success(each.timeline)), None)
    return FailedPost(answer, len(case.target.body), accepted) if answer else None


def _accepted_post(direct: Handshake | None, name: str) -> Timeline | None:
    """The answer to that message in a successful direct handshake, if its status is 2xx.

    Of the two that open a session the direct handshake may have sent the other one.
    """
    if direct is None or not direct.is_complete:
        return None
    exchange = direct.opening if name in OPENING else direct.exchange(name)
    answer = exchange.timeline if exchange else None
    return answer if answer and is_success(answer) else None


def _failed_exchange(handshake: Handshake | None) -> Exchange | None:
    """The message that failed; None for one whose answer shows nothing about the path.

    A message after the first one goes where the first one was accepted, so its path is right.
    """
    if handshake is None:
        return None
    if handshake.stage not in FOLLOWING:
        return handshake.opening
    exchange = handshake.exchange(handshake.stage)
    return exchange if exchange and exchange.timeline.status in NOT_ABOUT_THE_PATH else None


def is_untried(case: Case) -> bool:
    """True if no POST was sent through the proxy, though the direct stream names an endpoint."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    unsent = proxied is None or proxied.skipped or proxied.stage in ("stream", "endpoint")
    return unsent and bool(direct and direct.is_complete and direct.endpoint)


def message_path(case: Case) -> str:
    """The path to which a client outside posts; empty if it is not known."""
    url = message_url(case)
    return (split_url(url).path or "/") if url else ""


def stripped_prefix(case: Case) -> str:
    """The prefix that Nginx removes from the stream's path; empty if none is known."""
    resolution, direct = case.resolution, case.handshake("direct")
    if resolution is not None and resolution.upstream is not None:
        return _prefix(resolution.request.path, resolution.upstream.request_uri or "")
    public_path = split_url(case.target.url).path
    return _prefix(public_path, split_url(direct.url).path) if direct and resolution is None else ""


def _prefix(path: str, passed: str) -> str:
    tail = "/" + passed.partition("?")[0].lstrip("/")  # `location /x` with `proxy_pass …/`: `//sse`
    is_tail = len(tail) > 1 and path != tail and path.endswith(tail)
    return path.removesuffix(tail) if is_tail else ""


def reaches_backend(case: Case) -> bool | None:
    """Tell whether the config leads a message to the stream's backend, under the path it names.

    None if the config does not decide it.
    """
    resolution, message = case.resolution, case.message_resolution
    if resolution is None or message is None or not directives.is_proxied(resolution):
        return None
    if not directives.is_proxied(message):
        return False
    same = _same_backend(resolution, message)
    if not same or message.upstream is None:
        return same
    uri = message.upstream.request_uri
    return None if uri is None else uri.partition("?")[0] in _endpoint_paths(case)


def _endpoint_paths(case: Case) -> set[str]:
    """The paths under which the backend may know its endpoint."""
    direct, public, prefix = case.handshake("direct"), message_path(case), stripped_prefix(case)
    own = split_url(direct.post_url).path if direct and direct.post_url else public
    return {own, own.removeprefix(prefix), public.removeprefix(prefix)}


def _same_backend(stream: RequestResolution, message: RequestResolution) -> bool | None:
    first, second = stream.upstream, message.upstream
    if first is None or second is None:
        return None
    if not first.peers or not second.peers:
        return True if _host(first) == _host(second) else None
    return bool(set(map(_peer, first.peers)) & set(map(_peer, second.peers)))


def _host(upstream: Upstream) -> str:
    return upstream.passed.partition("://")[2].partition("/")[0]


def _peer(peer: str) -> str:
    return addresses.canonical(addresses.host_port(peer))


def drops_query(resolution: RequestResolution) -> bool:
    """True if the config surely passes the request on without its query."""
    upstream = resolution.upstream
    if not resolution.request.query or upstream is None or upstream.kind != "proxy":
        return False
    passed, uri = upstream.passed, upstream.request_uri
    if "$" not in passed:
        return uri is not None and "?" not in uri
    match = _PASSED_PATH.match(passed)
    path = match[1] if match else ""
    if not path or _WITH_QUERY.search(passed) or "?" in path:
        return False
    return all(_holds_path_only(resolution, name) for name in _VARIABLE.findall(path))


def _holds_path_only(resolution: RequestResolution, variable: str) -> bool:
    """True for a variable of the path, or a group of the location's regex."""
    location = resolution.location.path if resolution.location else ""
    is_group = re.search(rf"\(\?P?[<']{variable}[>']", location)
    return bool(_PATH_ONLY.fullmatch(variable) or is_group)


@dataclass(frozen=True, slots=True)
class UnroutedMessages:
    """A config in which no usual path of messages leads to the stream's backend.

    Attributes:
        where: File and line of the directive that passes the stream on.
        prefix_removed: True if Nginx removes a prefix of the stream's path, which the backend then
            cannot know.
    """

    where: str
    text: str
    prefix_removed: bool


def unrouted_messages(resolution: RequestResolution) -> UnroutedMessages | None:
    """Find out whether a stream at `…/sse` is routed and its messages are not."""
    folder, _, name = resolution.request.path.rstrip("/").rpartition("/")
    upstream = resolution.upstream
    if name != "sse" or upstream is None or not upstream.peers:
        return None
    # The backend names its own paths: a prefix that Nginx removes is not in them.
    backend_path = (upstream.request_uri or resolution.request.path).partition("?")[0]
    backend_folder = backend_path.rstrip("/").rpartition("/")[0]
    paths = [f"{backend_folder}/{name}" for name in _USUAL_NAMES]
    if any(is_routed(resolution, path) for path in paths):
        return None
    text = tr(
        "Nginx asks the backend for {backend_path}, and neither {first} nor {last} leads to it",
        backend_path=safe(backend_path, 80),
        first=safe(paths[0], 80),
        last=safe(paths[2], 80),
    )
    where = str(upstream.where or resolution.config.main)
    return UnroutedMessages(where, text, backend_folder != folder)


def is_routed(resolution: RequestResolution, path: str) -> bool:
    """True if the config passes this path to the peers of the stream."""
    request = replace(resolution.request, path=path, query="", method="POST")
    message = resolve_request(resolution.config, request, resolution.version)
    stream, other = resolution.upstream, message.upstream
    return bool(stream and other and stream.peers == other.peers)
