"""How long a large config takes to read and to resolve, beside crossplane."""

import tempfile
from pathlib import Path

import crossplane

from tests.bench.timing import shortest_times
from wizard.model.resolution import Request
from wizard.nginx.load import read_config
from wizard.nginx.resolve import resolve_request

CONFIG_LINES = 50_000


def _large_config(lines: int = CONFIG_LINES) -> str:
    """Return a config of about so many lines: servers with proxied locations."""
    location = "        location /app{n}/LEAF {{\n            proxy_pass http://b{n};\n" + "".join(
        f"            proxy_set_header X-Header-{i} $http_x_{i};\n" for i in range(6)
    )
    server = "    server {{\n        listen 80;\n        server_name s{n}.example.com;\n"
    server += (
        "".join(f"{location.replace('LEAF', str(leaf))}        }}}}\n" for leaf in range(5))
        + "    }}\n"
    )
    server_lines = server.count("\n")
    return (
        "events {}\nhttp {\n"
        + "".join(server.format(n=number) for number in range(lines // server_lines))
        + "}\n"
    )


def measure_config() -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "nginx.conf"
        path.write_text(_large_config(), "utf-8")
        twice = Path(directory) / "twice.conf"
        twice.write_text(_large_config(2 * CONFIG_LINES), "utf-8")
        crossplane_s, ours_s, twice_s = shortest_times(
            lambda: _crossplane(str(path)),
            lambda: _resolve(str(path)),
            lambda: _resolve(str(twice)),
        )
    return [
        ("ours: parse, server, location, settings", f"{ours_s:.2f} s"),
        ("crossplane: parse alone, in the same run", f"{crossplane_s:.2f} s"),
        ("ours to crossplane (to be within 1)", f"{ours_s / crossplane_s:.2f}"),
        ("twice the lines to once (to be near 2)", f"{twice_s / ours_s:.2f}"),
    ]


def _crossplane(path: str) -> None:
    crossplane.parse(path, combine=False, check_ctx=False, check_args=False)


def _resolve(path: str) -> None:
    resolve_request(read_config(path), Request("/app700/3", host="s700.example.com", port=80))
