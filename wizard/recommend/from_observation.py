"""A recommendation without a config: from what was observed, with what its reader must adapt."""

from urllib.parse import unquote, urljoin, urlsplit

from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.diagnosis import Recommendation
from wizard.model.target import LOCAL, Source
from wizard.nginx.upstream import escape_uri
from wizard.recommend.block import Block, lines_of, write_change
from wizard.recommend.outer_blocks import no_upstream_note
from wizard.recommend.reasons import omitted_lines
from wizard.recommend.settings import WantedSettings
from wizard.text.config_tokens import quote_argument

_PLACEHOLDER = "http://BACKEND:PORT"
_GUARDS = (
    "copy into the block every line that protects or changes this path today: auth_basic, "
    "auth_request, allow, deny, limit_req, proxy_set_header, rewrite, proxy_ssl_*; without "
    "them the block bypasses your access control"
)
_WHERE = "put it into the server block that serves this host, beside the location that serves today"
_WHY_OWN = "this path alone, before any prefix or regex"


def recommend_from_observation(
    case: Case, wanted: WantedSettings, problem: str = ""
) -> Recommendation:
    """Locations for the stream and its messages; no config shows what serves these paths today.

    `problem` says why a config that was given cannot be used.
    """
    blocks = _blocks(case, wanted)
    what = "a location of its own for the path" if len(blocks) == 1 else "a location for each path"
    _, note = _upstream_address(case)
    affinity = map(no_upstream_note, wanted.for_stream(case, "upstream"))
    notes = (problem, f"proxy_pass: {note}", _GUARDS, _WHERE, *affinity)
    return Recommendation(
        summary=f"{what}; adapt it to your config before use",
        lines=tuple(lines_of(blocks)),
        omitted=omitted_lines(line.words for block in blocks for line in block.statements),
        adapt=tuple(filter(None, notes)),
    )


def _blocks(case: Case, wanted: WantedSettings) -> list[Block]:
    path, post = _decoded_path(case.target.url), message_paths(case)
    changes, posted = wanted.for_stream(case), wanted.for_messages(case, None)
    blocks = []
    if post and wanted.concerns_messages:
        if post[0] == path:
            changes = (*changes, *posted)
        else:
            blocks.append(_location(case, *post, posted))
    if changes or not blocks:
        blocks.insert(0, _location(case, path, _direct_path(case) or path, changes))
    return blocks


def _location(case: Case, path: str, upstream_path: str, changes: tuple[Change, ...]) -> Block:
    """A location for this path, passed to the direct URL's address."""
    origin, note = _upstream_address(case)
    address = origin + ("" if upstream_path == path else escape_uri(upstream_path))
    passing = Change.from_args("proxy_pass", (address,), note)
    header = f"location = {quote_argument(path)}"
    return Block(header, _WHY_OWN, tuple(map(write_change, (passing, *changes))))


def message_paths(case: Case) -> tuple[str, str] | None:
    """The path that messages are posted to, as clients know it and as the backend does."""
    endpoint = next(filter(None, (shake.endpoint for shake in case.handshakes)), "")
    url = urljoin(case.target.url, endpoint)
    if not endpoint or urlsplit(url)[:2] != urlsplit(case.target.url)[:2]:
        return None
    base = _direct_path(case) or _decoded_path(case.target.url)
    return _decoded_path(url), _decoded_path(urljoin(base, endpoint))


def _decoded_path(url: str) -> str:
    return unquote(urlsplit(url).path) or "/"


def _direct(case: Case) -> Source | None:
    """The first direct place whose URL can be an upstream."""
    for place in case.target.direct:
        url = urlsplit(place.locator)
        if url.scheme in ("http", "https") and url.hostname:
            return place
    return None


def _direct_path(case: Case) -> str | None:
    place = _direct(case)
    return _decoded_path(place.locator) if place else None


def _upstream_address(case: Case) -> tuple[str, str]:
    """The upstream to write, and what its reader must know about it."""
    place = _direct(case)
    if place is None:
        return _PLACEHOLDER, "write the address that today's proxy_pass names"
    url = urlsplit(place.locator)
    vantage = "this machine" if place.vantage == LOCAL else place.vantage
    note = f"the direct URL's address as {vantage} reaches it; Nginx must reach it by the same name"
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}", note
