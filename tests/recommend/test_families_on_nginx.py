"""A stream whose path has an id: its siblings are live after the change, and nothing else moves."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.recommend.builders import apply_diff, case_of, diagnosis_of
from tests.recommend.config_layouts import conf
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
from tests.tools import needs
from wizard.model.resolution import Request, RequestResolution
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request
from wizard.recommend import recommend

_BACKEND = "http://127.0.0.1:@BACKEND@"
_PASS = f"proxy_pass {_BACKEND}; proxy_set_header X-Kept kept;"
_UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@dataclass(frozen=True)
class Family:
    """A config whose stream has an id in its path.

    Attributes:
        siblings: Paths that must be live after the change, as this one.
        others: Paths that must be served as before.
    """

    name: str
    server: str
    path: str = "/threads/a1/stream"
    siblings: tuple[str, ...] = ("/threads/b2/stream", "/threads/x-y/stream?a=b&c=%20")
    others: tuple[str, ...] = ("/", "/threads/a1", "/threads/a1/x/stream", "/threads/a1/stream/")

    def __str__(self) -> str:
        return self.name


_FAMILIES = (
    Family("the catch-all location", f"location / {{\n    {_PASS}\n}}\n"),
    Family("a location that no regex beats", f"location ^~ /threads/ {{\n    {_PASS}\n}}\n"),
    Family(
        "longer prefixes, exact locations and regexes of other paths",
        f"location / {{\n    {_PASS}\n}}\n"
        f"location /threads/special/ {{\n    proxy_pass {_BACKEND}; proxy_set_header X-A a;\n}}\n"
        f"location = /threads/e1/stream {{ proxy_pass {_BACKEND}; proxy_set_header X-A b; }}\n"
        f"location ~ \\.png$ {{\n    proxy_pass {_BACKEND}; proxy_set_header X-A c;\n}}\n",
        others=("/threads/special/stream", "/threads/e1/stream", "/threads/a1.png", "/threads/"),
    ),
    Family(
        "a prefix that is replaced",
        f"location /api/ {{\n    proxy_pass {_BACKEND}/v2/;\n}}\n",
        "/api/threads/a1/stream",
        ("/api/threads/b2/stream?a=%20b", "/api/threads/a%20b%3Fc%25/stream"),
        ("/api/threads/a1", "/api/", "/api/threads/a1/stream/x%20y"),
    ),
    Family(
        "a pattern with groups in use",
        "location ~ ^/(threads|rooms)/(.+)$ {\n"
        f"    proxy_pass {_BACKEND}; proxy_set_header X-A $1-$2;\n}}\n"
        f"location ~ /stream$ {{\n    proxy_pass {_BACKEND}; proxy_set_header X-A c;\n}}\n",
        others=("/rooms/a1/stream", "/x/stream", "/threads/a1"),
    ),
    Family(
        "a pattern for exactly the family",
        f"location ~ ^/threads/[^/]+/stream$ {{\n    {_PASS}\n}}\n"
        f"location / {{\n    proxy_pass {_BACKEND};\n}}\n",
    ),
    Family(
        "a named location behind the files",
        "root .;\nlocation / {\n    try_files $uri @app;\n}\n"
        f"location @app {{\n    {_PASS}\n}}\n",
    ),
    Family(
        "a named location behind a guard",
        "root .;\nlocation / {\n    deny 10.0.0.1; try_files $uri @app;\n}\n"
        f"location @app {{\n    {_PASS}\n}}\n",
    ),
    Family(
        "an id at the end",
        f"location / {{\n    {_PASS}\n}}\n",
        f"/stream/{_UUID}",
        (f"/stream/{_UUID[::-1]}", f"/stream/{_UUID}?a=b"),
        ("/stream/status", "/stream/", "/stream"),
    ),
    Family(
        "digits",
        f"location /users {{\n    {_PASS} auth_basic off;\n}}\n",
        "/users/42/events",
        ("/users/7/events",),
        ("/users/42", "/users/42/events/x"),
    ),
)


def _resolution(folder: Path, port: int, path: str) -> RequestResolution:
    config = read_config(str(folder / "nginx.conf"))
    return resolve_request(config, Request(path.partition("?")[0], "127.0.0.1", port=port))


@needs("patch")
@pytest.mark.nginx
@pytest.mark.parametrize("binary", BINARIES)
@pytest.mark.parametrize("family", _FAMILIES, ids=str)
def test_siblings_are_live_and_other_paths_are_as_before(
    family: Family, binary: str, tmp_path: Path
) -> None:
    streams, paths = (
        (family.path, *family.siblings),
        (family.path, *family.siblings, *family.others),
    )
    with backend() as upstream:
        port = free_port()
        text = conf(family.server).replace("@NGINX@", str(port))
        (tmp_path / "nginx.conf").write_text(text.replace("@BACKEND@", str(upstream)))
        with nginx(binary, tmp_path):
            before = [answer(port, RequestSpec(path)) for path in paths]
        buffering = [_resolution(tmp_path, port, path).value("proxy_buffering") for path in paths]
        assert set(buffering[: len(streams)]) == {"on"}
        case = case_of(
            _resolution(tmp_path, port, family.path), url=f"http://127.0.0.1:{port}{family.path}"
        )
        recommendation = recommend(case, diagnosis_of("proxy-buffering-hold"))
        assert recommendation
        assert "{id}" in recommendation.summary
        assert any("for this path alone" in note for note in recommendation.adapt)
        apply_diff(recommendation)
        accepted, output = accepts(binary, tmp_path)
        assert accepted, output
        after = [_resolution(tmp_path, port, path).value("proxy_buffering") for path in paths]
        assert after == ["off" for _ in streams] + buffering[len(streams) :]
        with nginx(binary, tmp_path):
            assert [answer(port, RequestSpec(path)) for path in paths] == before
            for path in streams:  # times out if it is still held
                assert answer(port, RequestSpec(path, {HOLD: "1"}))[0] == 200


@pytest.mark.parametrize(
    ("server", "path"),
    [
        (
            f"location /api/ {{\n    rewrite ^/api/x /y;\n    proxy_pass {_BACKEND}/v2/;\n}}\n",
            "/api/threads/a1/stream",
        ),
        (
            f"location / {{ {_PASS} }}\nlocation ~ ^/threads/b {{ return 204; }}\n",
            "/threads/a1/stream",
        ),
    ],
)
def test_siblings_that_are_served_otherwise_leave_the_block_for_one_path(
    server: str, path: str, tmp_path: Path
) -> None:
    (tmp_path / "nginx.conf").write_text(
        conf(server).replace("@NGINX@", "18081").replace("@BACKEND@", "18082")
    )
    resolution = _resolution(tmp_path, 18081, path)
    recommendation = recommend(case_of(resolution), diagnosis_of("proxy-buffering-hold"))
    assert recommendation
    assert f"location = {path} {{" in recommendation.block
    assert any("for this path alone: other paths" in note for note in recommendation.adapt)
