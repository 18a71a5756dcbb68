"""`--curl`: the target of a curl command, and what of it is not done on standard error."""

from pathlib import Path

import pytest

from tests.cli.command import run_command
from tests.cli.target_files import read
from tests.cli.test_options import no_wizard, parse_target
from tests.cli.test_request_options import FORM, JSON, URL, give_stdin
from wizard.cli import main
from wizard.model.target import Target

COMMAND = f"curl {URL} -H 'Content-Type: application/json' -d '{{}}' -k --http2 -N"
ACCEPT = ("Accept", "*/*")
READ = Target(
    URL, headers=(ACCEPT, JSON), method="POST", body=b"{}", insecure=True, http="2"
)  # fmt: skip


def test_the_target_is_that_of_the_command() -> None:
    assert parse_target("--curl", COMMAND) == READ


def test_a_command_is_read_from_a_file_or_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c").write_text(COMMAND.replace(" -", " \\\n -"))
    assert parse_target("--curl", f"@{tmp_path}/c") == READ
    give_stdin(monkeypatch, COMMAND.encode())
    assert parse_target("--curl", "-") == READ


def test_other_options_go_before_the_command() -> None:
    words = ("-X", "PUT", "-H", "accept: text/event-stream", "-d", "a=1", "--http", "1.1")
    target = parse_target("https://other/", "--curl", COMMAND, *words)
    assert target == Target(
        "https://other/",
        headers=(JSON, ("accept", "text/event-stream")),
        method="PUT",
        body=b"a=1",
        insecure=True,
        http="1.1",
    )
    assert parse_target("--curl", f"curl {URL} -d @x", "-d", "a").headers == (ACCEPT, FORM)


def test_a_targets_file_takes_the_request_to_each_url(tmp_path: Path) -> None:
    text = '[[target]]\nurl = "https://a/"\n[[target]]\nurl = "https://b/"\n'
    first, second = read(tmp_path / "t.toml", text, "--curl", COMMAND)
    assert (first.target.url, second.target.url) == ("https://a/", "https://b/")
    assert first.target.body == second.target.body == b"{}"


def test_the_wizard_gets_the_target_and_the_notes_are_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    opened: list[object] = []

    def open_wizard(*arguments: object) -> int:
        opened.extend(arguments)
        return 0

    assert main(["--curl", f"{COMMAND} -L -m 5"], open_wizard=open_wizard) == 0
    assert opened == [READ, None]
    first, second = capsys.readouterr().err.splitlines()
    assert first == "ssewizard: --curl: -L: redirects are not followed"
    assert second.startswith("ssewizard: --curl: -m: use --stall and --patience")


REFUSED = {
    "head": (["--curl", f"curl -I {URL}"], "HEAD is never sent"),
    "file-in-command": (["--curl", f"curl {URL} -d @body"], "its body is in the file body"),
    "no-curl": (["--curl", "wget x"], "--curl: not a curl command"),
    "empty": (["--curl", ""], "--curl: not a curl command"),
    "missing-file": (["--curl", "@/none"], "--curl @/none: cannot be read: No such file"),
    "device": (["--curl", "@/dev/zero"], "not a regular file"),
    "stdin-twice": (["--curl", "-", "-d", "-"], "only once"),
    "no-url": (["--curl", "curl -N"], "it names no URL"),
    "url": (["--curl", "curl file:///etc/passwd"], "must begin with http://"),
}


@pytest.mark.parametrize(("words", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_a_mistake_is_one_sentence(
    words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *words], open_wizard=no_wizard) == 2
    err = capsys.readouterr().err
    assert problem in err
    assert err.startswith("ssewizard: ")
    assert err.count("\n") == 1


def test_the_command_is_checked() -> None:
    result = run_command("check", "--curl", "curl -sN http://127.0.0.1:1/sse -L", "--stall", "1")
    assert result.status in (1, 3)
    assert "ssewizard: --curl: -L: redirects are not followed\n" in result.err
    assert "http://127.0.0.1:1/sse" in result.out
