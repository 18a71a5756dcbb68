"""Short ways to a config and a request."""

import unicodedata

from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.load import config_from_text
from wizard.nginx.resolve import resolve_request
from wizard.text.errors import ConfigError


def one_line(error: ConfigError) -> str:
    """What the error says, held to be one line that moves no cursor."""
    text = str(error)
    assert not {unicodedata.category(char) for char in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return text


def resolution(
    text: str, path: str = "/sse", version: str | None = None, **asked: object
) -> RequestResolution:
    """What the config says of a request; the request's other fields by name."""
    bare, _, query = path.partition("?")
    request = Request(bare, query=query, **asked)  # type: ignore[arg-type]
    return resolve_request(config_from_text(text, "nginx.conf"), request, version)


def server_line(text: str, **asked: object) -> int:
    """The line of the server that answers."""
    found = resolution(text, **asked).server  # type: ignore[arg-type]
    assert found is not None
    return found.directive.where.line


def location_of(text: str, path: str) -> str | None:
    """The location that serves the path, as it is written."""
    found = resolution(f"server {{\n{text}\n}}", path).location
    return None if found is None else f"{found.modifier} {found.path}".strip()
