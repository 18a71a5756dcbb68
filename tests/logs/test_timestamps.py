"""Timestamps of log lines, and the clocks that wrote them."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.logs.timestamps import HostClock, Timestamp, clock_of, describe_clock, find_timestamp
from wizard.model.target import Source
from wizard.model.vantage import Capabilities

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC).timestamp()
AT = datetime(2026, 11, 23, 16, 0)

FORMATS = {
    "access": ('1.2.3.4 - - [23/Nov/2026:16:00:00 +0000] "GET / HTTP/1.1" 200 1', AT, 0),
    "access-east": ("x [23/Nov/2026:16:00:00 +0530] y", AT, 19800),
    "access-west": ("x [23/Nov/2026:16:00:00 -0800] y", AT, -28800),
    "error": ("2026/11/23 16:00:00 [error] 7#7: *1 oh", AT, None),
    "dotnet": ("2026-11-23 16:00:00.8595|INFO|x", AT.replace(microsecond=859500), None),
    "iso": ("2026-11-23T16:00:00+01:00 x", AT, 3600),
    "comma": ("2026-11-23 16:00:00,250 x", AT.replace(microsecond=250000), None),
    "kubectl": (
        "2026-11-23T16:00:00.123456789Z 2026/11/23 17:00:00 [error] x",
        AT.replace(microsecond=123456),
        0,
    ),
    "syslog": ("Nov 23 16:00:00 web nginx[7]: x", AT, None),
    "syslog-of-last-year": ("Dec  3 16:00:00 web nginx[7]: x", datetime(2025, 12, 3, 16), None),
    "json-iso": ('{"a": 1, "time_iso8601": "2026-11-23T16:00:00+00:00"}', AT, 0),
    "json-local": ('{"time_local": "23/Nov/2026:16:00:00 +0000"}', AT, 0),
    "json-msec": ('{"msec": "1795449600.250", "status": 499}', AT.replace(microsecond=250000), 0),
    "json-milliseconds": ('{"time": 1795449600250}', AT.replace(microsecond=250000), 0),
    "json-docker": (
        '{"log":"x 2020-01-01T00:00:00Z\\n","stream":"stdout","time":"2026-11-23T16:00:00Z"}',
        AT,
        0,
    ),
}


@pytest.mark.parametrize("name", list(FORMATS))
def test_each_format(name: str) -> None:
    text, at, offset = FORMATS[name]
    assert find_timestamp(text, NOW) == Timestamp(at, offset)


@pytest.mark.parametrize(
    "text",
    [
        "no time",
        "",
        "2026-13-40 99:99:99",
        "0001-01-01 00:00:00",
        "[99/Foo/2026:16:00:00 +0000]",
        '{"request": "/x?t=2020-01-01T00:00:00Z"}',
        '{"time": null}',
        "{" * 5000,
    ],
)
def test_a_line_without_a_timestamp(text: str) -> None:
    assert find_timestamp(text, NOW) is None


@given(st.text(alphabet='0123456789:/-+T Z.{}"timesecNov[]', max_size=80))
def test_no_line_raises(text: str) -> None:
    timestamp = find_timestamp(text, NOW)
    if timestamp is not None:
        assert isinstance(HostClock(3600, skew_s=1.0).epoch_s(timestamp), float)
        assert isinstance(HostClock(is_local=True).epoch_s(timestamp), float)


ZONELESS, ZONED = Timestamp(AT, None), Timestamp(AT, 0)
EPOCH = AT.replace(tzinfo=UTC).timestamp()


def test_a_zone_in_the_line_takes_precedence() -> None:
    assert HostClock(zone_s=7200, skew_s=0.0).epoch_s(ZONED) == EPOCH


def test_without_a_zone_in_the_line_the_hosts_is_used() -> None:
    clock = clock_of(Source("/x", "web"), Capabilities("web", zone="+0200", skew_s=0.0))
    assert clock.epoch_s(ZONELESS) == EPOCH - 7200
    assert not clock.is_zone_unknown(ZONELESS)


def test_skew_is_subtracted() -> None:
    clock = clock_of(Source("/x", "web"), Capabilities("web", zone="+0000", skew_s=90.0))
    assert clock.epoch_s(ZONED) == EPOCH - 90


def test_the_zone_of_this_machine_changes_with_the_season(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    try:
        here = clock_of(Source("/x"), None)
        assert here.epoch_s(ZONELESS) == EPOCH - 3600
        summer = Timestamp(datetime(2026, 7, 1, 16), None)
        assert here.epoch_s(summer) == datetime(2026, 7, 1, 14, tzinfo=UTC).timestamp()
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("source", "capabilities"),
    [
        (Source("/x", "web"), None),
        (Source("/x", "web"), Capabilities("web")),
        (Source("kubectl logs", "local", "pod", ("kubectl", "logs")), None),
    ],
    ids=["not-discovered", "not-measured", "output-of-a-local-command"],
)
def test_an_unknown_zone_is_reported(source: Source, capabilities: Capabilities | None) -> None:
    clock = clock_of(source, capabilities)
    assert clock.is_zone_unknown(ZONELESS)
    assert not clock.is_zone_unknown(ZONED)
    text = describe_clock(clock, zoneless=True)
    assert "by the log's own clock" in text
    assert "was not measured" in text


def test_zone_and_skew_of_a_clock_are_reported() -> None:
    remote = clock_of(Source("/x", "web"), Capabilities("web", zone="+0545", skew_s=-4.2))
    text = describe_clock(remote, zoneless=True)
    assert "+0545" in text
    assert "4.2 s behind" in text
    assert "+0545" not in describe_clock(remote, zoneless=False)


def test_a_clock_like_ours_is_not_reported() -> None:
    ours = time.strftime("%z")
    near = clock_of(Source("/x", "web"), Capabilities("web", zone=ours, skew_s=0.4))
    assert describe_clock(near, zoneless=True) == ""
    assert describe_clock(clock_of(Source("/x"), None), zoneless=True) == ""
