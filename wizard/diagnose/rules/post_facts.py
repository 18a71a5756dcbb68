"""Questions about the POST of messages: what it met, and where the config leads it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from wizard.diagnose.rules import addresses, facts
from wizard.model.case import Case
from wizard.model.diagnosis import Evidence
from wizard.model.handshake import Exchange, Handshake, Side
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline
from wizard.probe.mcp.message_path import message_url
from wizard.text.display import safe, seconds

NOT_THERE = frozenset({404, 405})
"""How Nginx, or another service, says that it knows no such path."""
NOT_OF_THE_PATH = frozenset({401, 403, 407, 413, 421, 429, 500, 502, 503, 504})
"""Answers that have other causes than a wrong path."""
_PAGE = "<center>nginx"


@dataclass(frozen=True, slots=True)
class Failed:
    """A POST that failed through the proxy, in an MCP server's session.

    Attributes:
        sent: Its body's size in bytes.
        taken: The same message's answer from the backend itself, where that took it.
    """

    answer: Timeline
    sent: int
    taken: Timeline | None

    @property
    def status(self) -> int:
        """What was answered, 0 for nothing."""
        return self.answer.status or 0

    @property
    def by_nginx(self) -> bool:
        """Whether the answer is Nginx's own page, so that no backend was asked."""
        return _PAGE in self.answer.excerpt

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What both sides answered."""
        return tuple(of_post(line) for line in (self.answer, self.taken) if line)


def failed(case: Case) -> Failed | None:
    """The POST that failed; None where none was sent, or where no MCP server is known to be."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    sent = first_post(proxied)
    if proxied is None or proxied.done or sent is None:
        return None
    if proxied.transport != "http+sse" and not (direct and direct.done):
        return None
    return Failed(sent.timeline, sent.sent, taken(direct))


def taken(spoken: Handshake | None) -> Timeline | None:
    """The answer to the first message where it was taken; None otherwise."""
    sent = first_post(spoken)
    if sent is None or sent.timeline.status is None or not 200 <= sent.timeline.status < 300:
        return None
    return sent.timeline if spoken and spoken.done else None


def first_post(spoken: Handshake | None) -> Exchange | None:
    """The message that opens the session."""
    made = {one.name: one for one in spoken.exchanges} if spoken else {}
    return made.get("initialize") or made.get("discover")


def message_path(case: Case) -> str:
    """The path to which a client outside posts; empty if it is not known."""
    url = message_url(case)
    return (urlsplit(url).path or "/") if url else ""


def prefix(case: Case) -> str:
    """What Nginx takes off the front of the stream's path; empty if nothing is known to be."""
    resolution, direct = case.resolution, case.handshake("direct")
    if resolution is not None and resolution.upstream is not None:
        return _stripped(resolution.request.path, resolution.upstream.request_uri or "")
    asked = urlsplit(case.target.url).path
    return _stripped(asked, urlsplit(direct.url).path) if direct and resolution is None else ""


def _stripped(asked: str, passed: str) -> str:
    path = passed.partition("?")[0]
    is_tail = len(path) > 1 and asked != path and asked.endswith(path)
    return asked.removesuffix(path) if is_tail else ""


def arrives(case: Case) -> bool | None:
    """Whether the config leads a message to the stream's backend, under the path that this names;
    None where the config does not decide it."""
    resolution, message = case.resolution, case.message_resolution
    if resolution is None or message is None or not facts.proxied_by(resolution):
        return None
    if not facts.proxied_by(message):
        return False
    same = _same_backend(resolution, message)
    if not same or message.upstream is None:
        return same
    uri = message.upstream.request_uri
    return None if uri is None else uri.partition("?")[0] in _expected(case)


def _expected(case: Case) -> set[str]:
    """The paths under which the backend may know its endpoint."""
    direct, public, off = case.handshake("direct"), message_path(case), prefix(case)
    own = urlsplit(direct.post_url).path if direct and direct.post_url else public
    return {own, own.removeprefix(off), public.removeprefix(off)}


def _same_backend(one: RequestResolution, other: RequestResolution) -> bool | None:
    here, there = one.upstream, other.upstream
    if here is None or there is None:
        return None
    if not here.peers or not there.peers:
        return True if _host(here.passed) == _host(there.passed) else None
    return bool({_address(peer) for peer in here.peers} & {_address(peer) for peer in there.peers})


def _host(passed: str) -> str:
    return passed.partition("://")[2].partition("/")[0]


def _address(peer: str) -> str:
    return addresses.named(addresses.address(peer))


def untried(case: Case) -> bool:
    """Whether no message was sent through the proxy, though the stream names an endpoint."""
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    waits = proxied is None or proxied.skipped or proxied.stage in ("stream", "endpoint")
    return waits and bool(direct and direct.done and direct.endpoint)


def of_post(line: Timeline) -> Evidence:
    """A POST and its answer."""
    path = safe(urlsplit(line.probe.url).path or "/", 120)
    if line.status is None:
        silence = safe(line.detail or line.ended or "silence", 120)
        return Evidence("probe", line.probe.label, f"POST {path} got no answer: {silence}")
    body = safe(line.excerpt.strip(), 80)
    page = "Nginx's own page" if _PAGE in line.excerpt else body
    told = f": {page}" if page and line.status >= 400 else ""
    said = f"POST {path} answered {line.status} after {seconds(line.headers_s)}{told}"
    return Evidence("probe", line.probe.label, said)


def of_side(case: Case, side: Side) -> Evidence | None:
    """What the endpoint event of that side's stream says."""
    spoken = case.handshake(side)
    if spoken is None or not spoken.endpoint:
        return None
    named = safe(spoken.endpoint.partition("?")[0], 120)
    return Evidence("probe", f"mcp-{side}", f"the endpoint event says {named}")


def of_way(resolution: RequestResolution) -> Evidence:
    """Where the config leads a path: the location, and what the backend is asked for."""
    path = safe(resolution.request.path, 120)
    if resolution.location is None:
        where = (
            str(resolution.server.directive.where) if resolution.server else resolution.config.main
        )
        return Evidence("config", where, f"{path}: no location matches it")
    place = f"location {resolution.location.modifier} {resolution.location.path}".replace("  ", " ")
    where = str(resolution.location.directive.where)
    head = f"{path} is served by {safe(place, 80)}"
    if not facts.proxied_by(resolution) or resolution.upstream is None:
        return Evidence("config", where, f"{head}, which passes it to no backend")
    passed = f"{resolution.upstream.kind}_pass {safe(resolution.upstream.passed, 120)}"
    where = str(resolution.upstream.where or where)
    uri = resolution.upstream.request_uri
    asked = safe(uri.partition("?")[0], 120) if uri else "a path that variables decide"
    return Evidence("config", where, f"{head}: {passed} asks the backend for {asked}")


def ways(case: Case) -> tuple[Evidence, ...]:
    """The stream's way and the message's, as far as the config was read."""
    return tuple(
        of_way(resolution)
        for resolution in (case.resolution, case.message_resolution)
        if resolution
    )
