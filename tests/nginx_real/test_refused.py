"""A 401 behind a real Nginx: by its own gate, or by the backend."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.bot import Bot, behind_nginx, causes, conclude, faults, peers, subsets
from tests.probe.mcp.server import Request, response

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
PASS = "location / { %s proxy_pass http://$BOT1; proxy_buffering off; proxy_read_timeout 1h; }"
DROPPED = 'proxy_set_header Authorization "";'
BASIC = 'auth_basic "%s"; auth_basic_user_file users;'
SUBREQUEST = "auth_request /auth;"
AUTH = "location = /auth { internal; return %s; }"
TOKEN = ("Authorization", "Bearer abc")
USER = ("Authorization", "Basic dTpw")
METADATA = 'Bearer resource_metadata="http://127.0.0.1:9/.well-known/x"'


def bot(challenge: str = METADATA) -> Bot:
    """A bot that asks for credentials with this challenge."""

    def refuse(request: Request) -> bytes | None:
        is_known = "authorization" in request.headers
        return None if is_known else response(401, b"{}", WWW_Authenticate=challenge)

    return Bot(refuse)


@pytest.mark.parametrize(
    ("server", "challenge", "header"),
    [
        (PASS % DROPPED, METADATA, TOKEN),
        (PASS % DROPPED, 'Bearer realm="bots"', TOKEN),
        (PASS % (BASIC % "staff" + DROPPED), 'Basic realm="bots"', USER),
        (PASS % (SUBREQUEST + DROPPED) + AUTH % "204", METADATA, TOKEN),
    ],
    ids=["metadata", "bearer", "past a gate", "past a subrequest"],
)
@pytest.mark.parametrize("path", ["/sse", "/mcp"])
async def test_the_backend_refuses(
    nginx: str, tmp_path: Path, server: str, challenge: str, header: tuple[str, str], path: str
) -> None:
    """The backend never got the credentials; no gate of Nginx has asked for them."""
    (tmp_path / "users").write_text("u:{PLAIN}p\n", "utf-8")
    async with behind_nginx(nginx, tmp_path, peers(bot(challenge)), server, path=path) as target:
        for each in subsets(replace(target, headers=(header,))):
            _, diagnosis = await conclude(each)
            assert diagnosis.verdict != "healthy", diagnosis
            assert causes(diagnosis) == ({"header-dropped": "confirmed"} if each.conf else {})
            if each.direct and not each.conf:
                assert any("pass Authorization on" in note for note in diagnosis.notes)


@pytest.mark.parametrize(
    "server",
    [PASS % (BASIC % "staff"), PASS % SUBREQUEST + AUTH % "401"],
    ids=["basic", "subrequest"],
)
async def test_a_gate_of_nginx_refuses(nginx: str, tmp_path: Path, server: str) -> None:
    (tmp_path / "users").write_text("u:{PLAIN}p\n", "utf-8")
    async with behind_nginx(nginx, tmp_path, peers(Bot()), server) as target:
        everything, with_direct, alone = subsets(target)
        assert causes((await conclude(everything))[1]) == {"auth-gate": "confirmed"}
        assert causes((await conclude(with_direct))[1]) == {"auth-gate": "likely"}
        assert not faults((await conclude(alone))[1])
