"""Environment variables in a targets file: replaced in header values only."""

from pathlib import Path

import pytest

from tests.cli.invalid_targets import ONE, URL
from tests.cli.target_files import read_error, read_one


def test_a_header_takes_its_secret_from_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "a ${NOT_AGAIN} b\n")
    lines = 'header = ["${TOKEN}: x", "Authorization: Bearer ${TOKEN}"]'
    assert read_error(file, f'[[target]]\nurl="{URL}"\n{lines}').startswith(
        f"target '{URL}': header: "
    )
    target = read_one(file, 'header = "Authorization: Bearer ${TOKEN}"')
    # What Kubernetes mounts as a secret often ends in a newline.
    assert target.headers == (("Authorization", "Bearer a ${NOT_AGAIN} b"),)


@pytest.mark.parametrize("value", ["a\x1bb", "a\nb", "\u4f60"])
def test_no_message_shows_the_value_of_a_variable(
    file: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("TOKEN", f"hunter2{value}")
    message = read_error(file, f'[[target]]\nurl="{URL}"\nheader = "A: ${{TOKEN}}"')
    assert "no header can hold" in message
    assert "hunter2" not in message


def test_two_dollars_stand_for_one(file: Path) -> None:
    target = read_one(file, r"""header = ["A: $$HOME $${HOME} $5 $a a$ $Ab $", "$HOME: $$"]""")
    assert target.headers == (("A", "$HOME ${HOME} $5 $a a$ $Ab $"), ("$HOME", "$"))


@pytest.mark.parametrize("value", ["hunter2$TOKEN", "$TOKEN", "a $T, b", "${TOKEN", "${a-b}"])
def test_a_variable_without_its_braces_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Sent unchanged, it would be diagnosed as a 401 of the server; no message shows it."""
    monkeypatch.setenv("TOKEN", "x")
    message = read_error(file, f"{ONE}header = 'Authorization: Bearer {value}'")
    assert message == (
        "target 'a': header: write a variable of the environment as ${NAME}, and a dollar as $$"
    )


ELSEWHERE = {
    "url": f'[[target]]\nname = "a"\nurl = "{URL}?token=${{TOKEN}}"',
    "name": f'[[target]]\nname = "a ${{TOKEN}}"\nurl = "{URL}"',
    "conf": f'{ONE}conf = "/etc/${{TOKEN}}"',
    "direct": f'{ONE}direct = ["http://b/${{TOKEN}}"]',
    "log": f'{ONE}log = "${{TOKEN}}/a.log"',
    "vantage": f'{ONE}vantage.w = "ssh ${{TOKEN}}"',
    "hop": f'{ONE}hop.e = "http://e/${{TOKEN}}"',
    "connect-to": f'{ONE}connect-to = "${{TOKEN}}:80"',
}


@pytest.mark.parametrize("key", ELSEWHERE)
def test_only_headers_may_contain_variables(file: Path, key: str) -> None:
    message = read_error(file, ELSEWHERE[key])
    assert message.startswith("target 'a")
    assert f"': {key}: ${{TOKEN}} is not replaced here: only the value of a header" in message


def test_defaults_may_not_contain_variables_outside_headers(file: Path) -> None:
    message = read_error(file, f'[defaults]\ndirect = "http://${{H}}/"\n{ONE}')
    assert message.startswith("[defaults]: direct: ${H} is not replaced here")
