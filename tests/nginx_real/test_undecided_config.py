"""A config that does not show who answers: the diagnosis is then the one without any config."""

from dataclasses import replace

import pytest

from tests.nginx_real.test_check import investigate
from wizard.diagnose.diagnose import diagnose
from wizard.lab import Lab, scenario_named
from wizard.lab.scenario import Behaviour
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

BY_COOKIE = "map $cookie_to $to { default app; }"
SERVER = """
location / { try_files /none @$to; }
location @app { proxy_http_version 1.0; proxy_pass http://$BACKEND; }
"""


async def case_of(nginx: str, http: str, **changes: object) -> Case:
    behaviour = Behaviour(ping_s=0.2)
    server = f"listen $LISTEN; {SERVER}"
    scenario = replace(scenario_named("healthy"), server=server, http=http, backend=behaviour)
    async with Lab(scenario, nginx=nginx) as lab:
        return (await investigate(replace(lab.target, **changes))).case  # type: ignore[arg-type]


def causes(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    return [(cause.id, cause.confidence) for cause in diagnosis.causes]


async def test_the_answer_is_not_poorer_than_without_the_config(nginx: str) -> None:
    given = await case_of(nginx, BY_COOKIE)
    assert given.resolution is not None
    assert given.resolution.is_undecided
    with_config, without = diagnose(given), diagnose(await case_of(nginx, BY_COOKIE, conf=None))
    assert causes(with_config) == causes(without)
    assert [cause.id for cause in without.causes] == ["proxy-buffering-hold"]
    [note] = [note for note in with_config.notes if "does not show who answers" in note]
    assert "try_files leads to @$to, whose variables are not known" in note
    assert not any("add --conf" in cause.distinguishes for cause in with_config.causes)
    assert any("add --conf" in cause.distinguishes for cause in without.causes)


async def test_a_variable_that_the_request_decides_confirms_it(nginx: str) -> None:
    case = await case_of(nginx, BY_COOKIE.replace("$cookie_to", "$http_upgrade"))
    assert causes(diagnose(case)) == [("proxy-buffering-hold", "confirmed")]
