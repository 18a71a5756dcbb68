"""Log files while the probes run: only what is new, whatever happens to the file."""

import errno
import os
import tracemalloc
from pathlib import Path

import pytest

from tests.logs.test_formats import CANCELED, combined, error
from wizard.logs.history import MAX_LINE_CHARS
from wizard.logs.read import MAX_KEPT_LINES
from wizard.logs.sources import LOG_LIMIT_BYTES
from wizard.logs.watch import LogWatch
from wizard.model.log_report import LogReport
from wizard.model.target import Source

OTHER = combined(200, 99, agent="curl/8", request="GET /other")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text(f"{combined(499, 0)}\n", "utf-8")
    return path


def watching(path: object) -> LogWatch:
    return LogWatch([Source(str(path))])


def append(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def collected(watch: LogWatch, run: str = "beef", path: str = "/sse") -> LogReport:
    (report,) = watch.collect(run, path)
    return report


def test_only_what_is_new(log: Path) -> None:
    watch = watching(log)
    assert collected(watch) == LogReport(str(log))
    append(log, OTHER, combined(499, 0))
    report = collected(watch)
    assert (report.read, report.problem) == (2, "")
    assert [(line.ours, line.tag) for line in report.lines] == [
        (False, "live-200"),
        (True, "held-499"),
    ]
    append(log, OTHER)
    assert collected(watch).read == 3


def test_the_run_token_ties_a_line_to_its_leg(log: Path) -> None:
    watch = watching(log)
    append(
        log,
        combined(499, 0),
        combined(499, 0, agent="ssewizard/0.1.0 (run=beef; root-proxy-h1-identity)"),
    )
    ours = [line.client for line in collected(watch).lines]
    assert ours == ["sse-proxy h1 identity", "root-proxy h1 identity"]


def test_another_run_is_not_ours(log: Path) -> None:
    watch = watching(log)
    append(log, combined(499, 0))
    (line,) = collected(watch, run="beefbeef").lines
    assert (line.ours, line.client, line.tag) == (False, "", "held-499")


def test_the_run_token_is_found_in_a_form_of_the_users_own(log: Path) -> None:
    watch = watching(log)
    append(log, "GET /sse|499|0|ssewizard/0.1.0 (run=beef; sse-proxy-h2-gzip)")
    (line,) = collected(watch).lines
    assert (line.kind, line.ours, line.client) == ("text", True, "sse-proxy h2 gzip")


def test_a_line_without_an_agent_is_ours_by_its_path(log: Path) -> None:
    watch = watching(log)
    silent = "upstream timed out (110: Connection timed out) while reading upstream"
    append(
        log,
        error(silent),
        error(silent, "GET /other HTTP/1.1"),
        CANCELED + " message processing canceled.",
    )
    lines = collected(watch).lines
    assert [line.ours for line in lines] == [True, False, True]


def test_credentials_are_not_kept(log: Path) -> None:
    watch = watching(log)
    append(
        log, combined(200, 5, request="GET /message?sessionId=hunter2"), "Authorization: hunter2"
    )
    assert "hunter2" not in repr(collected(watch))


def test_our_lines_are_kept_first_and_in_order(log: Path) -> None:
    watch = watching(log)
    append(
        log,
        *(OTHER for _ in range(MAX_KEPT_LINES * 2)),
        combined(499, 0),
        *("noise" for _ in range(MAX_KEPT_LINES)),
    )
    report = collected(watch)
    assert report.read == MAX_KEPT_LINES * 3 + 1
    assert len(report.lines) == MAX_KEPT_LINES
    assert report.lines[-1].ours


def test_rotation(log: Path) -> None:
    watch = watching(log)
    log.rename(log.with_suffix(".1"))
    log.write_text(f"{combined(499, 0)}\n", "utf-8")
    report = collected(watch)
    assert (report.read, report.problem) == (1, "")


def test_rotation_before_the_new_file_is_there(log: Path) -> None:
    watch = watching(log)
    log.unlink()
    report = collected(watch)
    assert "cannot be read any more" in report.problem
    assert str(log) in report.problem


def test_truncation(log: Path) -> None:
    append(log, OTHER, OTHER)
    watch = watching(log)
    log.write_text(f"{combined(499, 0)}\n", "utf-8")
    assert [line.tag for line in collected(watch).lines] == ["held-499"]
    append(log, OTHER, OTHER, OTHER)
    assert collected(watch).read == 4


def test_a_partial_last_line_is_read_again_when_it_is_whole(log: Path) -> None:
    watch = watching(log)
    whole = combined(499, 0)
    with log.open("a", encoding="utf-8") as file:
        file.write(whole[:60])
        file.flush()
        assert [line.tag for line in collected(watch).lines] == [""]
        file.write(whole[60:])
    assert [line.tag for line in collected(watch).lines] == ["held-499"]


def test_binary_bytes(log: Path) -> None:
    watch = watching(log)
    with log.open("ab") as file:
        file.write(b"\xff\xfe\x00\x1b[2J\n" + combined(499, 0).encode() + b"\r\n")
    report = collected(watch)
    assert [line.tag for line in report.lines] == ["", "held-499"]


def test_an_endless_line_is_bounded(log: Path) -> None:
    watch = watching(log)
    with log.open("ab") as file:
        file.write(b"x" * (LOG_LIMIT_BYTES * 4))
    tracemalloc.start()
    try:
        report = collected(watch)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < LOG_LIMIT_BYTES * 8
    assert len(report.lines[0].text) <= MAX_LINE_CHARS
    assert "only the end was read" in report.problem


def test_of_much_the_newest_is_read(log: Path) -> None:
    watch = watching(log)
    append(log, "x" * (LOG_LIMIT_BYTES * 2), combined(499, 0))
    assert collected(watch).lines[-1].tag == "held-499"


def test_a_missing_file(tmp_path: Path) -> None:
    watch = watching(tmp_path / "none.log")
    assert "No such file" in collected(watch).problem


def test_a_directory(tmp_path: Path) -> None:
    assert "not a regular file" in collected(watching(tmp_path)).problem


def test_a_fifo_is_never_waited_on(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert "not a regular file" in collected(watching(fifo)).problem


def test_a_fifo_that_takes_the_files_place(log: Path) -> None:
    watch = watching(log)
    log.unlink()
    os.mkfifo(log)
    assert "not a regular file" in collected(watch).problem


def test_an_unreadable_file(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root can read every file, so the error is raised here.
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", refuse)
    assert "Permission denied" in collected(watching(log)).problem


def test_each_file_has_its_own_report(log: Path, tmp_path: Path) -> None:
    both = LogWatch([Source(str(tmp_path / "none")), Source(str(log))])
    append(log, combined(499, 0))
    missing, found = both.collect("beef", "/sse")
    assert missing.problem
    assert not missing.lines
    assert found.read == 1
