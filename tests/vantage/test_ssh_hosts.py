"""The hosts of an ssh config, in all forms that ssh accepts."""

import os
from pathlib import Path

from wizard.vantage.presets import Preset
from wizard.vantage.presets.ssh import MAX_INCLUDE_DEPTH, host_menu, read_host_names


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_hosts_of_the_ssh_config(tmp_path: Path) -> None:
    write(
        tmp_path / "config",
        "# Host commented\n"
        "Include conf.d/* ~/none\n"
        "Host jump Web1.example.com *.internal !bad web? # trailing\n"
        "  HostName 10.0.0.7\n"
        "host=equals\n"
        "HOST = 'quoted' \"two words\" -oProxyCommand=evil\n"
        "Match host matched\n"
        '  Include "sub dir/more"\n'
        "=\nHost\nHost \"unclosed\n\tHost\tlast\n",
    )  # fmt: skip
    write(tmp_path / "conf.d" / "b", "Host second\n")
    write(tmp_path / "conf.d" / "a", "Host first jump\n")
    write(tmp_path / "sub dir" / "more", "Host inner\n")
    assert read_host_names(tmp_path) == [
        *("first", "jump", "second", "Web1.example.com", "equals", "quoted", "inner", "last")
    ]


def test_an_ssh_config_that_includes_itself(tmp_path: Path) -> None:
    write(tmp_path / "config", "Include *\nHost once\n")
    os.mkfifo(tmp_path / "pipe")
    assert read_host_names(tmp_path) == ["once"]


def test_includes_are_followed_as_deep_as_ssh_does(tmp_path: Path) -> None:
    write(tmp_path / "config", "Include 1\n")
    for number in range(1, MAX_INCLUDE_DEPTH + 3):
        write(tmp_path / str(number), f"Host h{number}\nInclude {number + 1}\n")
    assert read_host_names(tmp_path) == [f"h{number}" for number in range(1, MAX_INCLUDE_DEPTH + 1)]


def test_an_ssh_config_that_is_missing_or_binary_does_not_matter(tmp_path: Path) -> None:
    assert read_host_names(tmp_path) == []
    (tmp_path / "config").write_bytes(b"Host ok\n\xff\xfe\x00Host\xff x\nHost caf\xc3\xa9 a\x00b\n")
    assert read_host_names(tmp_path) == ["ok", "café"]
    (tmp_path / "config").unlink()
    (tmp_path / "config").mkdir()
    assert read_host_names(tmp_path) == []


async def test_a_host_gives_a_preset_named_by_its_first_label(tmp_path: Path) -> None:
    write(tmp_path / "config", "Host web1.example.com 10.0.0.7 deploy@jump.example.com\n")
    listing = await host_menu(tmp_path).load()
    assert [row.next for row in listing.choices] == [
        Preset("web1", ("ssh", "web1.example.com")),
        Preset("there", ("ssh", "10.0.0.7")),
        Preset("jump", ("ssh", "deploy@jump.example.com")),
    ]
    (tmp_path / "config").unlink()
    assert (await host_menu(tmp_path).load()).problem == f"{tmp_path}/config names no host"
