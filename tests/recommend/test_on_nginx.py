"""The diff on real Nginx: accepted, the same requests upstream, the same guards, and live."""

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.recommend.real import (
    BINARIES,
    HOLD,
    RequestSpec,
    accepts,
    answer,
    backend,
    free_port,
    nginx,
)
from tests.recommend.scenarios import SCENARIOS, Scenario
from tests.recommend.sites import case, diagnosis, patched, result
from wizard.model.diagnosis import Recommendation
from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request
from wizard.recommend import recommend

pytestmark = pytest.mark.nginx
FORMS = {
    "inside": "all else in it stays",
    "wide": "other paths too",
    "beside": "keeps all",
    "nested": "inside",
}


def _written(scenario: Scenario, folder: Path, ports: dict[str, int]) -> None:
    """The scenario's files, written as bytes: line ends matter."""
    for name, text in {"nginx.conf": scenario.text, **scenario.files}.items():
        for mark, port in ports.items():
            text = text.replace(mark, str(port))
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(text.encode())


def _resolution(scenario: Scenario, folder: Path, port: int) -> RequestResolution:
    """What the config in the folder says of the stream's request."""
    config = read_config(str(folder / "nginx.conf"))
    return resolve_request(config, Request(quote(scenario.path), "127.0.0.1", port=port))


def _recommended(scenario: Scenario, known: RequestResolution) -> Recommendation:
    assert known.location
    assert f"{known.location.modifier} {known.location.path}".strip() == scenario.location
    made = recommend(case(known, result(said=scenario.said)), diagnosis(*scenario.ids))
    assert made
    assert FORMS[scenario.form] in made.summary
    return made


def _answers(scenario: Scenario, port: int) -> list[tuple[int, object, object]]:
    path = quote(scenario.path)
    asks = (
        RequestSpec(path, scenario.stream),
        RequestSpec(f"{path}?a=b&c=%20", scenario.stream),
        RequestSpec("/", scenario.stream),
        RequestSpec("/message", scenario.stream, "POST"),
        *scenario.asks,
    )
    return [answer(port, spec) for spec in asks]


@pytest.mark.parametrize("binary", BINARIES)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_diff_keeps_all_but_the_holding(
    scenario: Scenario, binary: str, tmp_path: Path
) -> None:
    with backend(scenario.said) as upstream:
        port = free_port()
        _written(scenario, tmp_path, {"@NGINX@": port, "@BACKEND@": upstream})
        made = _recommended(scenario, _resolution(scenario, tmp_path, port))
        with nginx(binary, tmp_path):
            before = _answers(scenario, port)
        patched(made)
        accepted, said = accepts(binary, tmp_path)
        assert accepted, said
        assert _resolution(scenario, tmp_path, port).value("proxy_buffering") == "off"
        with nginx(binary, tmp_path):
            assert _answers(scenario, port) == before
            held = RequestSpec(
                quote(scenario.path), {**scenario.stream, **scenario.held, HOLD: "1"}
            )
            assert answer(port, held)[0] == before[0][0]  # times out where it is still held
