"""Without a config: blocks from what was observed, and what their reader must adapt."""

from collections.abc import Iterator
from urllib.parse import unquote, urljoin, urlsplit

from wizard.model.case import Case
from wizard.model.diagnosis import BlockLine, Recommendation
from wizard.model.target import LOCAL, Source
from wizard.recommend.affinity import balance
from wizard.recommend.block import Draft, Indent, changed
from wizard.recommend.change import Change, line
from wizard.recommend.config_text import uri, word
from wizard.recommend.omitted import omitted
from wizard.recommend.settings import BOTH, ROUTING, changes, message_changes

_PLACEHOLDER = "http://BACKEND:PORT"
_GUARDS = (
    "copy into the block every line that guards or shapes this path today: auth_basic, "
    "auth_request, allow, deny, limit_req, proxy_set_header, rewrite, proxy_ssl_*; without them "
    "the block opens a hole"
)
_WHERE = "put it into the server block that serves this host, beside the location that serves today"
_WHY_OWN = "this path alone, before any prefix or regex"
_POSTS = ROUTING | BOTH | {"body-too-large", "header-timeout-504", "query-dropped"}


def from_observation(case: Case, ids: frozenset[str], why: str = "") -> Recommendation:
    """Blocks that need their reader: no config says what serves these paths today."""
    drafts = _drafts(case, ids)
    notes = (balance(None).note,) if "no-affinity" in ids else ()
    return Recommendation(
        summary=_summary(len(drafts)),
        lines=tuple(_lines(drafts)),
        omitted=omitted([piece for draft in drafts for piece in draft.pieces]),
        adapt=tuple(
            one for one in (why, f"proxy_pass: {_address(case)[1]}", _GUARDS, _WHERE, *notes) if one
        ),
    )


def _drafts(case: Case, ids: frozenset[str]) -> list[Draft]:
    path, post = _decoded(case.target.url), posted(case)
    wanted, has_post = changes(case, ids), post is not None and bool(ids & _POSTS)
    stream, messages = [], message_changes(case, None, ids)
    if post and has_post and post[0] != path:
        stream = [_block(case, post[0], post[1], messages)]
    elif has_post:
        wanted = (*wanted, *messages)
    if wanted or not stream:
        stream.insert(0, _block(case, path, _direct_path(case) or path, wanted))
    return stream


def _summary(count: int) -> str:
    what = "a location of its own for the path" if count == 1 else "a location for each path"
    return f"{what}; adapt it to your config before use"


def _lines(drafts: list[Draft]) -> Iterator[BlockLine]:
    for at, draft in enumerate(drafts):
        if at:
            yield BlockLine("", "between two blocks", kept=True)
        yield from draft.lines(reveal=False)


def _block(case: Case, path: str, upstream_path: str, wanted: tuple[Change, ...]) -> Draft:
    """A location for this path, sent to the direct URL's address as the backend knows it."""
    origin, note = _address(case)
    address = origin + ("" if upstream_path == path else uri(upstream_path))
    passing = line("proxy_pass", (address,), note)
    pieces = tuple(map(changed, (passing, *wanted)))
    return Draft(f"location = {word(path)}", _WHY_OWN, pieces, Indent("", "    "))


def posted(case: Case) -> tuple[str, str] | None:
    """The path that messages are posted to, as clients see it and as the backend does."""
    found = next((one for one in case.handshakes if one.endpoint), None)
    if found is None:
        return None
    url = urljoin(case.target.url, found.endpoint)
    if urlsplit(url)[:2] != urlsplit(case.target.url)[:2]:
        return None
    base = _direct_path(case) or _decoded(case.target.url)
    return _decoded(url), _decoded(urljoin(base, found.endpoint))


def _decoded(url: str) -> str:
    return unquote(urlsplit(url).path) or "/"


def _direct(case: Case) -> Source | None:
    places = ((place, urlsplit(place.locator)) for place in case.target.direct)
    usable = (one for one, url in places if url.scheme in ("http", "https") and url.hostname)
    return next(usable, None)


def _direct_path(case: Case) -> str | None:
    place = _direct(case)
    return _decoded(place.locator) if place else None


def _address(case: Case) -> tuple[str, str]:
    """The upstream to write, and what its reader must know about it."""
    place = _direct(case)
    if place is None:
        return _PLACEHOLDER, "write the address that today's proxy_pass names"
    parts = urlsplit(place.locator)
    seen = "this machine" if place.vantage == LOCAL else place.vantage
    note = f"the direct URL's address as {seen} reaches it; Nginx must reach it by the same name"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", note
