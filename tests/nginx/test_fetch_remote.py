"""Fetching a config at a vantage: files, `nginx -T`, and hostile or poorly equipped vantages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import INSTALLED
from tests.nginx.masters import Masters
from tests.nginx.resolving import one_line
from tests.tools import needs, processes_naming, require
from wizard.model.config import Config
from wizard.model.vantage import Vantage
from wizard.nginx.fetch.fetch import fetch_config
from wizard.nginx.fetch.remote_dump import dump_remote
from wizard.nginx.load import MAX_INCLUDE_DEPTH, read_config
from wizard.text.errors import ConfigError, VantageError
from wizard.vantage.session import VantageSession

TOOLS = ("sh", "id", "readlink", "ls", "tr", "head", "cat", "env", "printf")
"""The tools that the scripts need, without `grep`: so no Nginx of other tests is found."""


@pytest.fixture
def bin(tmp_path: Path) -> Path:
    """The only directory in the vantage's PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        path = shutil.which(tool)
        assert path
        (folder / tool).symlink_to(path)
    return folder


@pytest.fixture
def count(tmp_path: Path) -> Path:
    """A file with one line for each command that was run at the vantage."""
    return tmp_path / "count"


@pytest.fixture
def web(bin: Path, count: Path) -> VantageSession:
    """A vantage whose prefix counts the commands."""
    prefix = bin / "enter"
    prefix.write_text(f'#!/bin/sh\necho x >>"{count}"\nPATH={bin} exec "$@"\n', "utf-8")
    prefix.chmod(0o755)
    return VantageSession(Vantage("web", (str(prefix),)))


def put(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".conf").write_text(text, "utf-8")


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)


def commands(count: Path) -> int:
    return count.read_text("utf-8").count("x")


async def error_of(path: str, web: VantageSession) -> str:
    with pytest.raises(ConfigError) as caught:
        await fetch_config(path, web)
    return one_line(caught.value)


def same(one: Config, other: Config) -> bool:
    """True if both have the same directives, texts and notes."""
    return (one.root, dict(one.texts), one.notes) == (other.root, dict(other.texts), other.notes)


async def test_a_remote_config_is_the_same_as_a_local_one(
    tmp_path: Path, web: VantageSession, count: Path
) -> None:
    folder = tmp_path / "it's [a] place"
    put(
        folder,
        nginx="events {} http { include sites/*.conf; include one.conf; include none/*.conf; }",
        sites__b="server { listen 82; include two.conf; }",
        sites__a="server { listen 81; include two.conf; }",
        one="server { listen 80; }",
        two="location / { include deep/[xy].conf; return 200; }",
        deep__x="gzip on;",
        deep__z="gzip off;",
    )
    main = str(folder / "nginx.conf")
    remote, local = await fetch_config(main, web), await fetch_config(main)
    assert same(remote, local)
    assert len(remote.texts) == 6
    assert remote.paths == {}
    # The file, the version, the includes of the file, those of the sites, those of two.conf.
    assert commands(count) == 5


BROKEN = {
    "loop": {"nginx": "http { include a.conf; }", "a": "include a.conf;"},
    "missing": {"nginx": "http { include a.conf; }"},
    "unclosed": {"nginx": "http { include a.conf; }", "a": "server {"},
    "empty": {"nginx": "\n"},
    "binary": {"nginx": "a\0b"},
    "deep": {
        "nginx": "include c0.conf;",
        **{f"c{n}": f"include c{n + 1}.conf;" for n in range(MAX_INCLUDE_DEPTH + 2)},
    },
}


@pytest.mark.parametrize("kind", list(BROKEN))
async def test_the_error_of_a_remote_config_is_the_same_as_of_a_local_one(
    kind: str, tmp_path: Path, web: VantageSession
) -> None:
    put(tmp_path / "etc", **BROKEN[kind])
    main = str(tmp_path / "etc/nginx.conf")
    with pytest.raises(ConfigError) as local:
        await fetch_config(main)
    assert await error_of(main, web) == f"web: {local.value}"


NOT_FILES = {"none": "No such file", "dir": "a directory", "fifo": "a named pipe", "null": "device"}


@pytest.mark.parametrize("kind", list(NOT_FILES))
async def test_anything_but_a_remote_regular_file_is_an_error(
    kind: str, tmp_path: Path, web: VantageSession
) -> None:
    (tmp_path / "dir").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "null").symlink_to("/dev/null")
    assert NOT_FILES[kind] in await error_of(str(tmp_path / kind), web)


