"""A targets file: its keys are the options, and every mistake is reported in one sentence."""

import os
from pathlib import Path

import pytest

from tests.cli.command import run_command
from tests.cli.invalid_targets import INVALID, ONE, URL
from tests.cli.target_files import read, read_error, read_one
from wizard.cli.options import make_parser, make_target_parser, target_of
from wizard.cli.target_keys import KEYS
from wizard.cli.targets import read_targets
from wizard.cli.toml_file import MAX_FILE_BYTES
from wizard.model.target import Hop, Source, Target
from wizard.model.vantage import Vantage
from wizard.text.errors import UsageError

SAME = {
    'direct = "http://b:1/sse"': ["--direct", "http://b:1/sse"],
    'direct = ["http://b/", "http://c/"]': ["--direct", "http://b/", "--direct", "http://c/"],
    'conf = "/etc/nginx/nginx.conf"': ["--conf", "/etc/nginx/nginx.conf"],
    'log = ["/var/log/a.log"]': ["--log", "/var/log/a.log"],
    'log = "pod=kubectl logs -f x"': ["--log", "pod=kubectl logs -f x"],
    'header = ["A: b=c", "--X: y"]': ["--header", "A: b=c", "--header=--X: y"],
    'request = "PUT"\nhttp = "1.1"\nrepeat = true': ["-X", "PUT", "--http", "1.1", "--repeat"],
    'data = ["a=1", "-b"]': ["-d", "a=1", "--data=-b"],
    "insecure = true": ["--insecure"],
    'connect-to = "127.0.0.1:8443"': ["--connect-to", "127.0.0.1:8443"],
    "stall = 5": ["--stall", "5"],
    "patience = 0.5": ["--patience", "0.5"],
    "upgrade = true": ["--upgrade"],
    "mcp = false": ["--no-mcp"],
    'mcp = "always"': ["--mcp", "always"],
    'style = "f5"': ["--style", "f5"],
    'vantage = ["w=ssh web"]': ["--vantage", "w=ssh web"],
    'vantage.w = "ssh web"\ndirect = "w=http://b/"\nconf = "w="': [
        *("--vantage", "w=ssh web", "--direct", "w=http://b/", "--conf", "w=")
    ],
    'hop = ["edge=http://e/", "inner=http://i/"]': [
        *("--hop", "edge=http://e/", "--hop", "inner=http://i/")
    ],
}


@pytest.mark.parametrize(("lines", "words"), SAME.items(), ids=[lines[:12] for lines in SAME])
def test_a_key_means_what_the_option_means(file: Path, lines: str, words: list[str]) -> None:
    assert read_one(file, lines) == target_of(make_parser("check").parse_args([URL, *words]))


def test_every_option_of_a_target_has_its_key() -> None:
    options = {
        option.removeprefix("--").removeprefix("no-")
        for action in make_target_parser()._actions
        for option in action.option_strings
        if option.startswith("--")
    }
    assert options == set(KEYS)
    assert {key.dest for key in KEYS.values()} == vars(make_target_parser().parse_args([])).keys()


def test_a_table_of_hops_keeps_its_order(file: Path) -> None:
    target = read_one(file, '[target.hop]\nz = "http://z/"\na = "http://a/"\n')
    assert target.hops == (Hop("z", Source("http://z/")), Hop("a", Source("http://a/")))


def test_defaults_override_options_and_a_target_overrides_both(file: Path) -> None:
    text = f"""
        [defaults]
        stall = 2
        header = "A: defaults"
        insecure = false
        [[target]]
        url = "{URL}"
        [[target]]
        name = "own"
        url = "{URL}"
        stall = 3
        header = []
        insecure = true
        mcp = true
    """
    words = ("--stall", "1", "--patience", "7", "--header", "B: words", "--insecure", "--no-mcp")
    first, own = (named.target for named in read(file, text, *words))
    assert first == Target(
        URL, stall=2.0, patience=7.0, headers=(("A", "defaults"),), mcp="never", insecure=False
    )
    assert own == Target(URL, stall=3.0, patience=7.0, mcp="auto", insecure=True)


def test_the_name_is_the_url_without_its_secrets_if_none_is_given(file: Path) -> None:
    named = read(file, f'[[target]]\nurl="{URL}?token=hunter2"\n[[target]]\nurl="{URL}"\nname="b"')
    assert [target.name for target in named] == [f"{URL}?token=[redacted-1]", "b"]
    assert named[0].target.url == f"{URL}?token=hunter2"


