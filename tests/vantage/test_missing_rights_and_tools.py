"""A vantage without rights or tools: logs and configs fail with the shell's own message."""

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
    """A folder that every user may enter, unlike pytest's."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def web() -> VantageSession:
    """The session of a vantage where commands do not run as root."""
    if os.geteuid() != 0:
        return VantageSession(Vantage("web", ("env",)))
    require("setpriv")
    return VantageSession(Vantage("web", ("setpriv", "--reuid=65534", "--clear-groups")))


def with_tools(folder: Path, *tools: str) -> VantageSession:
    """Return the session of a vantage that has only these tools."""
    for tool in ("sh", *tools):
        program = shutil.which(tool)
        assert program
        (folder / tool).symlink_to(program)
    return VantageSession(Vantage("web", ("env", f"PATH={folder}")))


async def report_on(source: Source, web: VantageSession) -> LogReport:
    """Return the first report on a log."""
    watch = LogWatch([source], {"web": web})
    try:
        await watch.begin()
        (report,) = watch.collect("beef", "/sse")
    finally:
        await watch.close()
    return report


async def log_at(path: Path, web: VantageSession) -> LogReport:
    """Return the first report on a log file."""
    return await report_on(Source(str(path), "web"), web)


async def config_error(path: str, web: VantageSession) -> str:
    """Return the message with which the config cannot be fetched."""
    with pytest.raises(ConfigError) as caught:
        await fetch_config(path, web)
    return str(caught.value)


@pytest.fixture
def locked(shared: Path) -> Iterator[Path]:
    """A folder that nobody but root may enter."""
    folder = shared / "it's locked"
    (folder / "deep").mkdir(parents=True)
    for name in ("access.log", "nginx.conf", "deep/nginx.conf"):
        (folder / name).write_text("events {}\n", "utf-8")
    folder.chmod(0)
    yield folder
    folder.chmod(0o755)


async def test_a_config_that_may_not_be_read(shared: Path, web: VantageSession) -> None:
    (shared / "nginx.conf").write_text("events {}\n", "utf-8")
    (shared / "nginx.conf").chmod(0)
    assert "Permission denied" in await config_error(f"{shared}/nginx.conf", web)


async def test_a_log_in_a_folder_that_may_not_be_entered(locked: Path, web: VantageSession) -> None:
    report = await log_at(locked / "access.log", web)
    assert (
        f"web={locked}/access.log: cannot be read: Permission denied: {locked} " in report.problem
    )


@pytest.mark.parametrize("name", ["nginx.conf", "deep/nginx.conf", "deep/none.conf"])
async def test_a_config_in_a_folder_that_may_not_be_entered(
    name: str, locked: Path, web: VantageSession
) -> None:
    assert (await config_error(f"{locked}/{name}", web)).endswith(f"Permission denied: {locked}")


@pytest.mark.parametrize("name", ["none.conf", "none/nginx.conf", "open.conf/x"])
async def test_a_missing_file_is_not_called_forbidden(
    name: str, shared: Path, web: VantageSession
) -> None:
    (shared / "open.conf").write_text("events {}\n", "utf-8")
    assert (await config_error(f"{shared}/{name}", web)).endswith("No such file or directory")
    assert "No such file or directory" in (await log_at(shared / name, web)).problem


@pytest.mark.parametrize("pattern", ["*.conf", "deep/*.conf", "*/*.conf"])
async def test_a_pattern_in_a_folder_that_may_not_be_entered(
    pattern: str, shared: Path, locked: Path, web: VantageSession
) -> None:
    (shared / "nginx.conf").write_text(f'include "{locked}/{pattern}"; events {{}}', "utf-8")
    (note,) = (await fetch_config(f"{shared}/nginx.conf", web)).notes
    assert note.endswith("its directory cannot be read: permission denied")


async def test_a_log_without_tail(shared: Path, tmp_path: Path) -> None:
    (shared / "access.log").touch()
    report = await log_at(shared / "access.log", with_tools(tmp_path, "ls"))
    assert report.problem == f"web={shared}/access.log: tail: not found (exit status 127)"


async def test_a_log_without_ls(shared: Path, tmp_path: Path) -> None:
    (shared / "access.log").touch()
    report = await log_at(shared / "access.log", with_tools(tmp_path, "tail"))
    assert report.problem == f"web={shared}/access.log: ls: not found (exit status 127)"


async def test_a_config_without_head(shared: Path, tmp_path: Path) -> None:
    (shared / "nginx.conf").write_text("events {}\n", "utf-8")
    message = await config_error(f"{shared}/nginx.conf", with_tools(tmp_path))
    assert message == f"web: {shared}/nginx.conf: head: not found"


async def test_a_log_command_that_does_not_exist() -> None:
    source = Source("x", "web", "pod", ("/nonexistent/kubectl",))
    report = await report_on(source, VantageSession(Vantage("web", ("env",))))
    assert report.problem == "pod: /nonexistent/kubectl: not found (exit status 127)"


async def test_an_nginx_that_may_not_be_executed(tmp_path: Path) -> None:
    web = with_tools(tmp_path, "id", "readlink", "ls", "tr")
    # `command -v` finds it, but it cannot be executed.
    (tmp_path / "nginx").write_text("#!/nonexistent\n", "utf-8")
    (tmp_path / "nginx").chmod(0o755)
    message = await config_error("", web)
    assert message.startswith(f"web: nginx -T: {tmp_path}/nginx: not found")
    assert "\\0" not in message
    assert "--conf web=/etc/nginx/nginx.conf" in message
