"""Configs that must not hang, crash or mislead `inspect`."""

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

ESCAPE = "\x1b]0;title\x07\x1b[31m\u202e"
"""A terminal's title, a colour, and a mark that reorders text."""
LINE = "proxy_pass http://127.0.0.1:9;"
"""What passes a location's requests on."""
LEADS_ON = f"location / {{ {LINE} }}"


def http(server: str, before: str = "") -> str:
    """A config with this content of its one server, and these lines before that."""
    return f"events {{}}\nhttp {{\n{before}\nserver {{\nlisten 80;\n{server}\n}}\n}}\n"


def repeat(count: int, line: str) -> str:
    """So many lines, with their numbers for `@`."""
    return "\n".join(line.replace("@", str(number)) for number in range(count))


def nothing(_folder: Path) -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class HostileConfig:
    """A config, and what `inspect` must say of it.

    Attributes:
        text: The main file, `nginx.conf`; `DIR` stands for its folder.
        says: What its output must contain; an error is exit status 2.
        never: What its output must not contain.
        files: Further files of the folder, by name.
        prepare: Makes what is no ordinary file.
        options: Further options of `inspect`, in place of `--path /sse`.
    """

    text: str | bytes
    says: tuple[str, ...]
    never: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], None] = nothing
    options: tuple[str, ...] = ("--path", "/sse")
    is_error: bool = False


def error(text: str | bytes, *says: str, **more: object) -> HostileConfig:
    """A config that cannot be read, and what the error must say."""
    return HostileConfig(text, says, is_error=True, **more)  # type: ignore[arg-type]


def reads(text: str | bytes, *says: str, **more: object) -> HostileConfig:
    """A config that can be read, and what must be said of it."""
    return HostileConfig(text, says, **more)  # type: ignore[arg-type]


def _link(name: str, target: str) -> Callable[[Path], None]:
    return lambda folder: os.symlink(target, folder / name)


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "x.conf")


