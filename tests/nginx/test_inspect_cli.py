"""`ssewizard inspect`: its JSON (docs/json.md), its text and its exit status."""

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
KEYS = {
    "schema", "nginx_version", "server", "location", "upstream", "effective", "delivery",
    "findings", "undecided", "answer",
}  # fmt: skip


def run(*words: str) -> int:
    """The exit status; fails if the wizard opens."""

    def open_wizard(*_given: object) -> int:
        raise AssertionError("the wizard was opened")

    return main(["inspect", *words], open_wizard=open_wizard)


@pytest.fixture
def conf(tmp_path: Path) -> str:
    path = tmp_path / "nginx.conf"
    path.write_text(CONF, "utf-8")
    return str(path)


def inspect(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert run(*words, "--format", "json") == 0
    out, err = capsys.readouterr()
    assert err == ""
    report: dict[str, Any] = json.loads(out)
    assert set(report) == KEYS
    assert report["schema"] == "ssewizard.inspect/2"
    return report


def test_the_json_has_the_documented_form(conf: str, capsys: pytest.CaptureFixture[str]) -> None:
    request = ("--path", "/sse", "--host", "bot.test", "--port", "8081")
    report = inspect(capsys, "--conf", conf, *request)
    assert report["nginx_version"] is None
    server, location = report["server"], report["location"]
    assert server.pop("reason")
    assert location.pop("reason")
    assert server == {"name": "bot.test", "listen": ["8081"], "file": conf, "line": 3}
    assert location == {"modifier": "", "path": "/", "file": conf, "line": 6}
    assert report["upstream"] == {
        "pass": "http://bot", "peers": ["10.0.0.7:12213"], "request_uri": "/sse", "kind": "proxy",
    }  # fmt: skip
    settings = report["effective"]
    assert settings["proxy_buffering"] == {"value": "on", "origin": "default"}
    assert settings["proxy_read_timeout"] == {"value": "300", "origin": f"{conf}:8"}
    assert report["delivery"] == [
        {
            "client": "h1",
            "encoding": encoding,
            "upstream": "close",
            "result": "held",
            "tail_from": None,
        }
        for encoding in ("identity", "gzip")
    ]
    assert all(set(finding) == {"id", "where", "text"} for finding in report["findings"])
    assert "proxy-buffering-hold" in [finding["id"] for finding in report["findings"]]


@pytest.mark.parametrize(
    ("path", "modifier", "name"),
    [("/prefix?q=1", "~", "^/pre"), ("/exact", "=", "/exact"), ("/x", "", "/")],
)
def test_each_modifier_is_reported(
    conf: str, capsys: pytest.CaptureFixture[str], path: str, modifier: str, name: str
) -> None:
    report = inspect(capsys, "--conf", conf, "--path", path, "--port", "8081")
    assert (report["location"]["modifier"], report["location"]["path"]) == (modifier, name)
    assert report["upstream"]["request_uri"] == path


def test_no_location_is_null_and_so_is_the_upstream(
    conf: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report = inspect(capsys, "--conf", conf, "--path", "/sse", "--scheme", "https")
    assert report["server"]["listen"] == ["443 ssl http2"]
    assert (report["location"], report["upstream"]) == (None, None)
    assert (report["delivery"], report["findings"]) == ([], [])


def test_delivery_has_a_row_for_each_kind_of_client(
    conf: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secure = inspect(capsys, "--conf", conf, "--path", "/only", "--scheme", "https")
    assert {row["client"] for row in secure["delivery"]} == {"h1-tls", "h2"}
    plain = inspect(capsys, "--conf", conf, "--path", "/exact", "--port", "8081")
    assert {(row["client"], row["upstream"]) for row in plain["delivery"]} == {
        ("h1", "chunked"), ("h1", "close"),
    }  # fmt: skip


def test_standard_input_may_be_a_dump(conf: str) -> None:
    dump = f"nginx version: nginx/1.31.3\n# configuration file {conf}:\n{CONF}\n"
    words = [sys.executable, "-m", "screens", "inspect", "--conf", "-", "--path", "/sse"]
    result = subprocess.run(
        [*words, "--port", "8081", "--format", "json"], input=dump, capture_output=True, text=True
    )
    assert (result.returncode, result.stderr) == (0, "")
    report = json.loads(result.stdout)
    assert report["nginx_version"] == "1.31.3"
    assert report["effective"]["proxy_http_version"] == {"value": "1.1", "origin": "default"}
    assert report["location"]["line"] == 6


def test_empty_standard_input_is_refused() -> None:
    words = [sys.executable, "-m", "screens", "inspect", "--conf", "-", "--path", "/sse"]
    result = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "ssewizard: standard input: empty, so not a config\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("server {\n location / {", "nginx.conf:2: the file ends inside"),
        ("a;\ninclude nginx.conf;", "nginx.conf:2: "),
        ("include gone.conf;", "nginx.conf:1: includes "),
        ("", "nginx.conf: empty"),
        (None, "nginx.conf: cannot be read: No such file"),
    ],
)
def test_an_unreadable_config_is_an_error_of_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, message: str
) -> None:
    path = tmp_path / "nginx.conf"
    if text is not None:
        path.write_text(text)
    assert run("--conf", str(path), "--path", "/sse") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"ssewizard: {tmp_path}/{message}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("port", ["0", "65536", "x", "²"])
def test_an_invalid_port_is_a_usage_error(
    conf: str, capsys: pytest.CaptureFixture[str], port: str
) -> None:
    assert run("--conf", conf, "--path", "/", "--port", port) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_text_fits_80_columns_and_has_the_same_facts(
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


def test_the_text_has_no_control_characters(
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


def test_as_sent_adds_the_backends_request(conf: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--conf", conf, "--path", "/sse?a=1", "--host", "bot.test", "--port", "8081")
    more = ("--as-sent", "--data", "{}", "--header", "Authorization: Bearer abcdefgh")
    assert run(*words, *more, "--format", "json") == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {*KEYS, "as_sent"}
    sent = report["as_sent"]
    assert (sent["method"], sent["uri"], sent["http"]) == ("POST", "/sse?a=1", "1.0")
    lines = [f"{each['name']}: {each['value']}" for each in sent["headers"]]
    assert lines == [
        "Host: bot", "Connection: close", "Content-Length: 2", "Accept: text/event-stream",
        "Authorization: [redacted-1]", "Content-Type: application/json",
    ]  # fmt: skip
    assert run(*words, *more) == 0
    text = capsys.readouterr().out
    assert f"What the backend gets\n  POST /sse?a=1 HTTP/1.0\n      {conf}:7;" in text
    assert "abcdefgh" not in text


def test_as_sent_says_why_there_is_no_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text("server { listen 80; location / { grpc_pass grpc://b; } }", "utf-8")
    words = ("--conf", str(conf), "--path", "/sse", "--as-sent")
    assert run(*words) == 0
    assert "not shown, since Nginx asks the backend with gRPC" in capsys.readouterr().out
    assert run(*words, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["as_sent"] is None


def test_the_settings_show_no_credential(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conf = tmp_path / "nginx.conf"
    header = "proxy_set_header X-Api-Key abcdefgh; proxy_set_header Host $host;"
    conf.write_text(f"server {{ listen 80; location / {{ {header} proxy_pass http://b; }} }}")
    words = ("--conf", str(conf), "--path", "/sse")
    assert run(*words) == 0
    text = capsys.readouterr().out
    assert "X-Api-Key [redacted-1]; Host $host" in text
    assert run(*words, "--format", "json") == 0
    assert "abcdefgh" not in text + capsys.readouterr().out
