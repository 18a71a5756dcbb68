"""A targets file: its keys are the options, and every mistake is reported in one sentence."""

import os
from pathlib import Path

import pytest

from tests.cli.command import run_command
from tests.cli.invalid_targets import INVALID, ONE, URL
from tests.cli.target_files import read, read_error, read_one
from wizard.cli.options import make_parser, make_target_parser, target_of
from wizard.cli.target_keys import KEYS
from wizard.cli.targets import MAX_FILE_BYTES, read_targets
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
    "insecure = true": ["--insecure"],
    'connect-to = "127.0.0.1:8443"': ["--connect-to", "127.0.0.1:8443"],
    "stall = 5": ["--stall", "5"],
    "patience = 0.5": ["--patience", "0.5"],
    "mcp = false": ["--no-mcp"],
    'style = "f5"': ["--style", "f5"],
    'vantage = ["w=ssh web"]': ["--vantage", "w=ssh web"],
    'vantage.w = "ssh web"\ndirect = "w=http://b/"\nconf = "w="': [
        *("--vantage", "w=ssh web", "--direct", "w=http://b/", "--conf", "w=")
    ],
    'hop = ["edge=http://e/", "inner=http://i/"]': [
        *("--hop", "edge=http://e/", "--hop", "inner=http://i/")
    ],
}


@pytest.mark.parametrize(("lines", "words"), SAME.items(), ids=[one[:12] for one in SAME])
def test_a_key_means_what_the_option_means(file: Path, lines: str, words: list[str]) -> None:
    assert read_one(file, lines) == target_of(make_parser("check").parse_args([URL, *words]))


def test_every_option_of_a_target_has_its_key() -> None:
    options = {
        option.removeprefix("--").removeprefix("no-")
        for action in make_target_parser()._actions
        for option in action.option_strings
    }
    assert options == set(KEYS)
    assert {key.dest for key in KEYS.values()} == vars(make_target_parser().parse_args([])).keys()


def test_a_table_of_hops_keeps_its_order(file: Path) -> None:
    made = read_one(file, '[target.hop]\nz = "http://z/"\na = "http://a/"\n')
    assert made.hops == (Hop("z", Source("http://z/")), Hop("a", Source("http://a/")))


def test_the_file_overrides_the_options_and_the_target_both(file: Path) -> None:
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
    first, own = (one.target for one in read(file, text, *words))
    assert first == Target(
        URL, stall=2.0, patience=7.0, headers=(("A", "defaults"),), mcp=False, insecure=False
    )
    assert own == Target(URL, stall=3.0, patience=7.0, mcp=True, insecure=True)


def test_a_name_else_the_url_without_its_secrets(file: Path) -> None:
    named = read(file, f'[[target]]\nurl="{URL}?token=hunter2"\n[[target]]\nurl="{URL}"\nname="b"')
    assert [one.name for one in named] == [f"{URL}?token=[redacted]", "b"]
    assert named[0].target.url == f"{URL}?token=hunter2"


def test_paths_are_relative_to_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/u")
    lines = """
        vantage.web = "ssh web"
        conf = "conf/nginx.conf"
        log = ["a.log", "/b.log", "~/c.log", "web=d.log", "x=cat e.log"]
    """
    made = read_one(file, lines)
    folder = str(file.parent)
    assert made.conf == Source(f"{folder}/conf/nginx.conf")
    assert [log.locator for log in made.logs] == [
        *(f"{folder}/a.log", "/b.log", "/home/u/c.log", "d.log", "cat e.log")
    ]


def test_a_path_among_the_options_is_relative_to_where_we_are(file: Path) -> None:
    made = read_one(file, "stall = 1", "--conf", "nginx.conf", "--log", "a.log")
    assert made.conf == Source("nginx.conf")
    assert made.logs == (Source("a.log"),)


def test_vantages_of_the_command_line_are_known_in_the_file(file: Path) -> None:
    made = read_one(file, 'direct = "w=http://b/"', "--vantage", "w=ssh web")
    assert made.vantages == (Vantage("w", ("ssh", "web")),)


@pytest.mark.parametrize(("text", "said"), INVALID.values(), ids=INVALID.keys())
def test_what_is_wrong_is_said_with_its_place(file: Path, text: str, said: str) -> None:
    assert said in read_error(file, text)


def test_standard_input_cannot_serve_many(file: Path) -> None:
    assert "conf: standard input cannot" in read_error(file, ONE, "--conf", "-")


def test_what_cannot_be_read(file: Path, tmp_path: Path) -> None:
    given = make_parser("check").parse_args(["--targets", str(file)])

    def said() -> str:
        with pytest.raises(UsageError) as caught:
            read_targets(given)
        return str(caught.value).removeprefix(f"{file}")

    assert said() == ": cannot be read: No such file or directory"
    os.mkfifo(file)
    assert said() == ": not a regular file"
    file.unlink()
    file.mkdir()
    assert said() == ": a directory"
    file.rmdir()
    file.write_bytes(b"a = 1\n\nb = '\xff'\n")
    assert said() == ":3: not UTF-8, as TOML must be"
    file.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    assert said() == ": larger than 1 MiB, so not read"


def test_a_byte_order_mark_is_no_character(file: Path) -> None:
    (one,) = read(file, f"\ufeff{ONE}")
    assert one.name == "a"


USAGE = {
    "neither": (["check"], "give a URL, or many in --targets FILE"),
    "both": (["check", URL, "--targets", "x.toml"], "give a URL or --targets, not both"),
    "parallel-alone": (["check", URL, "--parallel", "2"], "--parallel goes with --targets FILE"),
    "parallel-none": (["check", "--targets", "x", "--parallel", "0"], "'0' is not a number from 1"),
    "no-file": (["check", "--targets", "/none/x.toml"], "/none/x.toml: cannot be read: No such"),
}


@pytest.mark.parametrize(("words", "said"), USAGE.values(), ids=USAGE.keys())
def test_wrong_usage(words: list[str], said: str) -> None:
    run = run_command(*words)
    assert (run.status, run.out) == (2, "")
    assert said in run.sentence
