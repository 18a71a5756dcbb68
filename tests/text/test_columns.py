"""Text laid out by columns, in which a Chinese character takes two."""

import textwrap

import pytest

from wizard.text.columns import cut, pad, pad_left, width, wrap

ENGLISH = "Nginx collects the stream in its buffers (proxy_buffering on) and does not pass it on."
CHINESE = "直连请求是实时的，经过代理的请求卡住：Nginx 把流收进缓冲区（见 nginx.conf:20）。"


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("sse", 3), ("卡住", 4), ("37 ms，", 7), ("e\u0301", 1), ("…✗", 2)],
)
def test_the_width_is_that_of_a_terminal(text: str, columns: int) -> None:
    assert width(text) == columns


def test_text_is_padded_by_columns() -> None:
    assert pad("卡住", 6) == "卡住  "
    assert pad_left("卡住", 6) == "  卡住"
    assert pad("too long", 3) == "too long"


def test_text_is_cut_by_columns() -> None:
    assert cut("卡住的流", 8) == "卡住的流"
    assert cut("卡住的流", 7) == "卡住的…"
    assert cut("卡住的流", 6) == "卡住…"


def test_english_is_wrapped_as_ever() -> None:
    assert wrap(ENGLISH, 40, "- ", "  ") == textwrap.wrap(
        ENGLISH, 40, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False
    )


@pytest.mark.parametrize("columns", range(20, 90))
def test_chinese_is_wrapped_between_characters(columns: int) -> None:
    lines = wrap(CHINESE, columns, "- ", "  ")
    assert all(width(line) <= columns for line in lines)
    assert not any(line.strip()[0] in "，。：）" for line in lines)
    assert not any(line.rstrip().endswith("（") for line in lines)
    assert "".join(line[2:] for line in lines).replace(" ", "") == CHINESE.replace(" ", "")


def test_a_path_longer_than_the_line_stays_whole() -> None:
    path = "/etc/nginx/" + "a" * 40
    assert any(path in line for line in wrap(f"配置在 {path} 里。", 30))
