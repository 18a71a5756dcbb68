"""Every file, and the output of every command, is read by the functions that bound it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_READS = {
    *("open", "io.open", "os.open", "os.fdopen", "os.read", "os.scandir", "os.listdir", "os.walk"),
    *("glob.glob", "glob.iglob", "mmap.mmap", "gzip.open", "tomllib.load", "json.load"),
    *("subprocess.run", "subprocess.Popen", "subprocess.check_output"),
}
_METHODS = {"read_text", "read_bytes", "open", "communicate", "rglob", "glob", "iterdir"}
ALLOWED = {
    "wizard/text/files.py": {"open", "os.open", "os.fdopen", "os.read", "sys.stdin.buffer.read"},
    "wizard/text/globbing.py": {"os.scandir"},  # counts the entries
    "wizard/nginx/store.py": {"os.scandir"},  # closed unread: is it permitted?
    "wizard/vantage/http/raw.py": {".read_text"},  # a file of the tool's own
    # Runs at a vantage, and reads there what this tool sends.
    "wizard/vantage/http/python_client.py": {"sys.stdin.buffer.readline", "sys.stdin.buffer.read"},
    "wizard/cli/output.py": {"os.open"},  # /dev/null, for writing
    "wizard/investigation/casefile/writer.py": {"os.fdopen"},  # for writing
    "wizard/cli/look.py": {"sys.stdin.readline"},  # a bounded answer to a question
    "screens/questions.py": {".open"},  # for writing
    "screens/live/save.py": {".open"},  # for writing
    "screens/terminal_output.py": {"os.open"},  # for writing
    "screens/saved_cases.py": {"os.open", ".iterdir"},  # locks; its own directory
    "screens/path_completion.py": {"os.scandir"},  # for 0.3 s, in a thread
    # /proc: lines of the kernel and of this machine's processes.
    "wizard/investigation/after_reload.py": {"os.scandir", ".read_bytes", ".read_text"},
}


def _reads_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        method = name.rpartition(".")[2]
        if name in _READS:
            yield name
        elif "." in name and method in _METHODS and not (method == "read_bytes" and node.args):
            yield f".{method}"
        elif name.startswith("sys.stdin") and method.startswith("read"):
            yield name


def test_nothing_else_opens_a_file_or_reads_without_a_bound() -> None:
    found = {
        str(path.relative_to(ROOT)): reads
        for package in ("wizard", "screens")
        for path in sorted((ROOT / package).rglob("*.py"))
        if (reads := set(_reads_in(path))) and "wizard/lab/" not in str(path)
    }
    assert found == ALLOWED, "read files with `wizard/text/files.py`, or state the reason here"