def _socket(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        handle = os.open(folder, os.O_PATH)
        listener.bind(f"/proc/self/fd/{handle}/x.conf")
        os.close(handle)


def _sparse(size: int) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        with (folder / "x.conf").open("wb") as file:
            file.truncate(size)

    return make


FAN_OUT = {f"f{n}.conf": f"include f{n + 1}.conf;" * 2 for n in range(14)} | {"f14.conf": "a b;"}

INCLUDES = {
    "itself": error("include nginx.conf;", "nginx.conf includes itself"),
    "itself by a pattern": error("a b;\ninclude *.conf;", "nginx.conf includes itself"),
    "itself by another spelling": error("include ./nginx.conf;", "nginx.conf includes itself"),
    "itself by a link": error(
        "include l.conf;", "l.conf includes itself", prepare=_link("l.conf", "nginx.conf")
    ),
    "itself in other letters": error("include NGINX.CONF;", "No such file"),
    "a circle": error(
        "include a.conf;", "includes itself", files={"a.conf": "include b.conf;",
        "b.conf": "include a.conf;"}
    ),
    "a circle of links": error(
        "include x.conf;", "Too many levels of symbolic links", prepare=_link("x.conf", "x.conf")
    ),
    "files that double": error("include f0.conf;", "too many", files=FAN_OUT),
    "a hundred thousand patterns": error(repeat(100_000, "include /usr/@*/*.x;"), "too many"),
    "patterns of large directories": error(
        repeat(9000, "include /usr/bin/*.none@;"), "directory entries"
    ),
    "a hundred thousand names": error(repeat(100_000, "include gone@*;"), "too many"),
    "a secret file": error(
        "include x.conf;", "x.conf:1: a directive is not ended", never=("$6$", "salt"),
        files={"x.conf": "root:$6$salt$hash:19000:0:99999:7:::\ndaemon:*:1:0:9:7:::\n"},
    ),
    "the environment": error("include /proc/self/environ;", "a file of the kernel"),
    "the kernel's messages": error("include /proc/kmsg;", "a file of the kernel"),
    "zeros": error("include /dev/zero;", "a device, not a config file"),
    "a pipe": error("include x.conf;", "a named pipe", prepare=_pipe),
    "a socket": error("include x.conf;", "a socket", prepare=_socket),
    "a directory": error("include DIR;", "a directory, not a config file"),
    "a terabyte": error("include x.conf;", "larger than 16 MiB", prepare=_sparse(1 << 40)),
    "sixteen MiB of zeros": error("include x.conf;", "binary", prepare=_sparse(16 << 20)),
    "the whole disk": error("include /**/**/**/**;", "directory entries"),
    "the whole disk, deep": error("include /*/*/*/*/*.conf;", "directory entries"),
    "each descriptor": error("include /proc/self/fd/*;", "nginx.conf:1: includes /proc/self/fd/"),
    "no name": error('include "";', "a directory"),
    "a name of escapes": error("include '\x1b]0;title\x07\u202e';", "\\e]0;title\\u{7}\\u{202e}"),
    "a long name": error(f"include {'x' * 4000};", "File name too long"),
}  # fmt: skip

TEXTS = {
    "empty": error("", "empty, so not a config"),
    "NUL": error(http("a\x00b c;"), "nginx.conf:6: a binary file"),
    "UTF-16": error(http(LEADS_ON).encode("utf-16"), "nginx.conf:1: a binary file"),
    "carriage returns": reads(http(LEADS_ON).replace("\n", "\r"), "location /"),
    "bytes that are no UTF-8": reads(http(LEADS_ON).encode() + b"# \xff\xfe\x80", "location /"),
    "a word of a MB": error(http(f"location /{'x' * 1_000_000} {{ }}"), "more than 4095 bytes"),
    "a comment of a MB": error(f"# {'x' * 1_000_000}\n" + http(""), "more than 4095 bytes"),
    "a brace too many": error(http("}"), 'unexpected "}"'),
    "a brace too few": error(http("location / {"), "is missing"),
    "a quote too few": error(http("location '/ { }"), "in the middle of a word or a quote"),
    "a backslash at the end": error("user a\\", "in the middle of a word or a quote"),
    "a hundred thousand braces": error("a {" * 100_000, "deeper than 64"),
    "a hundred thousand closing braces": error("}" * 100_000, 'unexpected "}"'),
    "Lua without an end": error(http("content_by_lua_block { x = [[ }"), "inside this Lua block"),
    "Lua of open brackets": error(
        http("content_by_lua_block {" + "[[ ]]{" * 200_000), "inside this Lua block"
    ),
    "two million words": error("a b;" * 1_000_000, "more than 1,500,000 words"),
    "one directive of two million words": error("a " * 2_000_000, "more than 1,500,000 words"),
    "escapes in what is unclosed": error(f"{ESCAPE} {{", "a block of line 1"),
    "an escape as a character": error("a 'b'\x1b;", 'unexpected "\\e"'),
    "no server": reads("events {}\nhttp {}", "no server block"),
    "random": error(bytes(range(1, 256)) * 40, "nginx.conf:"),
}  # fmt: skip

EVIL = "^/(a+)+$"
LONG_PATH = "/" + "a" * 60 + "!"
AS_LONG = ("--path", LONG_PATH)
SLOW = "^/(a|b|ab)*c(?#@)$"
"""Takes some ten thousand steps for a path of letters: below the limit, many times."""

PATTERNS = {
    "location": reads(
        http(f"location ~ {EVIL} {{ {LINE} }} {LEADS_ON}"), "too many steps", options=AS_LONG
    ),
    "rewrite": reads(
        http(f"rewrite {EVIL} /x last; {LEADS_ON}"), "too many steps", options=AS_LONG
    ),
    "server_name": reads(
        http(f"server_name ~^(a+)+$; {LEADS_ON}") + "server { listen 80; }", "too many steps",
        options=("--path", "/", "--host", "a" * 60 + "!"),
    ),
    "map": reads(
        http("location / { proxy_pass http://$m; }", f"map $uri $m {{ ~{EVIL} a; default b; }}"),
        "by variables", options=AS_LONG,
    ),
    "if": reads(
        http(f"if ($uri ~ {EVIL}) {{ return 403; }} {LEADS_ON}"), "is taken as not met",
        options=AS_LONG,
    ),
    "five hundred that never end": reads(
        http(repeat(500, "location ~ ^/(a+)+$(?#@) { }") + LEADS_ON), "too many steps",
        options=AS_LONG,
    ),
    "two thousand that take long": reads(
        http(repeat(2000, f"location ~ {SLOW} {{ }}") + LEADS_ON), "location /", options=AS_LONG
    ),
    "not a pattern": reads(http(f"location ~ ( {{ }} {LEADS_ON}"), "could not be tried"),
    "a pattern in a pattern, deep": reads(
        http(f"location ~ {'(' * 1900}a{')' * 1900} {{ }} {LEADS_ON}"), "location"
    ),
    "recursion": reads(
        http(f"location ~ '^/(?R)*$' {{ }} {LEADS_ON}"), "location", options=AS_LONG
    ),
    "a callout and a verb": reads(http(f"location ~ '(*COMMIT)(?C1)x' {{ }} {LEADS_ON}"), "/"),
    "a limit of its own": reads(
        http(f"location ~ (*LIMIT_MATCH=4000000000){EVIL} {{ }} {LEADS_ON}"), "too many steps",
        options=AS_LONG,
    ),
}  # fmt: skip

PASS = "location / { proxy_pass http://127.0.0.1:9/$x; }"
ROUTES = {
    "maps of each other": reads(
        http("location / { proxy_pass http://$a; }", "map $b $a { default $b; } map $a $b "
        "{ default $a; }"), "decided by variables",
    ),
    "a map of itself": reads(
        http("location / { proxy_pass http://$a; }", "map $a $a { default $a; }"),
        "decided by variables",
    ),
    "maps that multiply": reads(
        http(PASS, "map 1 $m0 { default xxxxxxxxxx; } " + "".join(
            f"map 1 $m{n + 1} {{ default {f'$m{n}' * 100}; }}" for n in range(7)
        ) + "map 1 $x { default $m7; }"), "location /",
    ),
    "a set that doubles": reads(http(f"set $x aa; {'set $x $x$x;' * 60} {PASS}"), "location /"),
    "a rewrite that doubles": reads(http("rewrite ^(.*)$ $1$1;" * 60 + LEADS_ON), "location"),
    "a query that doubles": reads(http("rewrite ^ /x?$args$args;" * 60 + LEADS_ON), "location",
        options=("--path", "/sse?abcdefgh")),
    "a set of itself": reads(http(f"set $x $x; {PASS}"), "location /"),
    "a capture that is none": reads(http("location / { proxy_pass http://127.0.0.1:$9; }"), "/"),
    "a variable that is none": reads(http("location / { proxy_pass http://$gone; }"), "$gone"),
    "rewrites in a circle": reads(
        http("location / { rewrite ^ /b last; } location /b { rewrite ^ /a last; }"),
        "lead in a circle, so Nginx answers 500",
    ),
    "a rewrite to itself": reads(http("location / { rewrite ^ /sse last; }"), "in a circle"),
    "try_files in a circle": reads(
        http("location / { try_files /x /b; } location /b { try_files /x /a; }"), "in a circle"
    ),
    "error pages in a circle": reads(
        http("recursive_error_pages on; error_page 404 /a; location / { return 404; }"), "location"
    ),
    "named locations in a circle": reads(
        http("location / { try_files /x @a; } location @a { error_page 418 = @b; return 418; } "
        "location @b { error_page 418 = @a; return 418; }"), "location",
    ),
    "an upstream of itself": reads(
        http("location / { proxy_pass http://a; }", "upstream a { server a; }"), "a"
    ),
    "blocks where none belong": reads(
        "http { http { server { } } } server { server { location / { } } if { } location { } } ",
        "server",
    ),
    "arguments that are none": reads(
        http("listen ; listen [; listen a:b:c; server_name ; return ; if () { } if { } set ; "
        "rewrite ; try_files ; error_page ; proxy_pass ; proxy_set_header ; location { } "
        f"limit_except {{ }} {LEADS_ON}").replace(" ;", " '';"), "server",
    ),
    "numbers without bound": reads(
        http(f"listen {'9' * 4000}; proxy_read_timeout {'9' * 4000}d; gzip_min_length -1; "
        f"client_max_body_size {'9' * 4000}g; location / {{ {LINE} proxy_buffers -1 -1k; }}"), "/",
    ),
    "a status without bound": reads(http(f"location / {{ return {'9' * 4000}; }}"), "location /"),
}  # fmt: skip

NAMES = {
    "escapes in every name": reads(
        http(
            f"server_name '{ESCAPE}'; set $x '{ESCAPE}'; add_header X '{ESCAPE}'; "
            f"error_page 404 '/{ESCAPE}'; '{ESCAPE}' '{ESCAPE}'; location '/sse{ESCAPE}' "
            f"{{ proxy_pass http://'{ESCAPE}'; }} location ~ '(?i)sse|{ESCAPE}' {{ "
            f"proxy_pass 'http://{ESCAPE}/'; proxy_set_header '{ESCAPE}' '{ESCAPE}'; "
            f"proxy_buffering '{ESCAPE}'; gzip_types '{ESCAPE}'; }}".replace("http://'", "'http://")
        ),
        "\\e]0;title",
    ),
    "escapes in an upstream": reads(
        http("location / { proxy_pass http://u; }",
        f"upstream u {{ server '{ESCAPE}'; '{ESCAPE}' x; }}"), "\\e]0;title",
    ),
    "escapes in what is undecided": reads(
        http(f"if ($http_x = '{ESCAPE}') {{ return 403; }} rewrite '({ESCAPE}' /; "
        f"location / {{ try_files /x '$gone{ESCAPE}'; }}"), "\\e]0;title",
    ),
}  # fmt: skip

NAMES |= {
    f"{name}, as JSON": replace(config, options=(*config.options, "--format", "json"),
    says=("\\\\e]0;title",))
    for name, config in NAMES.items()
}  # fmt: skip

LARGE = {
    "locations": reads(http(repeat(30_000, f"location /p@ {{ {LINE} }}") + LEADS_ON), "location /"),
    "patterns": reads(http(repeat(20_000, f"location ~ ^/p@ {{ {LINE} }}") + LEADS_ON), "/"),
    "servers": reads(
        "http {" + repeat(20_000, f"server {{ server_name a@; {LEADS_ON} }}") + "}",
        "server", options=("--path", "/sse", "--host", "a19999"),
    ),
    "names": reads(
        http("server_name " + repeat(100_000, "a@.test") + f"; {LEADS_ON}"), "location /",
        options=("--path", "/sse", "--host", "a99999.test"),
    ),
    "listens": reads(http(repeat(10_000, "listen 127.0.0.1:@;") + LEADS_ON), "location /"),
    "rewrites": reads(http(repeat(10_000, "rewrite ^/r@$ /x;") + LEADS_ON), "location /"),
    "conditions": reads(
        http(repeat(10_000, "if ($http_x = a@) { return 403; }") + LEADS_ON), "location /"
    ),
    "map entries": reads(
        http("location / { proxy_pass http://$m; }",
        "map $host $m { " + repeat(100_000, "h@ 10.0.0.1:@;") + " }"), "location /",
        options=("--path", "/", "--host", "h9"),
    ),
    "upstream servers": reads(
        http("location / { proxy_pass http://u; }",
        "upstream u { " + repeat(100_000, "server 10.0.0.1:@;") + " }"), "10.0.0.1:0",
    ),
    "headers": reads(
        http(f"location / {{ {LINE} {repeat(20_000, 'proxy_set_header X-@ a;')} }}"), "location /"
    ),
    "unknown directives": reads(
        http(repeat(20_000, "foo_@ a;") + LEADS_ON), "more lines of this kind",
        options=("--path", "/sse", "--as-sent"),
    ),
    "error pages": reads(
        http(repeat(10_000, "error_page 404 /e@;") + "location / { return 404; }"), "location /"
    ),
    "index files": reads(
        http(f"index {repeat(10_000, 'i@')}; location / {{ root /x; }}"), "location /",
        options=("--path", "/"),
    ),
}  # fmt: skip


def dump(*files: tuple[str, str]) -> str:
    """The output of `nginx -T` for these files."""
    return "".join(f"# configuration file {name}:\n{text}\n" for name, text in files)


MAIN = ("/etc/nginx/nginx.conf", http(LEADS_ON))
DUMPS = {
    "a forged file in a quote": error(
        dump(("/n.conf", http("add_header X '\n# configuration file /forged.conf:\n';"))),
        "in the middle of a word or a quote",
    ),
    "two dumps": reads(dump(MAIN, MAIN, ("/etc/nginx/other.conf", "a b;")), "location /"),
    "a file that includes itself": error(
        dump(("/a/n.conf", "include /a/n.conf;")), "/a/n.conf includes itself"
    ),
    "files that are not there": reads(
        dump(("/a/n.conf", "include x; include y*;" + http(LEADS_ON))), "does not contain it"
    ),
    "five thousand files": reads(
        dump(MAIN, *((f"/x/{n}", "a b;") for n in range(5000))), "location /"
    ),
    "a pattern for five thousand files": error(
        dump(("/a/n.conf", "include /x/*;"), *((f"/x/{n}", "a b;") for n in range(5000))),
        "too many",
    ),
    "patterns for many files": error(
        dump(
            ("/a/n.conf", repeat(9000, "include /y@/*;")), *((f"/x/{n}", "") for n in range(9000))
        ),
        "directory entries",
    ),
    "escapes in a file's name": reads(dump((f"/a/{ESCAPE}", http(LEADS_ON))), "\\e]0;title"),
    "headings alone": reads("# configuration file /a:\n" * 10_000, "no server block"),
    "escapes before the first file": reads(ESCAPE + "\n" + dump(MAIN), "location /"),
}  # fmt: skip

READS_ON = http(f"location /sse {{ {LINE} }} {LEADS_ON}")
PATHS = {
    "a byte": "\udcff", "a byte after a slash": "/\udcff", "NUL, encoded": "/%00", "a space": "/ ",
    "no slash": "sse", "nothing": "", "above the root": "/../../etc/passwd",
    "encoded dots": "/%2e%2e/%2e%2e", "a broken escape": "/%zz", "a lone percent": "/%",
    "an encoded byte": "/%ff", "a URL": "http://127.0.0.1/sse", "a query alone": "?a=b",
    "a fragment": "/sse#x", "100 kB": "/" + "a" * 100_000, "100 kB of slashes": "/" * 100_000,
    "100 kB of dots": "/a/.." * 25_000, "escapes": f"/{ESCAPE}", "encoded escapes": "/%1b%5b31m",
    "line ends": "/a\r\nX: y", "a wide letter": "/é€😀", "a noncharacter": "/\uffff",
}  # fmt: skip
HOSTS = {
    "escapes": ESCAPE, "long": "a" * 5000, "many labels": "a." * 50_000, "a bracket": "[",
    "colons": "::::", "a byte": "\udcff", "nothing": "", "a port of letters": "a:b",
}  # fmt: skip

CONFIGS = {
    f"{kind}: {name}": config
    for kind, configs in {
        "include": INCLUDES, "text": TEXTS, "pattern": PATTERNS, "route": ROUTES, "name": NAMES,
        "large": LARGE, "dump": DUMPS,
    }.items()
    for name, config in configs.items()
}  # fmt: skip
