"""`inspect` on configs that must not hang, crash or mislead it."""

from pathlib import Path

import pytest

from tests.hostile.configs import CONFIGS, HOSTS, PATHS, READS_ON, HostileConfig
from tests.hostile.run import assert_well_behaved, run


def write(config: HostileConfig, folder: Path) -> str:
    """Write the config's files; return the path of the main one."""
    config.prepare(folder)
    for name, text in config.files.items():
        (folder / name).write_text(text)
    raw = config.text if isinstance(config.text, bytes) else config.text.encode()
    path = folder / "nginx.conf"
    path.write_bytes(raw.replace(b"DIR", str(folder).encode()))
    return str(path)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_a_config(config: HostileConfig, tmp_path: Path) -> None:
    ended = run("inspect", "--conf", write(config, tmp_path), *config.options)

    assert_well_behaved(ended)
    assert ended.status == (2 if config.is_error else 0), ended.err
    assert len(ended.out) < MAX_OUTPUT
    text = " ".join((ended.out + ended.err).split())
    for words in config.says:
        assert words in text
    for words in config.never:
        assert words not in text


MAX_OUTPUT = 50_000
"""The longest report, in characters."""


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_path(path: str, tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text(READS_ON)
    ended = run("inspect", "--conf", str(conf), "--path", path, "--as-sent")

    assert_well_behaved(ended)
    assert ended.status in (0, 2), ended.err
    assert len(ended.out) < MAX_OUTPUT


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS.keys())
def test_a_host(host: str, tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text(READS_ON.replace("listen 80;", "listen 80; server_name a .b *.c d.* ~e;"))
    ended = run("inspect", "--conf", str(conf), "--path", "/sse", "--host", host)

    assert_well_behaved(ended)
    assert ended.status in (0, 2), ended.err
    assert len(ended.out) < MAX_OUTPUT
