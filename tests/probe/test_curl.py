"""The `curl` to try by hand: quoted for a shell, without a secret, and one that curl accepts."""

import shlex

from wizard.model.target import Target
from wizard.model.timeline import Probe
from wizard.probe.curl import curl_command

URL = "http://h/sse?a=b&c=d"


def words(probe: Probe, target: Target | None = None, wait: float = 10.0) -> list[str]:
    return shlex.split(curl_command(probe, target or Target(probe.url), wait))


def test_a_stream() -> None:
    made = words(Probe("sse-proxy", URL))
    assert made == ["curl", "-sN", "-m", "10", "-D", "-", "--http1.1", URL]


def test_each_cell_is_asked_for_as_the_probe_does() -> None:
    made = words(Probe("sse-proxy", "https://h/sse", "2", "gzip"), Target(URL, insecure=True))
    assert "--http2" in made
    assert made[made.index("-H") + 1] == "Accept-Encoding: gzip"
    assert {"--compressed", "-k"} <= set(made)


def test_the_root_shows_status_and_time_alone() -> None:
    made = words(Probe("root-proxy", "http://h/"))
    assert made[made.index("-o") + 1] == "/dev/null"
    assert "%{http_code}" in made[made.index("-w") + 1]


def test_no_secret() -> None:
    target = Target(
        URL, headers=(("Authorization", "Bearer hunter2"), ("X-Own", "hunter2"), ("Origin", "it's"))
    )
    made = curl_command(Probe("sse-proxy", "http://h/sse?sessionId=hunter2"), target, 10)
    assert "hunter2" not in made
    assert "Origin: it's" in shlex.split(made)
    assert "-g" in made.split()


def test_a_short_wait_is_not_no_limit() -> None:
    made = words(Probe("sse-proxy", URL), wait=0.3)
    assert made[made.index("-m") + 1] == "1"


def test_connect_to_an_address() -> None:
    for given, expected in (("h2", "::h2:8443"), ("::1", "::[::1]:8443")):
        made = words(Probe("sse-proxy", URL), Target(URL, connect_to=(given, 8443)))
        assert made[made.index("--connect-to") + 1] == expected


def test_connect_to_is_said_of_the_public_url_alone() -> None:
    target = Target(URL, connect_to=("192.0.2.1", 443))
    assert "--connect-to" in words(Probe("sse-proxy", URL), target)
    assert "--connect-to" not in words(Probe("sse-direct", "http://b/sse"), target)
    assert "--connect-to" not in words(Probe("sse-hop", "http://b/sse", hop="edge"), target)
