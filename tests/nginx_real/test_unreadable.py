"""What a real Nginx makes of an upstream that does not speak HTTP, and what is concluded."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.bot import Bot, behind_nginx, causes, conclude
from tests.probe.scripted import Act, saying, serving
from wizard.model.target import Source

pytestmark = pytest.mark.nginx
PASS = "location / { proxy_pass http://$BOT1; proxy_buffering %s; proxy_read_timeout 1h; }"
UPSTREAMS = {
    "ssh": (b"SSH-2.0-OpenSSH_9.2p1\r\n", "not-http", "sent no valid HTTP header"),
    "http09": (b"<html>hello</html>\n", "not-http", "sent no valid HTTP header"),
    "invalid-header": (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "", ""),
    "interim": (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3, "", "interim answers"),
}
"""What the upstream sends, the outcome through Nginx (empty where it depends on the version: before
1.29 an interim answer is passed on as the final one), and words that are said."""


def answering(data: bytes) -> Act:
    return saying(data, then="open")


@pytest.mark.parametrize(
    ("name", "buffering"),
    [
        ("ssh", "off"),
        pytest.param("ssh", "on", marks=pytest.mark.slow),
        pytest.param("http09", "off", marks=pytest.mark.slow),
        pytest.param("invalid-header", "off", marks=pytest.mark.slow),
        pytest.param("interim", "off", marks=pytest.mark.slow),
    ],
)
async def test_no_buffering_is_named_where_the_upstream_speaks_no_http(
    nginx: str, tmp_path: Path, name: str, buffering: str
) -> None:
    sent, outcome, words = UPSTREAMS[name]
    async with behind_nginx(nginx, tmp_path, [answering(sent)], PASS % buffering) as target:
        case, diagnosis = await conclude(replace(target, stall=1.0))
    if name == "invalid-header":  # Nginx's own log names it.
        assert causes(diagnosis) == {"upstream-answer-invalid": "confirmed"}, diagnosis
        return
    assert (diagnosis.verdict, causes(diagnosis)) == ("inconclusive", {}), diagnosis
    is_kept = buffering == "on"  # Nginx keeps what is no HTTP as well, while the upstream is open.
    outcomes = {result.outcome for result in case.proxy}
    assert outcomes == {"held" if is_kept else outcome} or not outcome
    notes = " ".join(diagnosis.notes)
    assert is_kept or words in notes, notes
    assert not is_kept or "speaks SSH" in notes
    assert "the config predicts" not in notes


@pytest.mark.slow
async def test_a_direct_url_of_another_protocol_proves_nothing(nginx: str, tmp_path: Path) -> None:
    """The stream through Nginx is live, and the direct URL is that of an SSH server."""
    async with (
        behind_nginx(nginx, tmp_path, [Bot().serve], PASS % "off") as target,
        serving(answering(UPSTREAMS["ssh"][0])) as ssh,
    ):
        case, diagnosis = await conclude(replace(target, direct=(Source(ssh),), stall=1.0))
    assert {result.outcome for result in case.direct} == {"not-http"}
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())


@pytest.mark.slow
async def test_a_header_that_stands_twice(nginx: str, tmp_path: Path) -> None:
    """Nginx 1.23.0 and later refuse the answer; earlier ones pass it on."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    twice = head + 2 * b"Transfer-Encoding: chunked\r\n" + b"\r\n8\r\ndata: 1\n\r\n1\r\n\n\r\n"
    async with behind_nginx(nginx, tmp_path, [answering(twice)], PASS % "off") as target:
        case, diagnosis = await conclude(replace(target, stall=1.0))
    refused = {result.timeline.status for result in case.proxy} == {502}
    assert causes(diagnosis) == ({"upstream-answer-invalid": "confirmed"} if refused else {})
