"""The document that a 401 points to: is it there?"""

import re
from urllib.parse import urlsplit

from wizard.followups.asking import WITHIN, FollowUp, look
from wizard.model import Case, Cell, Replay
from wizard.probe import Ask, Manner
from wizard.timeline import Leg, Timeline

PURPOSE = "metadata"
_NAMED = re.compile(r'(?i)\bresource_metadata\s*=\s*(?:"([^"]{1,2000})"|([^\s,"]{1,2000}))')


def challenged(case: Case) -> Cell | None:
    """The first proxied cell that was asked for credentials with a metadata URL."""
    return next((cell for cell in case.proxy if metadata_url(cell.timeline)), None)


def metadata_url(line: Timeline) -> str:
    """The `resource_metadata` of a 401 (RFC 9728, section 5.1); empty if there is none."""
    if line.status != 401:
        return ""
    challenges = [value for name, value in line.headers if name == "www-authenticate"]
    found = _NAMED.search(", ".join(challenges))
    return (found[1] or found[2]) if found else ""


def _url(case: Case) -> str:
    """The URL if it may be asked: it leads where this case has been already."""
    cell = challenged(case)
    url = metadata_url(cell.timeline) if cell else ""
    return url if origin(url) in _known(case) else ""


def _known(case: Case) -> set[tuple[str, str]]:
    return {origin(url) for url in (case.target.url, *(place.what for place in case.target.direct))}


def origin(url: str) -> tuple[str, str]:
    """Scheme, host and port, as far as a URL names them; empty if it is none."""
    try:
        parts = urlsplit(url.lower())
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        return parts.scheme, f"{parts.hostname}:{port}" if parts.hostname else ""
    except ValueError:
        return "", ""


async def _make(case: Case, manner: Manner) -> tuple[Replay, ...]:
    leg = Leg("replay-proxy", _url(case))
    accept = Ask(headers=(("Accept", "application/json"),))
    line = await look(leg, manner, min(WITHIN, case.target.stall), accept)
    return (Replay(PURPOSE, line, "the metadata URL that the 401 names"),)


FOLLOW_UP = FollowUp(PURPOSE, lambda case: bool(_url(case)), _make)
