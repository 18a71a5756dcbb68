"""The diff on a real Nginx: it is accepted, and only the buffering changes."""

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.recommend.builders import apply_diff, case_of, diagnosis_of, direct_result
from tests.recommend.config_layouts import LAYOUTS, Layout
from tests.recommend.real_nginx import (
    BINARIES,
    HOLD,
    RequestSpec,
    accepts,
    answer,
    backend,
    free_port,
    nginx,
)
from wizard.model.diagnosis import Recommendation
from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request
from wizard.recommend import recommend

pytestmark = pytest.mark.nginx
SUMMARIES = {
    "inside": "everything else in it stays",
    "wide": "other paths too",
    "beside": "keeps everything",
    "nested": "inside",
}


def _write(layout: Layout, folder: Path, ports: dict[str, int]) -> None:
    """The layout's files, written as bytes: line ends matter."""
    for name, text in {"nginx.conf": layout.text, **layout.files}.items():
        for mark, port in ports.items():
            text = text.replace(mark, str(port))
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(text.encode())


def _resolution(layout: Layout, folder: Path, port: int) -> RequestResolution:
    """What the config in the folder does with the stream's request."""
    config = read_config(str(folder / "nginx.conf"))
    return resolve_request(config, Request(quote(layout.path), "127.0.0.1", port=port))


def _recommended(layout: Layout, resolution: RequestResolution) -> Recommendation:
    assert resolution.location
    assert f"{resolution.location.modifier} {resolution.location.path}".strip() == layout.location
    recommendation = recommend(
        case_of(resolution, direct_result(x_accel_buffering=layout.x_accel_buffering)),
        diagnosis_of(*layout.ids),
    )
    assert recommendation
    assert SUMMARIES[layout.placement] in recommendation.summary
    return recommendation


def _answers(layout: Layout, port: int) -> list[tuple[int, object, object]]:
    path = quote(layout.path)
    requests = (
        RequestSpec(path, layout.stream_headers),
        RequestSpec(f"{path}?a=b&c=%20", layout.stream_headers),
        RequestSpec("/", layout.stream_headers),
        RequestSpec("/message", layout.stream_headers, "POST"),
        *layout.requests,
    )
    return [answer(port, spec) for spec in requests]


@pytest.mark.parametrize("binary", BINARIES)
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_the_diff_changes_nothing_but_the_buffering(
    layout: Layout, binary: str, tmp_path: Path
) -> None:
    with backend(layout.x_accel_buffering) as upstream:
        port = free_port()
        _write(layout, tmp_path, {"@NGINX@": port, "@BACKEND@": upstream})
        recommendation = _recommended(layout, _resolution(layout, tmp_path, port))
        with nginx(binary, tmp_path):
            before = _answers(layout, port)
        apply_diff(recommendation)
        accepted, output = accepts(binary, tmp_path)
        assert accepted, output
        assert _resolution(layout, tmp_path, port).value("proxy_buffering") == "off"
        with nginx(binary, tmp_path):
            assert _answers(layout, port) == before
            held = RequestSpec(
                quote(layout.path), {**layout.stream_headers, **layout.held_headers, HOLD: "1"}
            )
            assert answer(port, held)[0] == before[0][0]  # times out if it is still held
