"""Parsing of a 401: the WWW-Authenticate header."""

import re
from urllib.parse import urlsplit

from wizard.model.case import Case, ProbeResult
from wizard.model.timeline import Timeline

_NAMED = re.compile(r'(?i)\bresource_metadata\s*=\s*(?:"([^"]{1,2000})"|([^\s,"]{1,2000}))')


def metadata_challenge(case: Case) -> ProbeResult | None:
    """The first proxied probe that was asked for credentials with a metadata URL."""
    return next((result for result in case.proxy if metadata_url(result.timeline)), None)


def metadata_url(line: Timeline) -> str:
    """The `resource_metadata` of a 401 (RFC 9728, section 5.1); empty if there is none."""
    if line.status != 401:
        return ""
    challenges = [value for name, value in line.headers if name == "www-authenticate"]
    found = _NAMED.search(", ".join(challenges))
    return (found[1] or found[2]) if found else ""


def origin_of(url: str) -> tuple[str, str]:
    """A URL's scheme, and host with port, in lower case; both empty if it is none."""
    try:
        parts = urlsplit(url.lower())
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return "", ""
    return (parts.scheme, f"{parts.hostname}:{port}") if parts.hostname else ("", "")
