"""The WWW-Authenticate header of a 401: where the OAuth metadata of the resource is."""

import json
import re

from wizard.model.case import Case
from wizard.model.timeline import Timeline

_RESOURCE_METADATA = re.compile(
    r'(?i)\bresource_metadata\s*=\s*(?:"([^"]{1,2000})"|([^\s,"]{1,2000}))'
)


def metadata_challenge(case: Case) -> Timeline | None:
    """The first proxied 401 with a metadata URL, to a GET or a POST; None if there is none."""
    return next((answer for answer in case.proxied_answers if metadata_url(answer)), None)


def metadata_url(timeline: Timeline) -> str:
    """The `resource_metadata` of a 401 (RFC 9728, section 5.1); empty if there is none."""
    if timeline.status != 401:
        return ""
    challenges = [value for name, value in timeline.headers if name == "www-authenticate"]
    match = _RESOURCE_METADATA.search(", ".join(challenges))
    return (match[1] or match[2]) if match else ""


def json_object(text: str) -> dict[str, object] | None:
    """The JSON object that this text is; None if it is none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
