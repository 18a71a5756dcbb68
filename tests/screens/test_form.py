"""The form: fields that are checked when they are left, questions, several logs, paths."""

import asyncio
import itertools
import os
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from screens import path_completion
from screens.app import Wizard
from screens.doubts import doubt_about_direct, doubt_about_url, is_same_entry
from screens.path_completion import PathSuggester, complete_path
from screens.target_fields import MAX_REPEATED
from screens.target_form import TargetForm
from screens.widgets.tick import Tick
from tests.screens import investigations
from tests.screens.test_keys import press
from tests.screens.test_request import error, fill_in, form, screen_lines
from tests.tools import skip_inapplicable
from wizard.model.target import Source, Target

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZES = [(80, 24), (60, 18)]
URL, DIRECT = investigations.URL, investigations.DIRECT


async def leave(pilot: "Pilot[None]", field: str, text: str) -> None:
    """Type a text into a field, and go to the next."""
    pilot.app.screen.query_one(f"#{field}", Input).focus()
    await pilot.pause()
    fill_in(pilot, field, text)
    await press(pilot, "tab")


WRONG_TEXTS = [
    ("url", "mcp.example.com/sse", "✗ mcp.example.com/sse: not a URL: it must begin with http"),
    ("url", "http://h h/", "✗ http://h h/: not a URL: write it percent-encoded"),
    ("url", "http://:80/sse", "the host is missing"),
    ("url", "http://localhost:8080/sse", "! localhost is this machine."),
    ("url", "https://mcp.example.com", "! The URL has no path."),
    ("direct", "10.0.0.5:80", "must begin with http"),
    ("direct", "http://127.0.0.1:8000/sse", "! 127.0.0.1 is this machine."),
    ("conf", "/none/nginx.conf", "✗ /none/nginx.conf: no such file here"),
    ("conf", "/etc", "✗ /etc: it is a directory, not a file"),
    ("conf", "https://h/", "a URL where a file is needed"),
    ("log", "/dev/null", "✗ /dev/null: it is a device, not a file"),
    ("header", "Bearer", "write it as 'Name: value'"),
    ("method", "HEAD", "HEAD is never sent"),
    ("body", "@/none", "/none: cannot be read"),
]


async def test_a_field_is_checked_when_it_is_left() -> None:
    async with form([]).run_test(size=(80, 24)) as pilot:
        for field, text, problem in WRONG_TEXTS:
            await leave(pilot, field, text)
            assert problem in error(pilot, field)
            assert problem.split()[0] in screen_lines(pilot)
            await leave(pilot, field, "")
            assert error(pilot, field) == ""


async def test_a_field_that_is_empty_is_asked_for_only_at_the_start() -> None:
    async with form([]).run_test(size=(80, 24)) as pilot:
        await press(pilot, "tab")
        assert error(pilot, "url") == ""
        await press(pilot, "ctrl+s")
        assert "a URL is needed" in error(pilot, "url")
        assert pilot.app.focused is pilot.app.screen.query_one("#url")


async def test_an_unreadable_file_shows_why(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        skip_inapplicable("root can read it")
    path = tmp_path / "nginx.conf"
    path.touch(0o000)
    async with form([]).run_test(size=(80, 24)) as pilot:
        await leave(pilot, "conf", str(path))
        assert "cannot be read: Permission denied" in error(pilot, "conf")


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (investigations.CONF, ""),
        ("# configuration file /etc/nginx/nginx.conf:\nevents {}\n", ""),
        ("", "is empty. Is it the Nginx config?"),
        ('10.0.0.1 - - [1/Jan] "GET /sse HTTP/1.1" 200 7\n', "Is this an Nginx config?"),
        ("events {\n", "Is this an Nginx config?"),
    ],
)
async def test_a_file_that_is_no_config_is_questioned(
    tmp_path: Path, text: str, question: str
) -> None:
    path = tmp_path / "it.conf"
    path.write_text(text, "utf-8")
    async with form([]).run_test(size=(80, 24)) as pilot:
        await leave(pilot, "conf", str(path))
        assert question in error(pilot, "conf")
        assert bool(error(pilot, "conf")) == bool(question)


