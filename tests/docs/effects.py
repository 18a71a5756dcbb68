"""Where the code reaches outside of the process, read from its syntax trees.

SECURITY.md states what the tool runs, sends, reads and writes. Each place that can do so is named
there; a new one fails a test until the page says what it is for.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("wizard", "screens")
_CALLS = {
    "starts a process": {
        *("subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_output"),
        *("asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"),
        *("loop.subprocess_exec", "loop.subprocess_shell", "os.system", "os.popen"),
        *("os.execv", "os.execve", "os.execvp", "os.execvpe", "os.posix_spawn", "os.fork"),
        *("pty.spawn", "pty.fork"),
    },
    "sends a signal": {"os.kill", "os.killpg"},
    "opens a connection": {
        *("asyncio.open_connection", "asyncio.open_unix_connection", "socket.socket"),
        *("socket.create_connection", "httpx.AsyncHTTPTransport", "httpx.AsyncClient"),
        *("httpx.Client", "httpx.get", "httpx.post", "urllib.request.urlopen"),
        *("loop.create_connection", "loop.create_unix_connection"),
    },
    "looks up a name": {"loop.getaddrinfo", "socket.getaddrinfo", "socket.gethostbyname"},
    "opens a file": {"open", "os.open", "io.open", ".open", ".read_text", ".read_bytes"},
    "writes a file": {
        *(".write_text", ".write_bytes", "tempfile.mkstemp", "tempfile.mkdtemp"),
        *("tempfile.NamedTemporaryFile", "tempfile.TemporaryFile", "tempfile.TemporaryDirectory"),
        *("os.replace", "os.rename", "os.link", "os.symlink", ".symlink_to", ".rename", ".replace"),
    },
    "removes a file": {"os.unlink", "os.remove", ".unlink", "shutil.rmtree", ".rmdir"},
    "makes a directory": {".mkdir", "os.mkdir", "os.makedirs"},
}
"""The calls of each kind: functions by their full name, methods with a leading dot."""


def effects() -> dict[str, set[str]]:
    """The kinds of calls that each module makes, by its path, the lab's left out.

    The lab runs an Nginx and a backend of its own in a temporary directory.
    """
    paths = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    found = {str(path.relative_to(ROOT)): set(_effects_in(path)) for path in paths}
    return {
        name: kinds for name, kinds in found.items() if kinds and not name.startswith("wizard/lab/")
    }


def _effects_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield from _kinds_of(node)


def _kinds_of(call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func)
    method = f".{name.rpartition('.')[2]}" if "." in name else ""
    for kind, calls in _CALLS.items():
        if name in calls or (method in calls and not _is_of_string(call, method)):
            yield kind


def _is_of_string(call: ast.Call, method: str) -> bool:
    """True for `text.replace(a, b)`: a path is replaced by one argument."""
    return method == ".replace" and len(call.args) != 1
