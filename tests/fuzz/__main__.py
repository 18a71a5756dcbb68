"""Fuzz every property for a while: `python -m tests.fuzz [NAME…]`; see `make fuzz`.

With atheris, which follows the branches that an input takes, each property has a process of its own
for `FUZZ_SECONDS`; where atheris is not installed, hypothesis makes `FUZZ_EXAMPLES` random inputs.
Inputs that break a property, and those that reach new branches, are kept in `.fuzz/NAME/`.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from tests.fuzz.targets import FUZZED

FOLDER = Path(__file__).parents[2] / ".fuzz"
SECONDS = int(os.environ.get("FUZZ_SECONDS", "60"))
GRACE_S = 300
"""How much longer than that a process may take before it is killed."""


def fuzz_in_child(name: str) -> int:
    """Fuzz one property in a new process; return its exit status."""
    folder = FOLDER / name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    words = folder / "words"
    words.write_text("".join(_word(piece) for piece in FUZZED[name].pieces if piece))
    options = [
        f"-max_total_time={SECONDS}",
        f"-dict={words}",
        f"-artifact_prefix={folder}/",
        "-max_len=4096",
        "-timeout=30",
        "-rss_limit_mb=1024",
        "-verbosity=0",
        "-print_final_stats=1",
    ]
    command = [sys.executable, "-m", "tests.fuzz.child", name, *options, str(corpus)]
    log = folder / "log"
    with log.open("wb") as file:
        try:
            longest_s = SECONDS + GRACE_S
            run = subprocess.run(command, stdout=file, stderr=file, timeout=longest_s, check=False)
        except subprocess.TimeoutExpired:
            _print(f"{name}: did not end in time, see {log}")
            return 1
    shown = [line for line in log.read_text(errors="replace").splitlines() if "executed" in line]
    _print(f"{name}: {f'broken, see {log}' if run.returncode else 'holds'} {' '.join(shown)}")
    return run.returncode


def _word(piece: bytes) -> str:
    """A line of a dictionary of libFuzzer."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in piece) + '"\n'


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(words: list[str]) -> int:
    """Fuzz the named properties, or all; return 1 if one is broken."""
    if importlib.util.find_spec("atheris") is None:
        _print("atheris is not installed: hypothesis makes the inputs")
        examples = os.environ.get("FUZZ_EXAMPLES", "20000")
        command = [sys.executable, "-m", "pytest", "-q", "--timeout=3600", "tests/fuzz"]
        return subprocess.run(command, env=os.environ | {"FUZZ_EXAMPLES": examples}).returncode
    return int(any([fuzz_in_child(name) for name in words or FUZZED]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
