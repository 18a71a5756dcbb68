"""Nginx's units of time and size."""

import pytest

from wizard.nginx.settings import duration_s, size_bytes


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("300", 300), ("60s", 60), ("1m", 60), ("1M", 2_592_000), ("1h 30m", 5400), ("1h30", 3630),
        ("500ms", 0.5), ("0", 0), ("1d", 86_400), ("1w", 604_800), ("1y", 31_536_000),
        ("$limit", None), ("", None), ("s", None), ("10 x", None), ("-1", None), ("1.5s", None),
        ("10S", None), ("٣", None), ("²", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_a_time(text: str, seconds: float | None) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0), ("16k", 16_384), ("1m", 1 << 20), ("1M", 1 << 20), ("1G", 1 << 30), ("4 k", None),
        ("", None), ("k", None), ("1t", None), ("$a", None), ("²", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_a_size(text: str, size: int | None) -> None:
    assert size_bytes(text) == size
