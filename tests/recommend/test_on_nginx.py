"""The diff on real Nginx: accepted, the same requests upstream, the same guards, and live."""

import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.recommend.real import BINARIES, HOLD, Ask, accepts, answer, backend, free_port, nginx
from tests.recommend.scenarios import SCENARIOS, Scenario
from tests.recommend.sites import case, cell, diagnosis, site
from wizard.model import Recommendation
from wizard.recommend import recommend

pytestmark = pytest.mark.nginx


def _written(scenario: Scenario, folder: Path, ports: dict[str, int]) -> dict[str, str]:
    """The scenario's files, written as bytes; their texts by name."""
    texts = {"nginx.conf": scenario.text, **scenario.files}
    for name, text in texts.items():
        for mark, port in ports.items():
            texts[name] = text = text.replace(mark, str(port))
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(text.encode())
    return texts


def _recommended(scenario: Scenario, texts: dict[str, str], folder: Path) -> Recommendation:
    main, others = texts["nginx.conf"], {k: v for k, v in texts.items() if k != "nginx.conf"}
    known = site(main, scenario.location, scenario.path, others, folder=folder)
    made = recommend(case(known, cell(said=scenario.said)), diagnosis(*scenario.ids))
    assert made
    return made


def _patched(made: Recommendation) -> None:
    assert made.diff
    done = subprocess.run(
        ["patch", "-p0"], cwd=made.directory, input=made.diff.encode(), capture_output=True
    )
    assert done.returncode == 0, done.stdout
    assert b"fuzz" not in done.stdout
    assert b"offset" not in done.stdout


def _answers(scenario: Scenario, port: int) -> list[tuple[int, object, object]]:
    path = quote(scenario.path)
    asks = (
        Ask(path, scenario.stream),
        Ask(f"{path}?a=b&c=%20", scenario.stream),
        Ask("/", scenario.stream),
        Ask("/message", scenario.stream, "POST"),
        *scenario.asks,
    )
    return [answer(port, ask) for ask in asks]


@pytest.mark.parametrize("binary", BINARIES, ids=["wheel", "system"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_diff_keeps_all_but_the_holding(
    scenario: Scenario, binary: str, tmp_path: Path
) -> None:
    with backend(scenario.said) as upstream:
        port = free_port()
        texts = _written(scenario, tmp_path, {"@NGINX@": port, "@BACKEND@": upstream})
        made = _recommended(scenario, texts, tmp_path)
        with nginx(binary, tmp_path):
            before = _answers(scenario, port)
        _patched(made)
        assert accepts(binary, tmp_path)[0], accepts(binary, tmp_path)[1]
        with nginx(binary, tmp_path):
            assert _answers(scenario, port) == before
            held = Ask(quote(scenario.path), {**scenario.stream, **scenario.held, HOLD: "1"})
            assert answer(port, held)[0] == before[0][0]  # times out where it is still held
