"""The command that is named where the words are wrong."""

import shlex

import pytest

from tests.cli.test_options import no_wizard
from wizard.cli import main
from wizard.cli.corrections import corrected

CORRECTED = {
    "chekc http://a/sse": "check http://a/sse",
    "check a.example/sse": "check https://a.example/sse",
    "check localhost:8080/sse": "check http://localhost:8080/sse",
    "check [::1]:8080/sse": "check 'http://[::1]:8080/sse'",
    "a.example/sse": "https://a.example/sse",
    "check --insecure a.example/sse": "check --insecure https://a.example/sse",
    "chekc a.example/sse --stal 3": "check https://a.example/sse --stall 3",
    "http://a/sse --format json": "check http://a/sse --format json",
    "--save=x.json http://a/sse": "check --save=x.json http://a/sse",
    "check http://a/sse --direct 10.0.0.5:80/sse": (
        "check http://a/sse --direct http://10.0.0.5:80/sse"
    ),
    "inspect --confg /x --path /sse": "inspect --conf /x --path /sse",
    "check a.example -H 'X: hunter2'": "check https://a.example -H '…'",
    "check a.example --header='X: hunter2'": "check https://a.example --header='…'",
    "curl -N http://a/sse -H 'X: hunter2'": "check --curl '…'",
}
NOT_CORRECTED = (
    "check http://a/sse",
    "check http://a/sse --timeout 3",
    "check u:hunter2@a.example/sse",
    "check a.example --direct http://u:hunter2@b/",
    "check a.example/sse --conf a.b --mcp perhaps",
    "check http://a/sse --conf site.example",
    "lab incdent",
    "open nope.example",
    "check a.example \x1b[2J",
)


@pytest.mark.parametrize(("words", "meant"), CORRECTED.items())
def test_the_command_that_was_meant_is_named(words: str, meant: str) -> None:
    assert corrected(shlex.split(words)) == f"ssewizard {meant}"


@pytest.mark.parametrize("words", NOT_CORRECTED)
def test_nothing_is_named_that_is_not_known(words: str) -> None:
    assert corrected(shlex.split(words)) == ""


def test_the_message_ends_with_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "a.example/sse"], open_wizard=no_wizard) == 2
    assert capsys.readouterr().err == (
        "ssewizard: a.example/sse: not a URL: it must begin with http:// or https://. "
        "Try: ssewizard check https://a.example/sse\n"
    )
