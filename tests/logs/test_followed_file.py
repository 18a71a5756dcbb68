"""`LogWatch` of local files: only new lines are read, whatever happens to the file."""

import bz2
import errno
import gzip
import os
import tracemalloc
from pathlib import Path

import pytest

from tests.logs.lines import CANCELED, OURS, append, combined, error
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
    path.write_text(f"{OURS}\n", "utf-8")
    return path


def watch_file(path: object) -> LogWatch:
    return LogWatch([Source(str(path))])


def only_report(logs: LogWatch, run: str = "beef", path: str = "/sse") -> LogReport:
    (report,) = logs.collect(run, path)
    return report


def test_only_new_lines_are_reported(log: Path) -> None:
    logs = watch_file(log)
    assert only_report(logs) == LogReport(str(log))
    append(log, OTHER, OURS)
    report = only_report(logs)
    assert (report.read, report.problem) == (2, "")
    assert [(line.ours, line.tag) for line in report.lines] == [
        (False, "live-200"),
        (True, "held-499"),
    ]
    append(log, OTHER)
    assert only_report(logs).read == 3


def test_the_run_token_names_the_probe_of_a_line(log: Path) -> None:
    logs = watch_file(log)
    append(
        log,
        OURS,
        combined(499, 0, agent="ssewizard/0.1.0 (run=beef; root-proxy-h1-identity)"),
    )
    ours = [line.client for line in only_report(logs).lines]
    assert ours == ["sse-proxy h1 identity", "root-proxy h1 identity"]


def test_another_run_is_not_ours(log: Path) -> None:
    logs = watch_file(log)
    append(log, OURS)
    (line,) = only_report(logs, run="beefbeef").lines
    assert (line.ours, line.client, line.tag) == (False, "", "held-499")


def test_the_run_token_is_found_in_a_custom_format(log: Path) -> None:
    logs = watch_file(log)
    append(log, "GET /sse|499|0|ssewizard/0.1.0 (run=beef; sse-proxy-h2-gzip)")
    (line,) = only_report(logs).lines
    assert (line.kind, line.ours, line.client) == ("text", True, "sse-proxy h2 gzip")


def test_a_line_without_an_agent_is_ours_by_its_path(log: Path) -> None:
    logs = watch_file(log)
    silent = "upstream timed out (110: Connection timed out) while reading upstream"
    append(
        log,
        error(silent),
        error(silent, "GET /other HTTP/1.1"),
        CANCELED + " message processing canceled.",
    )
    lines = only_report(logs).lines
    assert [line.ours for line in lines] == [True, False, True]


def test_credentials_are_not_kept(log: Path) -> None:
    logs = watch_file(log)
    append(
        log, combined(200, 5, request="GET /message?sessionId=hunter2"), "Authorization: hunter2"
    )
    assert "hunter2" not in repr(only_report(logs))


def test_our_lines_are_kept_first_and_in_order(log: Path) -> None:
    logs = watch_file(log)
    append(
        log,
        *(OTHER for _ in range(MAX_KEPT_LINES * 2)),
        OURS,
        *("noise" for _ in range(MAX_KEPT_LINES)),
    )
    report = only_report(logs)
    assert report.read == MAX_KEPT_LINES * 3 + 1
    assert len(report.lines) == MAX_KEPT_LINES
    assert report.lines[-1].ours


def test_a_rotated_log_is_read_from_its_start(log: Path) -> None:
    logs = watch_file(log)
    log.rename(log.with_suffix(".1"))
    log.write_text(f"{OURS}\n", "utf-8")
    report = only_report(logs)
    assert (report.read, report.problem) == (1, "")


def test_a_rotated_log_whose_new_file_is_missing(log: Path) -> None:
    logs = watch_file(log)
    log.unlink()
    report = only_report(logs)
    assert "cannot be read any more" in report.problem
    assert str(log) in report.problem


