"""What an observation says of itself besides its text."""

import pytest

from wizard.model.diagnosis import Evidence


@pytest.mark.parametrize(
    ("evidence", "is_direct"),
    [
        (Evidence("probe", "sse-direct h1 identity", "live"), True),
        (Evidence("follow-up", "follow-up-direct h1 identity", "live"), True),
        (Evidence("probe", "sse-hop direct h1 identity", "held"), False),
        (Evidence("probe", "sse-proxy h1 identity from direct-host", "held"), False),
        (Evidence("log", "direct.log", "499"), False),
    ],
)
def test_a_probe_is_direct_by_its_id_and_not_by_a_name_of_the_users(
    evidence: Evidence, is_direct: bool
) -> None:
    assert evidence.is_direct == is_direct


@pytest.mark.parametrize(
    ("evidence", "line"),
    [
        (
            Evidence("config", "/etc/nginx/a:b.conf:12", "proxy_buffering on"),
            ("/etc/nginx/a:b.conf", 12),
        ),
        (Evidence("config", "/etc/nginx/nginx.conf", "proxy_cache is not set"), None),
        (Evidence("log", "error.log:12", "499"), None),
    ],
)
def test_the_line_of_a_config(evidence: Evidence, line: tuple[str, int] | None) -> None:
    assert evidence.line == line