async def test_a_remote_file_may_be_a_dump(tmp_path: Path, web: VantageSession) -> None:
    put(tmp_path, dump="# configuration file /etc/nginx/nginx.conf:\nevents {}\n")
    config = await fetch_config(str(tmp_path / "dump.conf"), web)
    assert list(config.texts) == ["/etc/nginx/nginx.conf"]


DUMP = "# configuration file /etc/nginx/nginx.conf:\nevents {}\nhttp { gzip on; }\n"
FAKE = 'case $* in *-v*) echo "nginx version: %s" >&2;; *-T*) %s;; *) exit 9;; esac'


@pytest.mark.parametrize(
    ("name", "banner", "version"),
    [
        ("nginx", "nginx/1.25.3 (Ubuntu)", "1.25.3"),
        ("openresty", "openresty/1.21.4.1", "1.21.4.1"),
    ],
)
async def test_the_dump_of_a_remote_nginx(
    name: str, banner: str, version: str, bin: Path, web: VantageSession, tmp_path: Path
) -> None:
    (tmp_path / "dump").write_text(DUMP, "utf-8")
    program(bin, name, FAKE % (banner, f"cat {tmp_path}/dump"))
    config = await fetch_config("", web)
    assert (config.version, config.command, config.notes) == (version, "", ())
    assert [directive.name for directive in config.root] == ["events", "http"]


NGINX_ERRORS = {
    "broken": 'nginx: [emerg] unknown directive \\"srver\\" in /etc/nginx/nginx.conf:3',
    "keys": 'nginx: [emerg] cannot load certificate key \\"/etc/ssl/k\\": Permission denied',
    "hostile": "nginx: [emerg] \\033[2J\\007 oh",
}


@pytest.mark.parametrize("kind", list(NGINX_ERRORS))
async def test_an_error_of_nginx_is_shown_and_the_file_suggested(
    kind: str, bin: Path, web: VantageSession
) -> None:
    message = NGINX_ERRORS[kind]
    program(bin, "nginx", FAKE % ("nginx/1.25.3", f'printf "{message}\\n" >&2; exit 1'))
    shown = await error_of("", web)
    assert "[emerg]" in shown
    assert "--conf web=/etc/nginx/nginx.conf" in shown


async def test_a_secret_in_an_error_of_nginx_is_not_shown(bin: Path, web: VantageSession) -> None:
    message = "nginx: [emerg] host not found in http://me:hunter2@backend/"
    program(bin, "nginx", FAKE % ("nginx/1.25.3", f"echo '{message}' >&2; exit 1"))
    assert "hunter2" not in await error_of("", web)


@pytest.fixture
def bare(bin: Path) -> VantageSession:
    """A vantage without Nginx: this machine's own, outside PATH, is hidden by a mount."""
    require("unshare", "mount")
    unshare, mount = shutil.which("unshare") or "", shutil.which("mount")
    cover = f'{mount} -t tmpfs none /usr/sbin && PATH={bin} exec "$@"'
    rights = "-m" if os.geteuid() == 0 else "-rm"
    prefix = (unshare, rights, "sh", "-c", cover, "sh")
    if subprocess.run([*prefix, "printf", "x"], capture_output=True).stdout != b"x":
        pytest.skip("needs the right to make namespaces")
    return VantageSession(Vantage("web", prefix))


async def test_a_vantage_without_nginx(bare: VantageSession) -> None:
    shown = await error_of("", bare)
    assert "no Nginx was found there" in shown
    assert "--conf web=/etc/nginx/nginx.conf" in shown


async def test_a_file_at_a_vantage_without_nginx(bare: VantageSession, tmp_path: Path) -> None:
    put(tmp_path, nginx="events {}")
    config = await fetch_config(str(tmp_path / "nginx.conf"), bare)
    assert config.version is None
    assert [directive.name for directive in config.root] == ["events"]


@needs("setsid")
async def test_an_nginx_that_hangs_is_ended(bin: Path, tmp_path: Path) -> None:
    (tmp_path / "hang").touch()
    tail, setsid = shutil.which("tail"), shutil.which("setsid")
    program(bin, "nginx", FAKE % ("nginx/1.25.3", f"exec {tail} -f {tmp_path}/hang"))
    # In a session of its own, as behind ssh: only the watchdog ends it.
    program(bin, "enter", f'PATH={bin} exec {setsid} -w "$@"')
    web = VantageSession(Vantage("web", (str(bin / "enter"),)))
    with pytest.raises(ConfigError) as caught:
        await dump_remote(web, timeout_s=0.2)
    assert "no answer in time" in str(caught.value)
    assert "--conf web=/etc/nginx/nginx.conf" in str(caught.value)
    assert not processes_naming(f"{tmp_path}/hang")


