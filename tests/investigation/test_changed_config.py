"""What was changed is told by the config as it was when the fault was measured."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.screens.investigations import CONF, FIXED_CONF, case
from wizard.investigation.investigation import Investigation
from wizard.investigation.proof import CHANGED_SINCE, PROVE_IT
from wizard.investigation.steps import verify
from wizard.model.case import Case
from wizard.model.target import Source
from wizard.nginx.load import config_from_text
from wizard.nginx.resolve import request_for, resolve_request


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "nginx.conf"
    path.write_text(CONF, "utf-8")
    return path


def write(conf: Path, text: str) -> None:
    conf.write_text(text, "utf-8")


@pytest.fixture(autouse=True)
def send_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the probes as they are: no request is sent."""

    async def run_none(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr("wizard.investigation.steps._run_all", run_none)
    monkeypatch.setattr("wizard.investigation.steps._run_follow_ups", run_none)


def investigation_of(conf: Path) -> Investigation:
    """The incident with this config, measured and read in this process; no request is sent."""
    sample = case(live=False)
    target = replace(sample.target, conf=Source(str(conf)), logs=(), direct=(), mcp="never")
    resolution = resolve_request(config_from_text(CONF, str(conf)), request_for(target.url))
    stored: Case = replace(sample, target=target, logs=(), resolution=resolution)
    investigation = Investigation(target, stored=stored)
    investigation._session.is_stored = False
    return investigation


async def test_a_config_step_between_reload_and_proof_hides_no_change(
    conf: Path,
) -> None:
    investigation = investigation_of(conf)
    await investigation.run("cause")
    assert investigation.diagnosis is not None
    causes = [cause.id for cause in investigation.diagnosis.causes]
    write(conf, FIXED_CONF)
    for step in ("config", "cause", "fix"):
        state = await investigation.run(step)
    assert state.why == PROVE_IT
    assert investigation.diagnosis is not None
    # The requests were made with the config of before: the conclusion stays.
    assert [cause.id for cause in investigation.diagnosis.causes] == causes
    assert CHANGED_SINCE in investigation.diagnosis.notes
    assert investigation.case.config_changed
    assert [each.text for each in investigation.case.config_changes] == ["proxy_buffering off;"]
    await verify(investigation._session)
    proof, baseline = investigation.case.proof, investigation.case.baseline
    assert proof is not None
    assert baseline is not None
    assert list(baseline.causes) == causes
    assert [each.text for each in proof.changes] == ["proxy_buffering off;"]


async def test_a_second_change_is_compared_with_the_config_of_the_fault_too(
    conf: Path,
) -> None:
    investigation = investigation_of(conf)
    write(conf, CONF.replace("300", "301"))
    await verify(investigation._session)
    assert investigation.case.config_changed
    write(conf, FIXED_CONF.replace("300", "301"))
    await verify(investigation._session)
    added = [each.text for each in investigation.case.config_changes if each.sign == "+"]
    assert added == ["proxy_buffering off;", "proxy_read_timeout 301;"]
    write(conf, CONF)
    await verify(investigation._session)
    assert investigation.case.config_changed is False
