"""URLs as the tool takes them: `http`, `https`, and `unix:/PATH:/URI` for a backend behind a unix
socket, written as in Nginx's `proxy_pass http://unix:/PATH:/URI`."""

import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit

_UNIX = "unix:"
_UNIX_ORIGIN = "http://localhost"
"""What a request to a unix socket is sent to: Nginx's Host (`$proxy_host`) is `localhost` there."""


_PLAIN_URL = re.compile(r"(?i)https?://[a-z0-9._:\[\]-]+([/?][!-\[\]-~]*)?")


def is_plain_url(url: str) -> bool:
    """True for an HTTP URL that every parser reads alike: visible ASCII, with no user and password,
    no backslash and both slashes before the host."""
    return bool(_PLAIN_URL.fullmatch(url))


def is_unix(url: str) -> bool:
    """True for the URL of a backend behind a unix socket."""
    return url.startswith(_UNIX)


def socket_path(url: str) -> str:
    """The file name of the unix socket; empty for another URL. Nginx ends it at the first colon."""
    return url.removeprefix(_UNIX).partition(":")[0] if is_unix(url) else ""


def unix_url(path: str, uri: str) -> str:
    """The URL of a request to the unix socket with this file name."""
    return f"{_UNIX}{path}:{uri}"


def http_url(url: str) -> str:
    """The URL that the request itself has: for a unix socket, one of `http://localhost`."""
    if not is_unix(url):
        return url
    uri = url.removeprefix(_UNIX).partition(":")[2]
    return f"{_UNIX_ORIGIN}/{uri.removeprefix('/')}"


def split_url(url: str) -> SplitResult:
    """The parts of a URL, as `urlsplit` returns them. Raises `ValueError`.

    The scheme of a unix socket is `unix`; its authority is its file name, percent-encoded.
    """
    parts = urlsplit(http_url(url))
    if not is_unix(url):
        return parts
    return parts._replace(scheme="unix", netloc=quote(socket_path(url), safe=""))


def join_url(url: str, reference: str) -> str:
    """The URL that a reference in the answer to `url` means. Raises `ValueError`.

    One at the origin of the request to a unix socket leads to the same socket.
    """
    joined = urljoin(http_url(url), reference)
    if not is_unix(url) or urlsplit(joined)[:2] != urlsplit(_UNIX_ORIGIN)[:2]:
        return joined
    return unix_url(socket_path(url), joined.removeprefix(_UNIX_ORIGIN))


def with_path(url: str, path: str) -> str:
    """The URL with this path in place of its own path and query.

    A path that begins with two slashes stays one: as a reference it would name another host.
    """
    path = path if path.startswith("/") else f"/{path}"
    if is_unix(url):
        return unix_url(socket_path(url), path)
    return urlsplit(url)._replace(path=path, query="", fragment="").geturl()


def origin_of(url: str) -> tuple[str, str]:
    """A URL's scheme and `host:port`, in lower case; both empty if it is no HTTP URL."""
    try:
        parts = urlsplit(url.lower())
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return "", ""
    return (parts.scheme, f"{parts.hostname}:{port}") if parts.hostname else ("", "")
