"""Values of options from a profile of the config file, and from the environment."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wizard.cli import main
from wizard.cli.profile_language import language_words
from wizard.model.target import Source, Target
from wizard.text.messages import language_for

URL = "http://127.0.0.1:1/sse"
PROD = f"""
[prod]
url = "{URL}"
direct = ["http://a/sse", "http://b/sse"]
stall = 3
header = "Authorization: Bearer ${{TOKEN}}"
insecure = true
vantage.web = "ssh web"
conf = "web="
"""
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes the config file."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("TOKEN", "t")
    path = tmp_path / "ssewizard" / "config.toml"

    def write_text(text: str) -> Path:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write_text


def opened(*words: str) -> Target:
    """The target with which the wizard opens."""
    targets: list[Any] = []

    def open_wizard(target: object, _: object) -> int:
        targets.append(target)
        return 0

    assert main(words, open_wizard=open_wizard) == 0
    (target,) = targets
    assert isinstance(target, Target)
    return target


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    def no_wizard(*_: object) -> int:
        raise AssertionError("the wizard must not open")

    assert main(words, open_wizard=no_wizard) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err.removeprefix("ssewizard: ").rstrip("\n")


def test_a_profile_is_a_target(write: Write) -> None:
    write(PROD)
    target = opened("prod")
    assert (target.url, target.stall, target.insecure) == (URL, 3.0, True)
    assert target.direct == (Source("http://a/sse"), Source("http://b/sse"))
    assert target.headers == (("Authorization", "Bearer t"),)
    assert target.conf == Source("", "web")
    assert target.patience == 0.0
    assert opened("--patience", "1", "prod").url == URL


def test_the_command_line_counts_before_the_environment_and_that_before_the_profile(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(PROD)
    monkeypatch.setenv("SSEWIZARD_STALL", "4")
    monkeypatch.setenv("SSEWIZARD_DIRECT", "http://c/sse\nhttp://d/sse\n")
    assert opened("prod").stall == 4.0
    assert opened("prod").direct == (Source("http://c/sse"), Source("http://d/sse"))
    # The default, too, if it is given.
    assert opened("prod", "--stall", "10").stall == 10.0
    assert opened("prod", "--direct", "http://e/sse").direct == (Source("http://e/sse"),)


def test_the_environment_counts_without_a_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"INSECURE": "yes", "REPEAT": "0", "MCP": "never", "STYLE": ""}.items():
        monkeypatch.setenv(f"SSEWIZARD_{name}", value)
    target = opened(URL)
    assert (target.insecure, target.repeat, target.mcp, target.style) == (True, False, "never", "")


def test_the_environment_gives_what_a_command_requires(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSEWIZARD_CONF", "/nope")
    assert refusal(capsys, "inspect", "--path", "/sse").startswith("/nope: cannot be read")
    assert "--path" in refusal(capsys, "inspect")


VARIABLES = {"STALL": "soon", "INSECURE": "maybe", "MCP": "perhaps", "FORMAT": "\x1b[2J"}


@pytest.mark.parametrize("name", VARIABLES)
def test_a_wrong_variable_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"SSEWIZARD_{name}", VARIABLES[name])
    message = refusal(capsys, "check", URL)
    assert message.startswith(f"SSEWIZARD_{name}: ")
    assert "\x1b" not in message


WRONG = {
    "key": (f'[prod]\nurl="{URL}"\nstal=1', "[prod]: stal: no such key (did you mean stall?)"),
    "value": (f'[prod]\nurl="{URL}"\nstall="1"', "[prod]: stall: must be a number of seconds"),
    "limits": (f'[prod]\nurl="{URL}"\nstall=-1', "[prod]: stall: argument --stall: '-1' is not"),
    "no url": ("[prod]\nstall=1", "[prod]: url: it is missing"),
    "url": ("[prod]\nurl=1", "[prod]: url: it is missing, or no string"),
    "variable": ('[prod]\nurl="http://${H}/"', "[prod]: url: ${H} is not replaced here"),
    "command": (f'[check]\nurl="{URL}"', "[check]: a command has this name"),
    "help": (f'[help]\nurl="{URL}"', "[help]: a command has this name"),
    "name": (f'["a.b"]\nurl="{URL}"', "[a.b]: a name has letters"),
    "no table": ("stall=1", "stall: put it into a profile, such as [prod]"),
    "no TOML": ("[prod", "not TOML: "),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_in_the_file_is_one_sentence(
    capsys: pytest.CaptureFixture[str], write: Write, case: str
) -> None:
    text, problem = WRONG[case]
    path = write(text)
    message = refusal(capsys, "prod")
    assert message.startswith(str(path))
    assert problem in message


def test_a_mistyped_profile_is_recognised(capsys: pytest.CaptureFixture[str], write: Write) -> None:
    write(PROD)
    assert refusal(capsys, "prodd") == "prodd: no such command: did you mean prod?"
    assert refusal(capsys, "check", "prodd").endswith("(did you mean prod?)")


def test_a_file_that_others_can_write_is_not_read(
    capsys: pytest.CaptureFixture[str], write: Write
) -> None:
    path = write(PROD)
    path.chmod(0o666)
    assert refusal(capsys, "prod").startswith(
        f"{path}: other users can write to it, so it is not read"
    )


def test_a_url_reads_no_config_file(write: Write) -> None:
    write("not TOML")
    assert opened(URL).url == URL


def test_a_config_file_that_is_named_must_be_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSEWIZARD_CONFIG", "/nope.toml")
    assert refusal(capsys, "prod").startswith("/nope.toml: cannot be read: No such file")


def test_a_profile_says_how_the_report_is_written(write: Write, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    write(f'[prod]\nurl = "{URL}"\nstall = 0.2\nformat = "markdown"\noutput = "{report}"\n')
    assert opened("prod").url == URL, "the wizard writes no report"
    assert main(["check", "prod"], open_wizard=no_wizard) == 3
    assert report.read_text("utf-8").startswith("# ")


def test_the_command_line_counts_before_the_format_of_a_profile(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write(f'[prod]\nurl = "{URL}"\nstall = 0.2\nformat = "markdown"\n')
    assert main(["check", "prod", "--format", "json"], open_wizard=no_wizard) == 3
    assert capsys.readouterr().out.startswith("{")


@pytest.mark.parametrize(
    ("words", "environment", "language"),
    [
        (["check", "prod"], {}, "zh_CN"),
        (["--stall", "1", "prod"], {}, "zh_CN"),
        (["check", "prod", "--lang", "en"], {}, "en"),
        (["check", "prod"], {"SSEWIZARD_LANG": "en"}, "en"),
        (["check", "other"], {}, "en"),
        (["check", "no-such"], {}, "en"),
    ],
)
def test_a_profile_says_the_language(
    words: list[str],
    environment: dict[str, str],
    language: str,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SSEWIZARD_LANG", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    write(f'[prod]\nurl = "{URL}"\nlang = "zh_CN"\n[other]\nurl = "{URL}"\nlang = 7\n')
    assert language_for([*words, *language_words(words)], environment) == language


def test_the_messages_of_a_profile_are_in_its_language(write: Write) -> None:
    write(f'[prod]\nurl = "{URL}"\nlang = "zh_CN"\n')
    command = [sys.executable, "-m", "screens", "check", "prod", "--save", ""]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (2, "ssewizard: --save 需要文件名\n")


def no_wizard(*_: object) -> int:
    raise AssertionError("the wizard must not open")
