"""A POST stream in the wizard, on a real Nginx: the backend counts what is sent unasked."""

from dataclasses import replace
from pathlib import Path

import pytest

from screens.app import Wizard
from tests.nginx_real.bot import behind_nginx
from tests.nginx_real.post_backend import PostBackend
from tests.screens.test_keys import press
from tests.screens.test_opening import until
from wizard.investigation.investigation import Investigation

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

PATH = "/v1/chat/completions"
HELD = f"location {PATH} {{ proxy_http_version 1.0; proxy_pass http://$BOT1; }}"


async def test_the_post_is_sent_only_when_the_user_says_so(nginx: str, tmp_path: Path) -> None:
    backend = PostBackend()
    async with behind_nginx(nginx, tmp_path, [backend.serve], HELD, path=PATH) as target:
        posting = replace(target, method="POST", body=b'{"stream":true}')
        investigation = Investigation(posting)
        async with Wizard(investigation).run_test(size=(80, 24)) as pilot:
            await press(pilot, "a")
            assert backend.methods == {}
            await press(pilot, "y", "enter")
            assert backend.methods == {"POST": 2}
            assert investigation.diagnosis is not None
            assert investigation.diagnosis.causes[0].id == "proxy-buffering-hold"
            await press(pilot, "3", "r")  # its timeline is there: nothing is asked, nothing sent
            assert backend.methods == {"POST": 2}
            await press(pilot, "8", "enter", "n", "enter")
            assert backend.methods == {"POST": 2}
            await pilot.press("8", "enter", "y", "enter")
            await until(lambda: investigation.awaits_reload)  # the config has not changed
            assert backend.methods == {"POST": 2}
            await press(pilot, "r")
            assert backend.methods == {"POST": 3}