async def test_a_question_not_seen_yet_holds_the_start_once() -> None:
    targets: list[Target] = []
    async with form(targets).run_test(size=(80, 24)) as pilot:
        fill_in(pilot, "url", URL)
        fill_in(pilot, "direct", URL)
        await press(pilot, "ctrl+s")
        assert targets == []
        assert "This is the public URL" in error(pilot, "direct")
        assert pilot.app.focused is pilot.app.screen.query_one("#direct")
        await press(pilot, "ctrl+s")
    assert targets == [Target(URL, direct=(Source(URL),))]


async def test_a_question_that_was_seen_holds_nothing() -> None:
    targets: list[Target] = []
    async with form(targets).run_test(size=(80, 24)) as pilot:
        await leave(pilot, "url", "http://localhost/sse")
        assert "localhost is this machine" in error(pilot, "url")
        await press(pilot, "ctrl+s")
    assert targets == [Target("http://localhost/sse")]


@pytest.mark.parametrize(
    ("url", "other", "same"),
    [
        ("http://h/sse", "https://h/other", True),
        ("http://H:80/", "http://h/", True),
        ("http://h:8080/", "http://h/", False),
        ("http://h:8080/", "http://h:8080/x", True),
        ("http://a/", "http://b/", False),
        ("http://[::1]:80/", "http://[::1]/", True),
    ],
)
def test_the_entry_is_the_host_and_the_port(url: str, other: str, same: bool) -> None:
    assert is_same_entry(url, other) == same


@pytest.mark.parametrize("host", ["localhost", "127.3.2.1", "[::1]", "a.localhost", "0.0.0.0"])
def test_addresses_of_this_machine_are_questioned(host: str) -> None:
    local = f"http://{host}:8000/sse"
    assert "is this machine" in doubt_about_url(local)
    assert "is this machine" in doubt_about_direct([Source(local)], URL)
    assert doubt_about_direct([Source(local, "web")], URL) == ""
    assert doubt_about_direct([Source(local)], "http://localhost/sse") == ""
    assert doubt_about_direct([Source("unix:/run/app.sock:/sse")], URL) == ""


async def test_enter_adds_logs_and_headers(tmp_path: Path) -> None:
    targets: list[Target] = []
    logs = [tmp_path / name for name in ("access.log", "error.log")]
    for log in logs:
        log.touch()
    async with form(targets).run_test(size=(80, 24)) as pilot:
        fill_in(pilot, "url", URL)
        pilot.app.screen.query_one("#log", Input).focus()
        fill_in(pilot, "log", str(logs[0]))
        await press(pilot, "enter")
        assert pilot.app.focused is pilot.app.screen.query_one("#log-2")
        fill_in(pilot, "log-2", str(logs[1]))
        await press(pilot, "enter", "enter")
        fill_in(pilot, "header", "A: 1")
        await press(pilot, "enter")
        fill_in(pilot, "header-2", "B: s3cr3t")
        await press(pilot, "enter", "enter")
        assert pilot.app.focused is pilot.app.screen.query_one("#method")
        assert "s3cr3t" not in screen_lines(pilot)
        await press(pilot, "ctrl+s")
    assert targets == [
        Target(
            URL,
            logs=tuple(Source(str(log)) for log in logs),
            headers=(("A", "1"), ("B", "s3cr3t")),
        )
    ]


