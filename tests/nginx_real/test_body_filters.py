"""Body filters in force: predicted by the config, and observed on a real Nginx.

Debian's Nginx loads the filters of other projects as modules; the other one has njs built in. All
is asserted in one test for each Nginx, so that the streams run once.
"""

import re
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.nginx_real.delivery_rows import OFF, V11, Location
from tests.nginx_real.paced_streams import PacedObservation, PacedRow, observe_paced
from wizard.model.resolution import Client, Encoding

pytestmark = pytest.mark.nginx

CLIENTS: tuple[Client, ...] = ("h1", "h1-tls", "h2")
SCRIPTS = """
function change(r, data, flags) { r.sendBuffer(data.toUpperCase(), flags); }
export default { change };
"""
LUA_PATH = 'lua_package_path "/usr/share/lua/5.1/?.lua;;";'
"""Where Debian installs what its Lua module needs."""


@dataclass(frozen=True)
class Filter:
    """Directives that filter event streams.

    Attributes:
        module: The module to load, without `ngx_http_` and `_module.so`; empty if built in.
        http: A line at the http level; `$scripts` is the file of njs.
    """

    name: str
    directives: str
    module: str = ""
    http: str = ""


FILTERS = (
    Filter("ssi", "ssi on; ssi_types text/event-stream; "),
    Filter("lua", "body_filter_by_lua_block { ngx.arg[1] = string.upper(ngx.arg[1]) } ", "lua",
           LUA_PATH),
    Filter("lua-collects", "body_filter_by_lua_block { ngx.ctx.all = (ngx.ctx.all or '') .. "
           "ngx.arg[1]; if ngx.arg[2] then ngx.arg[1] = ngx.ctx.all else ngx.arg[1] = nil end } ",
           "lua"),
    Filter("lua-headers", "header_filter_by_lua_block { ngx.header['X-A'] = '1' } ", "lua"),
    Filter("njs", "js_body_filter scripts.change; ", "js", "js_import scripts from $scripts;"),
    Filter("brotli", "brotli on; brotli_types text/event-stream; ", "brotli_filter"),
    Filter("subs", "subs_filter_types text/event-stream; subs_filter q z; ", "subs_filter"),
)  # fmt: skip


def test_prediction_and_observation_agree_for_each_filter(nginx: str, tmp_path: Path) -> None:
    (tmp_path / "scripts.js").write_text(SCRIPTS)
    loaded, filters = available_filters(nginx)
    rows = tuple(row for each in filters for row in rows_of(each))
    http = "\n".join(dict.fromkeys(each.http for each in filters if each.http))
    http = http.replace("$scripts", str(tmp_path / "scripts.js")) + "\n"
    observed = observe_paced(nginx, rows, http, loaded)
    wrong = [
        f"{row.id}: {observed.predicted(row)}, but missing were {observed.missing[row.id]}"
        for row in rows
        if not _agrees(observed, row)
    ]
    assert wrong == []
    _assert_that_collecting_holds_even_with_buffering_off(observed, rows)


def rows_of(each: Filter) -> list[PacedRow]:
    """Streams with and without buffering, for clients that accept what the filter needs."""
    locations = [
        Location(f"{each.name}-{name}", "paced", "chunked", V11 + buffering + each.directives)
        for name, buffering in (("on", ""), ("off", OFF))
    ]
    encoding: Encoding = "br" if each.name == "brotli" else "identity"
    return [PacedRow(location, client, encoding) for location in locations for client in CLIENTS]


def available_filters(nginx: str) -> tuple[str, list[Filter]]:
    """The lines that load modules, and the filters that this Nginx has then.

    Skips the test if Debian's Nginx is installed without these modules.
    """
    built = subprocess.run([nginx, "-V"], capture_output=True, text=True, check=True).stderr
    found = re.search(r"--modules-path=(\S+)", built)
    if found is None:
        own = {"", *(["js"] if "njs" in built else [])}
        return "", [each for each in FILTERS if each.module in own]
    names = dict.fromkeys(("", *(each.module for each in FILTERS)))
    files = [Path(found[1], f"ngx_http_{name}_module.so") for name in names if name]
    if missing := [file.name for file in files if not file.exists()]:
        pytest.skip(f"needs {', '.join(missing)}: Debian's packages libnginx-mod-http-…")
    needed = [Path(found[1], "ndk_http_module.so"), *files]
    return "".join(f"load_module {file};\n" for file in needed), list(FILTERS)


def _agrees(observed: PacedObservation, row: PacedRow) -> bool:
    missing, result = observed.missing[row.id], observed.predicted(row).result
    if result == "undecided":
        return "collects" in row.location.name
    if result == "held":
        return all(missing)
    if row.encoding != "br":
        return not any(missing)
    # The probe does not decompress brotli: each event brings more bytes.
    received = observed.received[row.id]
    return all(before < after for before, after in pairwise((0, *received)))


def _assert_that_collecting_holds_even_with_buffering_off(
    observed: PacedObservation, rows: tuple[PacedRow, ...]
) -> None:
    """Why a Lua filter that collects the body is undecided, and never live."""
    for row in rows:
        if "collects" in row.location.name:
            assert all(observed.missing[row.id])
