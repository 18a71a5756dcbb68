"""What is doubtful in an input of the form: a question, which the user may pass over."""

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from wizard.model.target import LOCAL, Source
from wizard.text.display import safe
from wizard.text.errors import ConfigError
from wizard.text.files import read_regular
from wizard.text.messages import tr
from wizard.text.urls import is_unix

MAX_CONFIG_BYTES = 256 << 10
"""A larger config is not parsed by the form: the config step says what is wrong with it."""
_PORTS = {"http": 80, "https": 443}


def doubt_about_url(url: str) -> str:
    """What is doubtful about the public URL; empty if nothing is."""
    parts = urlsplit(url)
    if is_loopback(parts.hostname or ""):
        return tr(
            "{hostname} is this machine. If customers use another name, enter their URL: it goes "
            "through every proxy.",
            hostname=safe(parts.hostname or "", 60),
        )
    if is_without_path(url):
        return tr(
            "The URL has no path. Is /sse or /mcp missing at its end? Ctrl-G looks: it sends a GET "
            "to each."
        )
    return ""


def is_without_path(url: str) -> bool:
    """True for a URL that names a server alone."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_http = parts.scheme in ("http", "https") and bool(parts.hostname)
    return is_http and not parts.path.strip("/") and not parts.query


def doubt_about_direct(sources: Sequence[Source], url: str) -> str:
    """What is doubtful about the backend's own URLs beside the public one."""
    local = [source for source in sources if source.vantage == LOCAL]
    for source in local:
        if is_unix(source.locator):
            continue
        host = urlsplit(source.locator).hostname or ""
        if url and is_same_entry(source.locator, url):
            return tr(
                "This is the public URL, so it leads through the proxy too. Use the address to "
                "which Nginx passes the requests."
            )
        if is_loopback(host) and not is_loopback(urlsplit(url).hostname or ""):
            return tr(
                "{host} is this machine. If the backend runs on another one, enter that address, "
                "or press Ctrl-N to look from there.",
                host=safe(host, 60),
            )
    return ""


def doubt_about_config(source: Source) -> str:
    """Why a file is perhaps not an Nginx config; empty if it is one, or if that is not known."""
    if source.vantage != LOCAL or not source.locator:
        return ""
    # Imported here: the parser is not needed for the first frame.
    from wizard.nginx.load import is_dump
    from wizard.nginx.parse import parse_config

    name = safe(source.locator, 200)
    try:
        data = read_regular(source.locator, MAX_CONFIG_BYTES)
    except OSError:
        return ""
    text = data.decode("utf-8", "replace")
    if len(data) > MAX_CONFIG_BYTES or is_dump(text):
        return ""
    if not text.strip():
        return tr("{name} is empty. Is it the Nginx config?", name=name)
    try:
        parse_config(text, source.locator)
    except ConfigError as error:
        return tr("Is this an Nginx config? {error}", error=safe(str(error), 300))
    return ""


def is_loopback(host: str) -> bool:
    """True for a name or an address of this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def is_same_entry(url: str, other: str) -> bool:
    """True if both URLs lead to the same host, at the same port or at its web ports."""
    (host, port), (other_host, other_port) = _entry(url), _entry(other)
    is_web = {port, other_port} <= set(_PORTS.values())
    return host == other_host and (port == other_port or is_web)


def _entry(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(parts.scheme, 0)
