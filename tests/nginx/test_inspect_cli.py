"""`ssewizard inspect`: the JSON of the contract, the text, and what it exits with."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wizard.cli.main import main

CONF = """\
http {
  upstream bot { server 10.0.0.7:12213; }
  server {
    listen 8081;
    server_name bot.test;
    location / {
      proxy_pass http://bot;
      proxy_read_timeout 300;
      gzip on; gzip_types text/event-stream;
    }
    location ~ ^/pre { proxy_pass http://bot; }
    location = /exact { proxy_http_version 1.1; proxy_pass http://bot; }
  }
  server {
    listen 443 ssl http2;
    location /only { proxy_pass http://bot; }
  }
}
"""
TOP = {
    "schema", "nginx_version", "server", "location", "upstream", "effective", "delivery",
    "findings", "undecided",
}  # fmt: skip


def run(*words: str) -> int:
    """The exit status; the wizard must not open."""

    def open_wizard(*_given: object) -> int:
        raise AssertionError("the wizard was opened")

    return main(["inspect", *words], open_wizard=open_wizard)


@pytest.fixture
def conf(tmp_path: Path) -> str:
    path = tmp_path / "nginx.conf"
    path.write_text(CONF, "utf-8")
    return str(path)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert run(*words, "--format", "json") == 0
    out, err = capsys.readouterr()
    assert err == ""
    found: dict[str, Any] = json.loads(out)
    assert set(found) == TOP
    assert found["schema"] == "ssewizard.inspect/2"
    return found


def test_the_json_is_that_of_the_contract(conf: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--path", "/sse", "--host", "bot.test", "--port", "8081")
    found = told(capsys, "--conf", conf, *asked)
    assert found["nginx_version"] is None
    server, location = found["server"], found["location"]
    assert server.pop("reason")
    assert location.pop("reason")
    assert server == {"name": "bot.test", "listen": ["8081"], "file": conf, "line": 3}
    assert location == {"modifier": "", "path": "/", "file": conf, "line": 6}
    assert found["upstream"] == {
        "pass": "http://bot", "peers": ["10.0.0.7:12213"], "request_uri": "/sse", "kind": "proxy",
    }  # fmt: skip
    settings = found["effective"]
    assert settings["proxy_buffering"] == {"value": "on", "origin": "default"}
    assert settings["proxy_read_timeout"] == {"value": "300", "origin": f"{conf}:8"}
    assert found["delivery"] == [
        {"client": "h1", "encoding": encoding, "upstream": "close", "result": "held"}
        for encoding in ("identity", "gzip")
    ]
    assert all(set(one) == {"id", "where", "text"} for one in found["findings"])
    assert "proxy-buffering-hold" in [one["id"] for one in found["findings"]]


@pytest.mark.parametrize(
    ("path", "modifier", "name"),
    [("/prefix?q=1", "~", "^/pre"), ("/exact", "=", "/exact"), ("/x", "", "/")],
)
def test_each_modifier_is_told(
    conf: str, capsys: pytest.CaptureFixture[str], path: str, modifier: str, name: str
) -> None:
    found = told(capsys, "--conf", conf, "--path", path, "--port", "8081")
    assert (found["location"]["modifier"], found["location"]["path"]) == (modifier, name)
    assert found["upstream"]["request_uri"] == path


def test_no_location_is_null_and_so_is_the_upstream(
    conf: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(capsys, "--conf", conf, "--path", "/sse", "--scheme", "https")
    assert found["server"]["listen"] == ["443 ssl http2"]
    assert (found["location"], found["upstream"]) == (None, None)
    assert (found["delivery"], found["findings"]) == ([], [])


def test_delivery_is_told_for_the_clients_that_may_come(
    conf: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secure = told(capsys, "--conf", conf, "--path", "/only", "--scheme", "https")
    assert {row["client"] for row in secure["delivery"]} == {"h1-tls", "h2"}
    plain = told(capsys, "--conf", conf, "--path", "/exact", "--port", "8081")
    assert {(row["client"], row["upstream"]) for row in plain["delivery"]} == {
        ("h1", "chunked"), ("h1", "close"),
    }  # fmt: skip


def test_standard_input_holds_a_dump(conf: str) -> None:
    dump = f"nginx version: nginx/1.31.3\n# configuration file {conf}:\n{CONF}\n"
    words = [sys.executable, "-m", "screens", "inspect", "--conf", "-", "--path", "/sse"]
    done = subprocess.run(
        [*words, "--port", "8081", "--format", "json"], input=dump, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["nginx_version"] == "1.31.3"
    assert found["effective"]["proxy_http_version"] == {"value": "1.1", "origin": "default"}
    assert found["location"]["line"] == 6


def test_empty_standard_input_is_refused() -> None:
    words = [sys.executable, "-m", "screens", "inspect", "--conf", "-", "--path", "/sse"]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "ssewizard: standard input: empty, so not a config\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("server {\n location / {", "nginx.conf:2: the file ends inside"),
        ("a;\ninclude nginx.conf;", "nginx.conf:2: "),
        ("include gone.conf;", "nginx.conf:1: includes "),
        ("", "nginx.conf: empty"),
        (None, "nginx.conf: cannot be read: No such file"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    path = tmp_path / "nginx.conf"
    if text is not None:
        path.write_text(text)
    assert run("--conf", str(path), "--path", "/sse") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"ssewizard: {tmp_path}/{said}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("port", ["0", "65536", "x", "²"])
def test_a_wrong_port_is_wrong_usage(
    conf: str, capsys: pytest.CaptureFixture[str], port: str
) -> None:
    assert run("--conf", conf, "--path", "/", "--port", port) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_text_fits_80_columns_and_holds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("nginx.conf").write_text(CONF)
    assert run("--conf", "nginx.conf", "--path", "/sse", "--port", "8081") == 0
    out, err = capsys.readouterr()
    assert err == ""
    for words in ("bot.test", "nginx.conf:3", "nginx.conf:6", "10.0.0.7:12213", "nginx.conf:8"):
        assert words in out
    assert "held" in out
    assert "\x1b" not in out
    assert [line for line in out.splitlines() if len(line) > 80] == []


def test_the_text_lets_no_control_character_through(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "a\x1b[31m.conf"
    Path(name).write_text(
        'server { server_name "\x1b]0;x\x07"; location / { proxy_pass "http://\x9b"; } }'
    )
    for shape in ("text", "json"):
        assert run("--conf", name, "--path", "/\x1b", "--format", shape) == 0
        out = capsys.readouterr().out
        assert not [
            char for char in out if char != "\n" and (char < " " or "\x7f" <= char < "\xa0")
        ]
