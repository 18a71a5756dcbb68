"""What the logs of a real Nginx tell about our own requests."""

from dataclasses import replace

import pytest

from tests.nginx_real.test_check import investigate
from wizard.diagnose.facts.logs import direct_in_log
from wizard.lab import Lab, scenario_named
from wizard.model.target import Source

pytestmark = pytest.mark.nginx


async def test_a_direct_url_that_leads_to_the_same_nginx(nginx: str) -> None:
    async with Lab(scenario_named("healthy"), nginx=nginx) as lab:
        looped = Source(lab.url.replace("127.0.0.1", "localhost"))
        case = (await investigate(replace(lab.target, direct=(looped,)))).case
        assert {line.client for line in direct_in_log(case)} >= {"sse-direct h1 identity"}


@pytest.mark.parametrize("name", ["healthy", "tls"])
async def test_a_direct_url_of_the_backend(name: str, nginx: str) -> None:
    async with Lab(scenario_named(name), nginx=nginx) as lab:
        assert direct_in_log((await investigate(lab.target)).case) == ()
