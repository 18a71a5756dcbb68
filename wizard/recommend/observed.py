"""Without a config: a block from what was observed, and what its reader must adapt."""

from urllib.parse import unquote, urlsplit

from wizard.model import LOCAL, Case, Place, Recommendation
from wizard.recommend.changes import Change
from wizard.recommend.draft import Draft, Indent
from wizard.recommend.pieces import Piece
from wizard.recommend.quoting import uri, word
from wizard.recommend.usual import omitted

_PLACEHOLDER = "http://BACKEND:PORT"
_GUARDS = (
    "copy into the block every line that guards or shapes this path today: auth_basic, "
    "auth_request, allow, deny, limit_req, proxy_set_header, rewrite, proxy_ssl_*; without them "
    "the block opens a hole"
)
_WHERE = "put it into the server block that serves this host, beside the location that serves today"


def from_observation(case: Case, changes: tuple[Change, ...], why: str = "") -> Recommendation:
    """A block that needs its reader: no config says what serves this path today."""
    path = unquote(urlsplit(case.target.url).path) or "/"
    address, note = _address(case.target.direct, path)
    pieces = (
        Piece(
            "proxy_pass",
            (address,),
            f"proxy_pass {address};",
            f"proxy_pass {address};",
            note,
            False,
        ),
        *(Piece(one.name, one.args, one.text, one.text, one.reason, False) for one in changes),
    )
    draft = Draft(
        f"location = {word(path)}",
        "this path alone, before any prefix or regex",
        pieces,
        Indent("", "    "),
    )
    return Recommendation(
        summary="a location of its own for the stream; adapt it to your config before use",
        lines=draft.lines(reveal=False),
        omitted=omitted(pieces),
        adapt=tuple(one for one in (why, f"proxy_pass: {note}", _GUARDS, _WHERE) if one),
    )


def _address(direct: tuple[Place, ...], path: str) -> tuple[str, str]:
    """The upstream to write, and what its reader must know about it."""
    for place in direct:
        parts = urlsplit(place.what)
        if parts.scheme in ("http", "https") and parts.hostname:
            origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
            own = unquote(parts.path) or "/"
            return origin + ("" if own == path else uri(own)), _note(place)
    return _PLACEHOLDER, "write the address that today's proxy_pass names"


def _note(place: Place) -> str:
    seen = "this machine" if place.vantage == LOCAL else place.vantage
    return f"the direct URL's address as {seen} reaches it; Nginx must reach it by the same name"
