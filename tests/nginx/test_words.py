"""How the text of a config is split into words; compared with Nginx in `tests/nginx_real`."""

from pathlib import Path

import crossplane
import pytest

from tests.text.test_config_tokens import CONFIGS
from wizard.nginx.words import MAX_WORD_BYTES, split_words
from wizard.text.config_tokens import unescape_argument
from wizard.text.errors import ConfigError

WITHOUT_LUA = {name: text for name, text in CONFIGS.items() if "_by_lua_block" not in text}


def words(text: str) -> list[str]:
    return [word for word, _, _ in split_words(text, "x")]


@pytest.mark.parametrize("text", WITHOUT_LUA.values(), ids=WITHOUT_LUA.keys())
def test_the_words_of_real_configs_are_those_of_crossplane(text: str, tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(text)
    expected = [
        (unescape_argument(token), line)
        for token, line, is_quoted in crossplane.lex(str(path))
        if is_quoted or not token.startswith("#")
    ]
    assert [(word, line) for word, line, _ in split_words(text, "x")] == expected


def test_lua_code_is_one_word() -> None:
    text = "set_by_lua_block $a {\n return '}' -- }\n} b;"
    assert words(text) == ["set_by_lua_block", "$a", "\n return '}' -- }\n", ";", "b", ";"]
    assert [line for _, line, _ in split_words(text, "x")] == [1, 1, 1, 3, 3, 3]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a;\nb 'c'd;", 'x:2: unexpected "d"'),
        ('a "b"}', 'x:1: unexpected "}"'),
        ("a;\n'b\nc", "x:3: the file ends in the middle"),
        ("a \\", "x:1: the file ends in the middle"),
        (f"a\n{'b' * (MAX_WORD_BYTES + 1)};", "x:2: a word or comment of more than 4095 bytes"),
        (f"a\n'{'é' * 2048}';", "x:2: a word or comment of more than 4095 bytes"),
        (f"#{'b' * MAX_WORD_BYTES}\na;", "x:1: a word or comment of more than 4095 bytes"),
    ],
)
def test_what_nginx_refuses_is_an_error_with_its_line(text: str, error: str) -> None:
    with pytest.raises(ConfigError, match="^" + error.replace("}", "[}]")):
        words(text)


@pytest.mark.parametrize("piece", ["'\\\\", '"a', "${", "$", "\\{", "a'", "# ", "\n"])
def test_no_text_takes_long_or_exhausts_the_stack(piece: str) -> None:
    """Each of these would take minutes if every start were followed to the end of the text."""
    text = (piece + ";") * 50_000 + piece * 1000
    try:
        result = "".join(words(text))
    except ConfigError as error:
        result = str(error)
    assert result
