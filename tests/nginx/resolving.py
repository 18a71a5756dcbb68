"""Resolve a request with a config given as text."""

import unicodedata

from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.load import config_from_text
from wizard.nginx.resolve import resolve_request
from wizard.text.errors import ConfigError


def one_line(error: ConfigError) -> str:
    """The error's text, which must be one line without control characters."""
    text = str(error)
    assert not {unicodedata.category(char) for char in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return text


def resolution(
    text: str, path: str = "/sse", version: str | None = None, **fields: object
) -> RequestResolution:
    """The resolution of a request for this path and query; `fields` are those of `Request`."""
    bare_path, _, query = path.partition("?")
    request = Request(bare_path, query=query, **fields)  # type: ignore[arg-type]
    return resolve_request(config_from_text(text, "nginx.conf"), request, version)


def server_line(text: str, **fields: object) -> int:
    """The line of the server that answers."""
    server = resolution(text, **fields).server  # type: ignore[arg-type]
    assert server is not None
    return server.directive.where.line


def location_of(text: str, path: str) -> str | None:
    """The location that serves the path, as written; None if there is none."""
    location = resolution(f"server {{\n{text}\n}}", path).location
    return None if location is None else f"{location.modifier} {location.path}".strip()