async def test_a_wrong_log_adds_none_and_their_number_is_bounded(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.touch()
    async with form([]).run_test(size=(80, 24)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, TargetForm)
        screen.query_one("#log", Input).focus()
        fill_in(pilot, "log", "/none")
        await press(pilot, "enter")
        assert not screen.query("#log-2")
        for number in range(1, MAX_REPEATED + 3):
            field = "log" if number == 1 else f"log-{number}"
            if screen.query(f"#{field}"):
                fill_in(pilot, field, str(log))
            await press(pilot, "enter")
        assert len([field for field in screen.ids if field.startswith("log")]) == MAX_REPEATED


async def test_the_last_case_fills_several_logs() -> None:
    logs = tuple(Source(f"/var/log/{number}.log") for number in range(3))
    last = Target(URL, logs=logs, insecure=True)
    async with form([], last).run_test(size=(80, 24)) as pilot:
        await press(pilot, "ctrl+l")
        values = [pilot.app.screen.query_one(f"#{id}", Input).value for id in ("log", "log-3")]
        assert values == ["/var/log/0.log", "/var/log/2.log"]
        assert pilot.app.screen.query_one(Tick).value


async def test_the_box_for_certificates_is_ticked_by_keys_and_by_curl() -> None:
    targets: list[Target] = []
    app = form(targets)
    async with app.run_test(size=(80, 24)) as pilot:
        fill_in(pilot, "url", "https://h.example/sse")
        await press(pilot, "tab", "q", "space")
        assert "[x] Accept certificates" in screen_lines(pilot)
        await press(pilot, "ctrl+s")
    assert targets == [Target("https://h.example/sse", insecure=True)]
    async with form(targets).run_test(size=(80, 24)) as pilot:
        fill_in(pilot, "url", "curl -k https://h.example/sse")
        await press(pilot, "enter")
        assert pilot.app.screen.query_one(Tick).value
        await press(pilot, "space", "ctrl+s")
    assert [target.insecure for target in targets] == [True, False]


@pytest.mark.parametrize("size", SIZES)
async def test_every_field_comes_into_view_with_the_keyboard(size: tuple[int, int]) -> None:
    async with Wizard(None).run_test(size=size) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, TargetForm)
        ids = []
        for _ in range(len(screen.ids) + 1):
            assert pilot.app.focused is not None
            assert screen.region.contains_region(pilot.app.focused.region)
            ids.append(pilot.app.focused.id)
            await press(pilot, "tab")
        assert ids == ["url", "insecure", "direct", "conf", "log", "header", "method", "body"]


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_wrong_comes_into_view(size: tuple[int, int]) -> None:
    async with Wizard(None).run_test(size=size) as pilot:
        fill_in(pilot, "url", URL)
        fill_in(pilot, "body", "@/none")
        await press(pilot, "ctrl+s")
        await pilot.pause()
        assert "/none: cannot be read" in screen_lines(pilot)


def folder_with(tmp_path: Path, *names: str) -> str:
    for name in names:
        (tmp_path / name).touch()
    return f"{tmp_path}/"


def test_a_path_is_completed_with_the_first_name(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "nginx.conf", "mime.types", ".hidden", "a\x1b[2J")
    (tmp_path / "sites").mkdir()
    assert complete_path(folder) == f"{folder}mime.types"
    assert complete_path(f"{folder}n") == f"{folder}nginx.conf"
    assert complete_path(f"@{folder}n") == f"@{folder}nginx.conf"
    assert complete_path(f"{folder}si") == f"{folder}sites/"
    assert complete_path(f"{folder}.") == f"{folder}.hidden"
    for text in (f"{folder}x", f"{folder}a", "nginx -T", "web=/etc/", "", "/no/such/", "/\0"):
        assert complete_path(text) is None


def test_the_home_folder_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_with(tmp_path, "nginx.conf")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert complete_path("~/n") == "~/nginx.conf"


def test_a_folder_that_is_read_too_long_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_with(tmp_path, *(f"{number:04}" for number in range(600)))
    times = itertools.count(1)
    clock = SimpleNamespace(monotonic=lambda: float(next(times)))
    monkeypatch.setattr(path_completion, "time", clock)
    assert complete_path(folder, limit_s=1.5) is not None
    assert next(times) == 4  # asked at its start, after the first name and after 257 of 600


async def test_the_right_key_completes_a_path(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "access.log")
    async with form([]).run_test(size=(80, 24)) as pilot:
        field = pilot.app.screen.query_one("#log", Input)
        field.focus()
        fill_in(pilot, "log", f"{folder}a")
        field.cursor_position = len(field.value)
        await pilot.app.workers.wait_for_complete()
        await press(pilot, "right")
        assert field.value == f"{folder}access.log"


async def test_a_lost_file_system_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    lost, entered = threading.Event(), threading.Event()

    def wait(_: str) -> None:
        entered.set()
        lost.wait()

    monkeypatch.setattr(path_completion, "complete_path", wait)
    async with form([]).run_test(size=(80, 24)) as pilot:
        pilot.app.screen.query_one("#conf", Input).focus()
        await pilot.press(*"/ab")
        await pilot.pause()
        assert entered.is_set()
        assert pilot.app.screen.query_one("#conf", Input).value == "/ab"
        await pilot.press("tab")
        await pilot.pause()
        assert "no such file" in error(pilot, "conf")
    lost.set()


async def test_only_the_newest_text_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(path_completion, "complete_path", lambda text: asked.append(text))
    suggester = PathSuggester()
    async with suggester._lock:
        tasks = [asyncio.create_task(suggester.get_suggestion(text)) for text in ("/", "/e", "/et")]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert asked == ["/et"]