def test_paths_are_relative_to_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/u")
    lines = """
        vantage.web = "ssh web"
        conf = "conf/nginx.conf"
        log = ["a.log", "/b.log", "~/c.log", "web=d.log", "x=cat e.log"]
    """
    target = read_one(file, lines)
    folder = str(file.parent)
    assert target.conf == Source(f"{folder}/conf/nginx.conf")
    assert [log.locator for log in target.logs] == [
        *(f"{folder}/a.log", "/b.log", "/home/u/c.log", "d.log", "cat e.log")
    ]


def test_a_path_among_the_options_is_relative_to_the_working_directory(file: Path) -> None:
    target = read_one(file, "stall = 1", "--conf", "nginx.conf", "--log", "a.log")
    assert target.conf == Source("nginx.conf")
    assert target.logs == (Source("a.log"),)


def test_vantages_of_the_command_line_are_known_in_the_file(file: Path) -> None:
    target = read_one(file, 'direct = "w=http://b/"', "--vantage", "w=ssh web")
    assert target.vantages == (Vantage("w", ("ssh", "web")),)


@pytest.mark.parametrize(("text", "expected"), INVALID.values(), ids=INVALID.keys())
def test_a_mistake_is_reported_with_its_place(file: Path, text: str, expected: str) -> None:
    assert expected in read_error(file, text)


def test_standard_input_is_refused_as_config(file: Path) -> None:
    assert "conf: standard input cannot" in read_error(file, ONE, "--conf", "-")


def test_an_unreadable_targets_file_is_reported(file: Path, tmp_path: Path) -> None:
    options = make_parser("check").parse_args(["--targets", str(file)])

    def message() -> str:
        with pytest.raises(UsageError) as caught:
            read_targets(options)
        return str(caught.value).removeprefix(f"{file}")

    assert message() == ": cannot be read: No such file or directory"
    os.mkfifo(file)
    assert message() == ": not a regular file"
    file.unlink()
    file.mkdir()
    assert message() == ": a directory"
    file.rmdir()
    file.write_bytes(b"a = 1\n\nb = '\xff'\n")
    assert message() == ":3: not UTF-8, as TOML must be"
    file.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    assert message() == ": larger than 1 MiB, so not read"


def test_a_byte_order_mark_is_ignored(file: Path) -> None:
    (named,) = read(file, f"\ufeff{ONE}")
    assert named.name == "a"


USAGE = {
    "neither": (["check"], "pass a URL, or a list of them: --targets FILE"),
    "both": (["check", URL, "--targets", "x.toml"], "pass a URL or --targets, not both"),
    "parallel-alone": (
        ["check", URL, "--parallel", "2"],
        "--parallel works only with --targets FILE",
    ),
    "parallel-none": (["check", "--targets", "x", "--parallel", "0"], "'0' is not a number from 1"),
    "no-file": (["check", "--targets", "/none/x.toml"], "/none/x.toml: cannot be read: No such"),
}


@pytest.mark.parametrize(("words", "expected"), USAGE.values(), ids=USAGE.keys())
def test_wrong_usage_is_reported(words: list[str], expected: str) -> None:
    run = run_command(*words)
    assert (run.status, run.out) == (2, "")
    assert expected in run.sentence


def test_the_request_of_a_target_is_read(tmp_path: Path) -> None:
    (tmp_path / "bodies").mkdir()
    (tmp_path / "bodies" / "b.json").write_text('{"stream": true}\n')
    file = tmp_path / "targets.toml"
    file.write_text(
        '[defaults]\nrepeat = true\n[[target]]\nurl = "https://h/a"\nrequest = "PUT"\n'
        'data = "@bodies/b.json"\nhttp = "2"\n[[target]]\nurl = "https://h/b"\nrepeat = false\n'
        'data = ["x=1", "y=2"]\n'
    )
    options = make_parser("check").parse_args(["--targets", str(file)])
    first, second = (named.target for named in read_targets(options))
    assert (first.method, first.body, first.http) == ("PUT", b'{"stream": true}', "2")
    assert first.headers == (("Content-Type", "application/json"),)
    assert first.repeat
    assert (second.method, second.body, second.http) == ("POST", b"x=1&y=2", None)
    assert not second.repeat