def test_a_truncated_log_is_read_from_its_start(log: Path) -> None:
    append(log, OTHER, OTHER)
    logs = watch_file(log)
    log.write_text(f"{OURS}\n", "utf-8")
    assert [line.tag for line in only_report(logs).lines] == ["held-499"]
    append(log, OTHER, OTHER, OTHER)
    assert only_report(logs).read == 4


def test_a_partial_last_line_is_read_again_when_it_is_whole(log: Path) -> None:
    logs = watch_file(log)
    whole = OURS
    with log.open("a", encoding="utf-8") as file:
        file.write(whole[:60])
        file.flush()
        assert [line.tag for line in only_report(logs).lines] == [""]
        file.write(whole[60:])
    assert [line.tag for line in only_report(logs).lines] == ["held-499"]


def test_binary_bytes(log: Path) -> None:
    logs = watch_file(log)
    with log.open("ab") as file:
        file.write(b"\xff\xfe\x00\x1b[2J\n" + OURS.encode() + b"\r\n")
    report = only_report(logs)
    assert [line.tag for line in report.lines] == ["", "held-499"]


def test_an_endless_line_is_bounded(log: Path) -> None:
    logs = watch_file(log)
    with log.open("ab") as file:
        file.write(b"x" * (LOG_LIMIT_BYTES * 4))
    tracemalloc.start()
    try:
        report = only_report(logs)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < LOG_LIMIT_BYTES * 8
    assert len(report.lines[0].text) <= MAX_LINE_CHARS
    assert "only the end was read" in report.problem


def test_the_newest_of_many_lines_are_read(log: Path) -> None:
    logs = watch_file(log)
    append(log, "x" * (LOG_LIMIT_BYTES * 2), OURS)
    assert only_report(logs).lines[-1].tag == "held-499"


def test_a_missing_file(tmp_path: Path) -> None:
    logs = watch_file(tmp_path / "none.log")
    assert "No such file" in only_report(logs).problem


def test_a_directory(tmp_path: Path) -> None:
    assert "not a regular file" in only_report(watch_file(tmp_path)).problem


def test_a_fifo_is_never_waited_for(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert "not a regular file" in only_report(watch_file(fifo)).problem


def test_a_fifo_that_replaces_the_file(log: Path) -> None:
    logs = watch_file(log)
    log.unlink()
    os.mkfifo(log)
    assert "not a regular file" in only_report(logs).problem


def test_an_unreadable_file(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root can read every file, so the error is raised here.
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", refuse)
    assert "Permission denied" in only_report(watch_file(log)).problem


def test_each_log_has_its_own_report(log: Path, tmp_path: Path) -> None:
    both = LogWatch([Source(str(tmp_path / "none")), Source(str(log))])
    append(log, OURS)
    missing, present = both.collect("beef", "/sse")
    assert missing.problem
    assert not missing.lines
    assert present.read == 1


@pytest.mark.parametrize(
    ("packed", "kind"), [(gzip.compress(b"a", mtime=0), "gzip"), (bz2.compress(b"a"), "bzip2")]
)
def test_a_packed_log_is_named(packed: bytes, kind: str, log: Path) -> None:
    log.write_bytes(packed)
    report = only_report(watch_file(log))
    assert (
        report.problem == f"{log}: compressed with {kind}, so not read: name the uncompressed log"
    )


async def test_zeros_before_the_lines_are_left_out(log: Path) -> None:
    with log.open("wb") as file:
        file.truncate(2 * LOG_LIMIT_BYTES)  # as after a truncation while a program writes
        file.seek(0, os.SEEK_END)
        file.write(f"{OTHER}\n".encode())
    logs = watch_file(log)
    await logs.begin()
    history = only_report(logs).history
    assert history is not None
    assert history.lines == 1


@pytest.fixture
def wide_log(log: Path) -> Path:
    log.write_text(f"x\n{OTHER}\n", "utf-16")
    return log


async def test_a_log_in_utf_16_is_read(wide_log: Path) -> None:
    logs = watch_file(wide_log)
    await logs.begin()
    history = only_report(logs).history
    assert history is not None
    assert (history.lines, history.counted) == (2, True)
