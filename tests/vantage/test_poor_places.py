"""A place that lacks rights or tools: logs and configs there fail in the shell's own words."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.tools import require
from wizard.logs.watch import LogWatch
from wizard.model.log_report import LogReport
from wizard.model.target import Source
from wizard.model.vantage import Vantage
from wizard.nginx.fetch.fetch import fetch_config
from wizard.text.errors import ConfigError
from wizard.vantage.session import VantageSession


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that anybody may enter, as pytest's own are not."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def web() -> VantageSession:
    """A place where we are not root."""
    if os.geteuid() != 0:
        return VantageSession(Vantage("web", ("env",)))
    require("setpriv")
    return VantageSession(Vantage("web", ("setpriv", "--reuid=65534", "--clear-groups")))


def with_tools(folder: Path, *tools: str) -> VantageSession:
    """A place that has these tools alone."""
    for tool in ("sh", *tools):
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    return VantageSession(Vantage("web", ("env", f"PATH={folder}")))


async def reported(place: Source, web: VantageSession) -> LogReport:
    """What there is of a log there at first."""
    made = LogWatch([place], {"web": web})
    try:
        await made.begin()
        (report,) = made.collect("beef", "/sse")
    finally:
        await made.close()
    return report


async def log_at(path: Path, web: VantageSession) -> LogReport:
    return await reported(Source(str(path), "web"), web)


async def refused(what: str, web: VantageSession) -> str:
    with pytest.raises(ConfigError) as caught:
        await fetch_config(what, web)
    return str(caught.value)


@pytest.fixture
def shut(shared: Path) -> Iterator[Path]:
    """A folder that may not be entered."""
    folder = shared / "it's shut"
    (folder / "deep").mkdir(parents=True)
    for name in ("access.log", "nginx.conf", "deep/nginx.conf"):
        (folder / name).write_text("events {}\n", "utf-8")
    folder.chmod(0)
    yield folder
    folder.chmod(0o755)


async def test_a_config_that_may_not_be_read(shared: Path, web: VantageSession) -> None:
    (shared / "nginx.conf").write_text("events {}\n", "utf-8")
    (shared / "nginx.conf").chmod(0)
    assert "Permission denied" in await refused(f"{shared}/nginx.conf", web)


async def test_a_log_in_a_folder_that_may_not_be_entered(shut: Path, web: VantageSession) -> None:
    found = await log_at(shut / "access.log", web)
    assert f"web={shut}/access.log: cannot be read: Permission denied: {shut} " in found.problem


@pytest.mark.parametrize("name", ["nginx.conf", "deep/nginx.conf", "deep/none.conf"])
async def test_a_config_in_a_folder_that_may_not_be_entered(
    name: str, shut: Path, web: VantageSession
) -> None:
    assert (await refused(f"{shut}/{name}", web)).endswith(f"Permission denied: {shut}")


@pytest.mark.parametrize("name", ["none.conf", "none/nginx.conf", "open.conf/x"])
async def test_what_is_not_there_is_not_barred(
    name: str, shared: Path, web: VantageSession
) -> None:
    (shared / "open.conf").write_text("events {}\n", "utf-8")
    assert (await refused(f"{shared}/{name}", web)).endswith("No such file or directory")
    assert "No such file or directory" in (await log_at(shared / name, web)).problem


@pytest.mark.parametrize("pattern", ["*.conf", "deep/*.conf", "*/*.conf"])
async def test_a_pattern_in_a_folder_that_may_not_be_entered(
    pattern: str, shared: Path, shut: Path, web: VantageSession
) -> None:
    (shared / "nginx.conf").write_text(f'include "{shut}/{pattern}"; events {{}}', "utf-8")
    (note,) = (await fetch_config(f"{shared}/nginx.conf", web)).notes
    assert note.endswith("its directory cannot be read: permission denied")


async def test_a_log_where_there_is_no_tail(shared: Path, tmp_path: Path) -> None:
    (shared / "access.log").touch()
    found = await log_at(shared / "access.log", with_tools(tmp_path, "ls"))
    assert found.problem == f"web={shared}/access.log: tail: not found (exit status 127)"


async def test_a_log_where_there_is_no_ls(shared: Path, tmp_path: Path) -> None:
    (shared / "access.log").touch()
    found = await log_at(shared / "access.log", with_tools(tmp_path, "tail"))
    assert found.problem == f"web={shared}/access.log: ls: not found (exit status 127)"


async def test_a_config_where_there_is_no_head(shared: Path, tmp_path: Path) -> None:
    (shared / "nginx.conf").write_text("events {}\n", "utf-8")
    said = await refused(f"{shared}/nginx.conf", with_tools(tmp_path))
    assert said == f"web: {shared}/nginx.conf: head: not found"


async def test_a_command_that_is_not_there() -> None:
    place = Source("x", "web", "pod", ("/nonexistent/kubectl",))
    found = await reported(place, VantageSession(Vantage("web", ("env",))))
    assert found.problem == "pod: /nonexistent/kubectl: not found (exit status 127)"


async def test_an_nginx_that_may_not_be_executed(tmp_path: Path) -> None:
    web = with_tools(tmp_path, "id", "readlink", "ls", "tr")
    # Where Nginx is found by a shell that looks for the name alone.
    (tmp_path / "nginx").write_text("#!/nonexistent\n", "utf-8")
    (tmp_path / "nginx").chmod(0o755)
    said = await refused("", web)
    assert said.startswith(f"web: nginx -T: {tmp_path}/nginx: not found")
    assert "\\0" not in said
    assert "--conf web=/etc/nginx/nginx.conf" in said
