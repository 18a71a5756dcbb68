"""No message about a wrong option or input repeats the secret in it."""

from pathlib import Path

import pytest

from tests.hostile.secrets.outputs import run

WORD = "correcthorsebattery"
"""A secret that looks like an ordinary word, which only its place gives away."""
OPTIONS = {
    "URL with an unclosed bracket": ["http://u:<WORD>@[bad/"],
    "URL with a wrong port": ["http://u:<WORD>@h:99999/sse"],
    "URL of another scheme": ["ftp://u:<WORD>@h/sse?token=<WORD>"],
    "URL without a scheme": ["u:<WORD>@h/sse?token=<WORD>"],
    "URL with credentials": ["http://u:<WORD>@h/sse"],
    "header without a colon": ["http://h/", "-H", "X-Api-Key <WORD>"],
    "header of a value alone": ["http://h/", "-H", "<WORD>"],
    "header without a name": ["http://h/", "-H", "Bad Name: <WORD>"],
    "header with a control character": ["http://h/", "-H", "X-Api-Key: <WORD>\x01"],
    "direct URL": ["http://h/", "--direct", "nowhere=http://u:<WORD>@h/"],
    "direct URL without a scheme": ["http://h/", "--direct", "u:<WORD>@h/"],
    "hop": ["http://h/", "--hop", "a=http://u:<WORD>@h:x"],
    "address to connect to": ["http://h/", "--connect-to", "u:<WORD>@h"],
    "vantage without a name": ["http://h/", "--vantage", "sshpass -p <WORD> ssh h"],
    "vantage with an open quote": ["http://h/", "--vantage", "a=sshpass -p '<WORD> ssh h"],
    "two vantages of one name": ["http://h/", *["--vantage", "a=x --token <WORD>"] * 2],
    "log command with an open quote": ["http://h/", "--log", "n='cat --token <WORD>"],
    "unknown option": ["http://h/", "--password=<WORD>"],
    "curl: open quote": ["--curl", "curl -H 'Authorization: Bearer <WORD>"],
    "curl: wrong URL": ["--curl", "curl -u bob:<WORD> http://[x"],
    "curl: two URLs": ["--curl", "curl -u bob:<WORD> http://[h/ http://i:<WORD>@j/"],
    "curl: other scheme": ["--curl", "curl --oauth2-bearer <WORD> ftp://u:<WORD>@h"],
    "curl: other program": ["--curl", "wget --header 'X-Api-Key: <WORD>' http://h"],
    "curl: form": ["--curl", "curl -F password=<WORD> http://h"],
    "curl: header without a colon": ["--curl", "curl -H 'X-Api-Key <WORD>' http://["],
}
TARGETS = {
    "URL": 'url = "http://u:<WORD>@[x/"',
    "URL without a scheme": 'url = "u:<WORD>@x/"',
    "header without a colon": 'url = "http://h/"\nheader = ["X-Api-Key <WORD>"]',
    "header from the environment": (
        'url = "http://h/"\nheader = ["Authorization: Bearer ${PLANTED}\\u0001"]'
    ),
    "header without a colon, from the environment": (
        'url = "http://h/"\nheader = ["X-Api-Key ${PLANTED}"]'
    ),
    "unknown key": 'url = "http://h/"\npasswrd = "<WORD>"',
    "number": 'url = "http://h/"\nstall = "<WORD>"',
    "name of a header as a key": 'url = "http://h/"\n"X-Api-Key: <WORD>" = 1',
    "no TOML": "<WORD>",
    "open string": 'url = "http://h/?token=<WORD>',
}
CONFIGS = {
    "shadow file": "root:<WORD>:19000:0:99999:7:::\n",
    "password file": "<WORD>\n",
    "password and a brace": "<WORD> {\n",
    "word after a block": "events {} <WORD>",
    "open quote": "user '<WORD>\n",
    "word after a quote": "user 'x'<WORD>;",
    "private key": "-----BEGIN PRIVATE KEY-----\n<WORD>\n",
    "Lua block": "<WORD>_by_lua_block {\n",
    "closed too often": "<WORD>; }\n",
    "environment file": "DB_PASSWORD=<WORD>\n",
    "cookie file": ".example.com TRUE / FALSE 0 sid <WORD>\n",
}


def _refused(*words: str) -> None:
    out, err = run(*words)
    assert err.count("\n") == 1, err
    assert WORD[:8] not in out + err


@pytest.mark.parametrize("words", OPTIONS.values(), ids=OPTIONS)
def test_an_error_of_an_option_repeats_no_secret(words: list[str]) -> None:
    _refused("check", *(word.replace("<WORD>", WORD) for word in words))


@pytest.mark.parametrize("text", TARGETS.values(), ids=TARGETS)
def test_an_error_of_a_targets_file_repeats_no_secret(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED", WORD)
    file = tmp_path / "targets.toml"
    file.write_text(f"[[target]]\n{text.replace('<WORD>', WORD)}\n")
    _refused("check", "--targets", str(file))


@pytest.mark.parametrize("text", CONFIGS.values(), ids=CONFIGS)
def test_an_error_of_a_file_that_is_no_config_quotes_nothing_of_it(
    text: str, tmp_path: Path
) -> None:
    file = tmp_path / "nginx.conf"
    file.write_text(text.replace("<WORD>", WORD))
    _refused("inspect", "--conf", str(file), "--path", "/")
    _, err = run("inspect", "--conf", str(file), "--path", "/")
    assert f"{file}:" in err  # the line is named instead
