"""Reading a config from files with includes, from a dump and from standard input."""

import io
import os
import sys
from pathlib import Path

import pytest

from tests.nginx.resolving import one_line
from wizard.model.config import Config
from wizard.nginx.load import config_from_text, read_config
from wizard.nginx.store import MAX_FILE_BYTES
from wizard.text.errors import ConfigError

DUMP = """\
nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
nginx version: nginx/1.25.3
# configuration file /etc/nginx/nginx.conf:

user www;
http {
    include conf.d/*.conf;
    include ./extra/../one.conf;
    include /etc/nginx/mime.types;
}

# configuration file /etc/nginx/conf.d/b.conf:
server { server_name b; }

# configuration file /etc/nginx/conf.d/a.conf:
server { server_name a; }

# configuration file /etc/nginx/./extra/../one.conf:

server { server_name one; }

"""


def write(folder: Path, **files: str) -> str:
    """Write files by name (`__` for a slash); return the path of nginx.conf."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.conf"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8", newline="")
    return str(folder / "nginx.conf")


def names(config: Config) -> list[str]:
    """The arguments of all `server_name` directives, in order."""
    waiting, arguments = list(config.root), list[str]()
    while waiting:
        directive = waiting.pop(0)
        arguments += directive.args if directive.name == "server_name" else ()
        waiting = [*(directive.block or ()), *waiting]
    return arguments


def error_of(path: str) -> str:
    """The error of reading the config, one line without control characters."""
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    return one_line(caught.value)


def test_includes_are_relative_to_the_main_file_and_sorted_by_name(
    tmp_path: Path,
) -> None:
    main = write(
        tmp_path,
        nginx="http { include sites/*.conf; include sites/none*; }\ninclude last.conf;",
        sites__b="server { server_name b; }",
        sites__a="server { server_name a; include deep.conf; }",
        deep="server_name deep;",
        last="server { server_name last; }",
    )
    config = read_config(main)
    assert names(config) == ["a", "deep", "b", "last"]
    assert config.notes == ()
    assert {Path(name).name for name in config.paths} == {
        "nginx.conf", "a.conf", "b.conf", "deep.conf", "last.conf",
    }  # fmt: skip


def test_an_include_is_relative_to_the_main_file_not_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copy [1]"
    folder.mkdir()
    write(folder, nginx="include x*.conf; include y.conf;", x="server_name x;", y="server_name y;")
    monkeypatch.chdir(tmp_path)
    assert names(read_config("copy [1]/nginx.conf")) == ["x", "y"]
    monkeypatch.chdir(folder)
    assert names(read_config("nginx.conf")) == ["x", "y"]


def test_a_directive_has_its_file_lines_and_includes(tmp_path: Path) -> None:
    main = write(tmp_path, nginx="events {}\ninclude x.conf;", x="# no\nhttp\n{\n  a\n  b;\n}\n")
    http = read_config(main).root[1]
    assert (Path(http.where.file).name, http.where.line, http.end_line) == ("x.conf", 2, 6)
    assert [str(where) for where in http.via] == [f"{main}:2"]
    assert http.block is not None
    assert (http.block[0].where.line, http.block[0].end_line) == (4, 5)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path, end: str) -> None:
    main = write(tmp_path, nginx=end.join(["\ufeffserver {", "  # x", "  listen 81;", "}", ""]))
    [server] = read_config(main).root
    assert (server.name, server.end_line) == ("server", 4)
    assert server.block is not None
    assert (server.block[0].args, server.block[0].where.line) == (("81",), 3)


def test_a_dump_is_split_into_its_files() -> None:
    config = config_from_text(DUMP, "-")
    assert config.main == "/etc/nginx/nginx.conf"
    assert config.version == "1.25.3"
    assert config.paths == {}
    assert names(config) == ["a", "b", "one"]
    assert config.notes == (
        "/etc/nginx/nginx.conf:6: /etc/nginx/mime.types: the dump does not contain it",
    )
    user = config.root[0]
    assert (user.name, user.where.line) == ("user", 2), "the file begins with an empty line"
    block = config.root[1].block
    assert block is not None
    assert str(block[-1].where) == "/etc/nginx/./extra/../one.conf:2"


def test_a_file_may_hold_a_dump_and_so_may_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dump.txt").write_text(DUMP, "utf-8")
    from_file = read_config(str(tmp_path / "dump.txt"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DUMP.encode())))
    from_input = read_config("-")
    assert from_file == from_input == config_from_text(DUMP, "any")


def test_a_comment_about_a_configuration_file_makes_no_dump() -> None:
    text = "user www;\n# configuration file for the bot:\nserver { server_name a; }"
    assert names(config_from_text(text, "x")) == ["a"]
    assert config_from_text(text, "x").main == "x"


def test_standard_input_may_be_a_plain_config(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"server { server_name a; include more.conf; }"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    config = read_config("-")
    assert (config.main, names(config)) == ("standard input", ["a"])
    assert config.notes == ("standard input:1: more.conf: the dump does not contain it",)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a;\nserver {\n c;\n", 3, '"server" of line 2'),
        ("a;\n}\n", 2, 'unexpected "}"'),
        ("a {\n proxy_pass\n}", 2, '"proxy_pass" is not ended'),
        ("\nroot:$6$salt$hash:1:0:9:7:::", 2, ": a directive is not ended"),
        ("a;\nroot:$6$salt$hash {", 2, "inside a block of line 2"),
        ("a;\n;\n", 2, 'unexpected ";"'),
        ("\n{ }", 2, 'unexpected "{"'),
        ("a;\nproxy_pass", 2, '"proxy_pass" is not ended'),
        ("a;\nb 'c;\n", 3, "middle of"),
        ('a;\n"', 2, "middle of"),
        ("a;\nb \\", 2, "middle of"),
        ("content_by_lua_block {\n x = 1", 1, "inside this Lua block"),
        ("\ncontent_by_lua_block x;", 2, "Lua"),
        ("a {" * 65, 1, "deeper than 64"),
        ("\na \x00;", 2, "binary"),
    ],
)
def test_the_error_of_a_broken_config_names_the_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    main = write(tmp_path, nginx=text)
    sentence = error_of(main)
    assert sentence.startswith(f"{main}:{line}: ")
    assert words in sentence


@pytest.mark.parametrize("text", ["", " \r\n\t\n", "\ufeff"])
def test_an_empty_text_is_an_error(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "empty" in error_of(write(tmp_path, nginx=text))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    with pytest.raises(ConfigError, match=r"^standard input: empty"):
        read_config("-")


def test_an_included_file_may_be_empty(tmp_path: Path) -> None:
    main = write(tmp_path, nginx="include x.conf; user a;", x="")
    assert [each.name for each in read_config(main).root] == ["user"]


@pytest.mark.parametrize(
    ("files", "place", "words"),
    [
        ({"nginx": "\ninclude nginx.conf;"}, "nginx.conf:2", "nginx.conf includes itself"),
        ({"nginx": "include a.conf;", "a": "\n\ninclude a.conf;"}, "a.conf:3", "includes itself"),
        (
            {"nginx": "include a.conf;", "a": "include b.conf;", "b": "include a*.conf;"},
            "b.conf:1", "itself through",
        ),
        ({"nginx": "a;\ninclude gone.conf;"}, "nginx.conf:2", "No such file"),
        ({"nginx": "include a.conf;", "a": "\nb {"}, "a.conf:2", "missing"),
        ({"nginx": 'include "a\\tb.conf";'}, "nginx.conf:1", "a\\tb.conf"),
    ],
)  # fmt: skip
def test_the_error_of_an_include_names_its_place(
    tmp_path: Path, files: dict[str, str], place: str, words: str
) -> None:
    sentence = error_of(write(tmp_path, **files))
    assert sentence.startswith(str(tmp_path / place))
    assert words in sentence


def test_includes_may_not_nest_too_deep(tmp_path: Path) -> None:
    chain = {f"f{number}": f"include f{number + 1}.conf;" for number in range(20)}
    assert "deeper than 16 files" in error_of(write(tmp_path, nginx="include f0.conf;", **chain))


def test_blocks_of_all_files_together_may_not_nest_too_deep(tmp_path: Path) -> None:
    opened, closed = "a {" * 40, "}" * 40
    chain = {f"f{n}": f"{opened} include f{n + 1}.conf; {closed}" for n in range(15)}
    assert "deeper than 64" in error_of(write(tmp_path, nginx="include f0.conf;", **chain))


def test_the_number_of_included_files_is_limited(tmp_path: Path) -> None:
    chain = {f"f{number}": f"include f{number + 1}.conf;" * 2 for number in range(14)}
    sentence = error_of(write(tmp_path, nginx="include f0.conf;", **chain, f14="a;"))
    assert "too many" in sentence


def test_anything_but_a_regular_file_is_an_error_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "a named pipe" in error_of(str(tmp_path / "pipe"))
    assert "a directory" in error_of(str(tmp_path))
    assert "a device" in error_of("/dev/zero")
    assert "No such file" in error_of(str(tmp_path / "none"))
    assert "not a file name" in error_of("a\0b")
    main = write(tmp_path, nginx="\ninclude pipe;")
    assert error_of(main).startswith(f"{main}:2: includes {tmp_path}/pipe: a named pipe")


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    assert "larger than 16 MiB" in error_of(str(path))


def test_a_file_name_is_escaped_for_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\nb\u202e.conf"
    assert "a\\e[31m\\nb\\u{202e}.conf" in error_of(str(path))
    path.write_text("a {")
    assert "a\\e[31m\\nb\\u{202e}.conf:1: " in error_of(str(path))
    config = config_from_text("# configuration file /\x1b[31m.conf:\na;", "x")
    assert config.root[0].where.file == "/\\e[31m.conf"


def test_a_missing_permission_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may read everything, so the error is simulated.
    main = write(tmp_path, nginx="include sites/*.conf; include a.conf;", a="b;", sites__x="c;")

    def refuse(path: object, *_args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    assert read_config(main).notes == (
        f"{main}:1: sites/*.conf: its directory cannot be read: permission denied",
    )
    monkeypatch.setattr(os, "open", refuse)
    assert "Permission denied" in error_of(main)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"a b"', "a b"), ("'a;b{}'", "a;b{}"), ('"a\\"b"', 'a"b'), ("a\\\\b", "a\\b"),
        ("a\\.b", "a\\.b"), ('"\\\\."', "\\."), ("${x}y", "${x}y"), ('""', ""), ("a#b", "a#b"),
        ("a'b", "a'b"), ('"#x"', "#x"), ("'\\t'", "\t"), ("a\u00a0b", "a\u00a0b"),
        ("'a\nb'", "a\nb"), ("\\;", "\\;"),
    ],
)  # fmt: skip
def test_words_are_unescaped_as_nginx_does(written: str, value: str) -> None:
    [directive] = config_from_text(f"set {written} last;", "x").root
    assert directive.args == (value, "last")


def test_comments_end_at_the_end_of_their_line() -> None:
    directives = config_from_text("a; # b; {\r c;\nd;# '\ne;", "x").root
    assert [(each.name, each.where.line) for each in directives] == [("a", 1), ("d", 2), ("e", 3)]


def test_lua_code_is_not_parsed_as_config() -> None:
    text = "http {\n init_by_lua_block {\n  -- it's }\n  x = '}' .. \"{\"\n }\n listen 1;\n}\nb;"
    http, after = config_from_text(text, "x").root
    assert [each.name for each in http.block or ()] == ["init_by_lua_block", "listen"]
    assert (http.end_line, after.where.line) == (7, 8)


def test_data_blocks_keep_their_own_includes() -> None:
    [mapping] = config_from_text("map $a $b {\n include hosts.map;\n x y;\n}", "x").root
    assert [each.name for each in mapping.block or ()] == ["include", "x"]
