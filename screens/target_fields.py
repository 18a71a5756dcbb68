"""The fields of the form for a target."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.widgets import Input

from screens.curl_input import CurlInput
from screens.path_completion import PathSuggester
from screens.questions import parse_existing_config, parse_existing_log, parse_urls
from screens.widgets.fields import make_input
from wizard.model.body import read_body
from wizard.model.parse import check_url, parse_header, parse_method
from wizard.model.vantage import Vantage
from wizard.text.messages import tr

MAX_REPEATED = 8
"""How many logs, and how many headers, the form takes."""
_COMPLETES = tr("→ completes a path")
_REPEATS = tr("⏎ adds another")
_COMPLETES_AND_REPEATS = tr("→ completes a path, ⏎ adds another")
_WITH_PATHS = ("conf", "log", "body")
"""The fields in which a path is completed."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its title, an example, and the function that parses its text.

    Attributes:
        hint: What keys do in it.
        is_repeated: Whether Enter in a filled field adds another one of its kind.
    """

    id: str
    title: str
    example: str
    parse: Callable[[str, Sequence[Vantage]], object]
    hint: str = ""
    is_repeated: bool = False


FIELDS = (
    Field(
        "url",
        tr("The stream's public URL (required)"),
        "https://mcp.example.com/sse",
        lambda text, _: check_url(text),
    ),
    Field(
        "direct",
        tr("The backend's own URL (optional, makes the result sure)"),
        "http://10.0.0.5:12213/sse",
        parse_urls,
    ),
    Field(
        "conf",
        tr("Nginx config, a saved dump, or nginx -T (optional)"),
        "/etc/nginx/nginx.conf",
        parse_existing_config,
        _COMPLETES,
    ),
    Field(
        "log",
        tr("A log file (optional)"),
        "/var/log/nginx/access.log",
        parse_existing_log,
        _COMPLETES_AND_REPEATS,
        is_repeated=True,
    ),
    Field(
        "header",
        tr("A header to send, never shown or saved (optional)"),
        tr("Authorization: Bearer …"),
        lambda text, _: parse_header(text),
        _REPEATS,
        is_repeated=True,
    ),
    Field("method", tr("Method"), "GET", lambda text, _: parse_method(text)),
    Field(
        "body",
        tr("Body, or @FILE (optional)"),
        '{"stream": true}',
        lambda text, _: read_body([text]),
        _COMPLETES,
    ),
)
FIELDS_BY_ID = {field.id: field for field in FIELDS}


def kind_of(id: str) -> str:
    """The id of the first field of its kind: `log` for `log-2`."""
    return id.partition("-")[0]


def input_for(field: Field, id: str = "") -> Input:
    """The empty input of a field; `id` is that of a repeated one."""
    made = make_input(
        id or field.id,
        field.title,
        field.example,
        hint=field.hint,
        is_required=field.id == "url",
        suggester=PathSuggester() if field.id in _WITH_PATHS else None,
        kind=CurlInput if field.id == "url" else Input,
    )
    made.password = field.id == "header"
    return made