HOSTILE = {
    "endless": "exec yes a",
    "silent": "exit 0",
    "no-shell": "echo 'exec: \"sh\": executable file not found in $PATH' >&2; exit 126",
    "password": "echo 'root@web: Permission denied (publickey,password).' >&2; exit 255",
}


@pytest.mark.parametrize("kind", list(HOSTILE))
@pytest.mark.parametrize("path", ["", "/etc/nginx/nginx.conf"], ids=["dump", "file"])
async def test_a_hostile_vantage_gives_one_sentence(kind: str, path: str, bin: Path) -> None:
    program(bin, "bad", HOSTILE[kind])
    with pytest.raises(VantageError) as caught:
        await fetch_config(path, VantageSession(Vantage("web", (str(bin / "bad"),))))
    assert str(caught.value).startswith("web: ")
    assert ("Copy the config to this machine" in str(caught.value)) == (kind == "no-shell")


INVALID_SCRIPT = r"""
import sys
mark = sys.stdin.readline().strip()
print(mark + "+", flush=True); print(mark + "+", file=sys.stderr, flush=True)
name = sys.argv[-1]
inner = next(word for word in sys.argv if len(word) == 16 and not word.startswith("/"))
sys.stdout.write(%r.replace("MARK", inner)); sys.stdout.flush()
print("\n" + mark + "-0", file=sys.stderr, flush=True)
"""
INVALID_OUTPUTS = {
    "numbers": "\nMARK 99999 text /x\nevents {}\nMARK end\n",
    "words": "\nMARK nonsense\nMARK end\n",
    "kinds": "\nMARK 1 poison /x\nMARK end\n",
    "nothing": "\nMARK end\n",
    "no-end": "\nMARK 1 text /etc/nginx/nginx.conf\nevents {}",
    "binary": "\nMARK 1 text /etc/nginx/nginx.conf\n\0\xff\nMARK end\n",
}


@pytest.mark.parametrize("output", list(INVALID_OUTPUTS))
@pytest.mark.parametrize("path", ["", "/etc/nginx/nginx.conf"], ids=["dump", "file"])
async def test_invalid_output_of_a_vantage_gives_one_sentence(
    output: str, path: str, tmp_path: Path
) -> None:
    script = tmp_path / "invalid.py"
    script.write_text(INVALID_SCRIPT % INVALID_OUTPUTS[output], "utf-8")
    await error_of(path, VantageSession(Vantage("web", (sys.executable, str(script)))))


async def test_the_config_of_the_running_nginx_is_dumped(masters: Masters) -> None:
    running = masters.start("its")
    config = await fetch_config("", masters.web)
    assert config.main == str(running)
    assert config.doubt == ""
    assert config.command.endswith(f"-p {running.parent} -c {running.name} -T")
    assert config.version in INSTALLED
    assert same(config, read_config(str(running)))


async def test_of_several_nginx_the_one_that_listens_is_chosen(masters: Masters) -> None:
    names = {8081: "a", 8082: "b", 8083: "c"}
    confs = {port: masters.start(name, port) for port, name in names.items()}
    for port, conf in confs.items():
        config = await fetch_config("", masters.web, port=port)
        assert (config.main, config.doubt, config.notes) == (str(conf), "", ())


async def test_of_several_nginx_none_listens(masters: Masters) -> None:
    confs = {str(masters.start(name, port)) for name, port in (("a", 8081), ("b", 8082))}
    config = await fetch_config("", masters.web, port=443)
    (other,) = confs - {config.main}
    assert config.doubt == (
        f"several Nginx run there: {other} (none of them is seen to listen on port 443; this "
        f"config is of {config.main}); choose one with --conf web={other}"
    )
    assert config.notes == (config.doubt,)
    assert "the port is not known" in (await fetch_config("", masters.web)).doubt


async def test_of_several_nginx_more_than_one_listens(masters: Masters) -> None:
    for name, listen in (("a", "8081 reuseport"), ("b", "8081 reuseport"), ("c", "8082")):
        masters.start(name, listen)
    config = await fetch_config("", masters.web, port=8081)
    assert "(2 of them are seen to listen on port 8081; " in config.doubt


async def test_an_error_of_the_running_nginx_suggests_its_own_config(masters: Masters) -> None:
    confs = {port: masters.start(name, port) for port, name in ((8081, "a"), (8082, "b"))}
    confs[8082].write_text("nonsense;", "utf-8")
    with pytest.raises(ConfigError) as caught:
        await fetch_config("", masters.web, port=8082)
    message = str(caught.value)
    assert message.startswith("web: nginx -T: ")
    assert "[emerg]" in message
    assert message.endswith(f"--conf web={confs[8082]} or web={confs[8081]}")
