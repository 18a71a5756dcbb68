"""Samples of no-affinity."""

from dataclasses import replace

from tests.rules.samples.build import make_case, make_follow_up, make_handshake
from wizard.model.case import Case


def _case(first: int, second: int) -> Case:
    case = make_case(
        proxy="live",
        direct="live",
        settings={"proxy_buffering": "off"},
        peers=("127.0.0.1:12213", "127.0.0.1:12214"),
        handshakes=(
            make_handshake("proxy", stage="initialize", status=404, body="session not found"),
            make_handshake("direct"),
        ),
    )
    messages = [make_follow_up("affinity", status, side="proxy") for status in (first, second)]
    return replace(case, follow_ups=tuple(messages))


def fires() -> Case:
    """Requests alternate: the second message reaches the server that holds the stream."""
    return _case(404, 202)


def silent() -> Case:
    """One backend, and no message is accepted: the path is wrong, or the session is gone."""
    case = _case(404, 404)
    assert case.resolution is not None
    assert case.resolution.upstream is not None
    upstream = replace(case.resolution.upstream, peers=("127.0.0.1:12213",))
    return replace(case, resolution=replace(case.resolution, upstream=upstream))
