"""What a list of targets takes from the environment, and what it does not."""

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
    made = read_one(file, 'header = "Authorization: Bearer ${TOKEN}"')
    # What Kubernetes mounts as a secret often ends in a newline.
    assert made.headers == (("Authorization", "Bearer a ${NOT_AGAIN} b"),)


@pytest.mark.parametrize("value", ["a\x1bb", "a\nb", "\u4f60"])
def test_no_secret_is_ever_shown(file: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("TOKEN", f"hunter2{value}")
    said = read_error(file, f'[[target]]\nurl="{URL}"\nheader = "A: ${{TOKEN}}"')
    assert "no header can hold" in said
    assert "hunter2" not in said


def test_a_dollar_is_written_twice_where_it_would_begin_a_name(file: Path) -> None:
    made = read_one(file, r"""header = ["A: $$HOME $${HOME} $5 $a a$ $Ab $", "$HOME: $$"]""")
    assert made.headers == (("A", "$HOME ${HOME} $5 $a a$ $Ab $"), ("$HOME", "$"))


@pytest.mark.parametrize("value", ["hunter2$TOKEN", "$TOKEN", "a $T, b", "${TOKEN", "${a-b}"])
def test_a_name_without_its_braces_is_no_value(
    file: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Sent as it is, it would be diagnosed as the server's 401. It may be a part of a password."""
    monkeypatch.setenv("TOKEN", "x")
    said = read_error(file, f"{ONE}header = 'Authorization: Bearer {value}'")
    assert said == (
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
def test_elsewhere_than_in_headers_nothing_is_filled_in(file: Path, key: str) -> None:
    said = read_error(file, ELSEWHERE[key])
    assert said.startswith("target 'a")
    assert f"': {key}: ${{TOKEN}} is not replaced here: only the value of a header" in said


def test_nor_in_what_holds_for_all(file: Path) -> None:
    said = read_error(file, f'[defaults]\ndirect = "http://${{H}}/"\n{ONE}')
    assert said.startswith("[defaults]: direct: ${H} is not replaced here")
