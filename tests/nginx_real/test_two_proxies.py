"""Two Nginx in a row, of which one holds: the direct URL is that of the backend behind both.

With the config of the outer one alone, the inner one is not known.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.running import running_nginx
from tests.nginx_real.test_arrivals import OFF, OLD_DEFAULT, Stream, proxied
from tests.nginx_real.test_check import case_and_diagnosis, investigate
from wizard.diagnose.diagnose import diagnose
from wizard.lab.nginx_process import free_ports
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.target import Source, Target

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
STREAM = Stream(900, 0.1)


async def case_of(nginx: str, folder: Path, outer: str, inner: str) -> Case:
    """What is seen of the outer Nginx, with its config and the backend's URL."""
    (folder / "outer").mkdir()
    (port,) = free_ports(1)
    async with proxied(STREAM, nginx, folder, inner) as behind:
        inner_port = behind.url.rsplit(":", 1)[1].partition("/")[0]
        location = f"location / {{ {outer.format(port=inner_port)} }}"
        async with running_nginx(nginx, folder / "outer", port, location) as conf:
            url = f"http://127.0.0.1:{port}/events"
            target = Target(url, direct=behind.direct, conf=Source(str(conf)))
            case, _ = case_and_diagnosis(await investigate(target))
    return case


async def diagnosis_of(nginx: str, folder: Path, outer: str, inner: str) -> Diagnosis:
    return diagnose(await case_of(nginx, folder, outer, inner))


async def test_a_header_that_the_inner_one_takes_off_is_not_ignored(
    nginx: str, tmp_path: Path
) -> None:
    """The outer one holds, as it would with a backend that does not send the header."""
    case = await case_of(nginx, tmp_path, OLD_DEFAULT, OFF)
    asks = (("x-accel-buffering", "no"),)
    direct = tuple(
        replace(r, timeline=replace(r.timeline, headers=r.timeline.headers + asks))
        for r in case.direct
    )
    no_config = replace(case, direct=direct, resolution=None, root_resolution=None, predictions=())
    diagnosis = diagnose(replace(no_config, logs=()))
    assert diagnosis.verdict == "inconclusive"


async def test_the_inner_one_holds_and_nothing_in_front_is_blamed(
    nginx: str, tmp_path: Path
) -> None:
    diagnosis = await diagnosis_of(nginx, tmp_path, OFF, OLD_DEFAULT)
    assert diagnosis.verdict == "inconclusive"
    assert [(cause.id, cause.confidence) for cause in diagnosis.causes] in (
        [],
        [("outer-proxy-buffers", "possible")],
    )


async def test_the_outer_one_holds_by_its_config_and_by_what_arrives(
    nginx: str, tmp_path: Path
) -> None:
    diagnosis = await diagnosis_of(nginx, tmp_path, OLD_DEFAULT, OFF)
    assert diagnosis.verdict == "fault"
    assert [(cause.id, cause.confidence) for cause in diagnosis.causes] == [
        ("proxy-buffering-hold", "likely")
    ]
