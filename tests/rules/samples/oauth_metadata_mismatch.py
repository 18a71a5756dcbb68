"""Samples of oauth-metadata-mismatch."""

import json
from dataclasses import replace

from tests.rules.samples.build import make_case, make_follow_up, with_answer
from wizard.model.case import Case

_URL = "https://mcp.example.com/sse"
_METADATA = "https://mcp.example.com/.well-known/oauth-protected-resource/sse"


def fires() -> Case:
    """The backend does not know that the client used https."""
    return _case("http://mcp.example.com/sse")


def silent() -> Case:
    """The resource is the URL: the client only has no token yet."""
    return _case(_URL)


def _case(resource: str) -> Case:
    case = make_case(proxy="401", direct="401", settings={"proxy_buffering": "off"})
    case = replace(case, target=replace(case.target, url=_URL))
    case = with_answer(case, (("www-authenticate", f'Bearer resource_metadata="{_METADATA}"'),))
    answer = make_follow_up("metadata", 404, side="proxy", body=json.dumps({"resource": resource}))
    probe = replace(answer.timeline.probe, url=_METADATA)
    timeline = replace(answer.timeline, probe=probe, status=200)
    return replace(case, follow_ups=(replace(answer, timeline=timeline),))
