"""Causes that the lines of other clients show, on a real Nginx."""

import pytest

from tests.nginx_real.other_clients import FORMAT, investigate_after, silent_server

pytestmark = pytest.mark.nginx
POST = "POST /message?sessionId=0"

SLOW_FOR_OTHERS = """
listen $LISTEN; access_log access.log ingress; proxy_buffering off; proxy_read_timeout 1s;
location / { proxy_pass http://$BACKEND; proxy_read_timeout 1h; }
location = /message {
    error_page 418 = @slow;
    if ($http_user_agent = "mcp/1") { return 418; }
    proxy_pass http://$BACKEND;
}
location @slow { proxy_pass http://127.0.0.1:%s; }
"""


async def test_slow_messages_of_other_clients(nginx: str) -> None:
    async with silent_server() as port:
        case, diagnosis, statuses = await investigate_after(
            nginx, SLOW_FOR_OTHERS % port, [(POST,), (POST,)], http=FORMAT
        )
    assert statuses == [504, 504]
    assert {result.outcome for result in case.proxy} == {"live"}
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("header-timeout-504", "likely")
    texts = [item.text for item in cause.evidence]
    assert texts[0].startswith("2 lines about other requests (POST /message): the backend did not")
    assert texts[1].startswith("2 lines about other requests (POST /message): answered 504")
    assert texts[2] == "proxy_read_timeout 1s, inherited from server"


async def test_slow_requests_for_another_path_accuse_nobody(nginx: str) -> None:
    other = SLOW_FOR_OTHERS.replace("/message", "/report")
    async with silent_server() as port:
        _, diagnosis, statuses = await investigate_after(
            nginx, other % port, [("POST /report",)], http=FORMAT
        )
    assert statuses == [504]
    assert (diagnosis.verdict, diagnosis.causes) == ("healthy", ())
