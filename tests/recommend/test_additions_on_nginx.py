"""New lines, an `if` and a new location in all layouts of configs: accepted by a real Nginx, which
answers everything else as before."""

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.recommend.builders import apply_diff, case_of
from tests.recommend.config_layouts import LAYOUTS, Layout
from tests.recommend.real_nginx import (
    BINARIES,
    RequestSpec,
    accepts,
    answer,
    backend,
    free_port,
    nginx,
)
from tests.recommend.test_layouts_on_nginx import _answers, _resolution, _write
from wizard.diagnose.rule_settings import NginxSettings, own_lines, prefix_of, repeated_lines
from wizard.model.case import Case
from wizard.model.change import Change
from wizard.model.resolution import RequestResolution
from wizard.recommend.from_config import recommend_from_config
from wizard.recommend.settings import WantedSettings

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
PUBLIC = "/.well-known/oauth-protected-resource"
ASKED = Change("if", "($request_method = OPTIONS)", "", block=("add_header A 1;", "return 204;"))
ADDED = Change("add_header", "X-Added 1 always", "")


def _settings(case: Case, resolution: RequestResolution | None) -> tuple[Change, ...]:
    hidden = Change(f"{prefix_of(resolution)}_hide_header", "X-Nothing", "")
    repeated: tuple[Change, ...] = ()
    if resolution and not own_lines(resolution, "add_header"):
        repeated = repeated_lines(resolution, "add_header", {ADDED.key})
    return (ASKED, ADDED, hidden, *repeated)


REFUSED = {
    "access control": 403,  # by limit_except
    "a guarded single-page application": 401,
    "an exact location that hands on": 401,
}
"""Layouts that refuse OPTIONS before the location is reached: nothing answers a preflight there."""
WANTED = WantedSettings((NginxSettings(stream=_settings, public_path=lambda _case: PUBLIC),))


@pytest.mark.parametrize("binary", BINARIES)
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_additions_change_nothing_else(layout: Layout, binary: str, tmp_path: Path) -> None:
    with backend(layout.x_accel_buffering) as upstream:
        port = free_port()
        _write(layout, tmp_path, {"@NGINX@": port, "@BACKEND@": upstream})
        resolution = _resolution(layout, tmp_path, port)
        case = case_of(resolution)
        recommendation = recommend_from_config(
            case, resolution, WANTED, reveal=True, with_diff=True
        )
        with nginx(binary, tmp_path):
            before = _answers(layout, port)
        apply_diff(recommendation)
        accepted, output = accepts(binary, tmp_path)
        assert accepted, output
        with nginx(binary, tmp_path):
            after = _answers(layout, port)
            asked = answer(port, RequestSpec(quote(layout.path), {}, "OPTIONS"))
            public = answer(port, RequestSpec(PUBLIC))
    assert [each[:2] for each in after] == [each[:2] for each in before]
    assert isinstance(after[0][2], list)
    assert ("X-Added", "1") in after[0][2]
    assert asked[0] == REFUSED.get(layout.name, 204)
    if f"location = {PUBLIC} {{" in (recommendation.diff or "") and before[0][0] == 200:
        assert public[0] == 200
        assert isinstance(public[1], dict)
        assert public[1]["uri"] == PUBLIC
