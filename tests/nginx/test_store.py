"""Which files an `include` names, within bounds."""

import glob
import os
from pathlib import Path

import pytest

from wizard.nginx.load import read_config
from wizard.text import globbing
from wizard.text.errors import ConfigError
from wizard.text.globbing import EntryLimit, TooManyEntriesError, find_files

NAMES = ("a.conf", "b.conf", ".hidden.conf", "x[1].conf", "sub/a.conf", "sub/.b/c.conf", "sub2/d")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    base = tmp_path / "et[c]"
    for name in NAMES:
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text("")
    return base


@pytest.mark.parametrize(
    "pattern",
    ["*.conf", ".*.conf", "*", "[ab].conf", "?.conf", "*/*.conf", "sub*/*", "*/a.conf", "none/*"],
)
def test_the_same_files_as_glob_finds(folder: Path, pattern: str) -> None:
    expected = sorted(glob.glob(os.path.join(glob.escape(str(folder)), pattern)))
    assert find_files(str(folder), pattern) == expected
    absolute = f"{glob.escape(str(folder))}/{pattern}"
    assert find_files("/elsewhere", absolute) == expected


def test_a_pattern_over_a_whole_file_system_ends_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(globbing, "MAX_SCANNED", 500)
    conf = tmp_path / "nginx.conf"
    conf.write_text("http { include /*/*/*/*.none; }")
    with pytest.raises(ConfigError, match="directory entries"):
        read_config(str(conf))


@pytest.mark.parametrize("path", ["/proc/kmsg", "/proc/self/environ", "/sys/kernel/uevent_seqnum"])
def test_a_file_of_the_kernel_is_no_config(path: str) -> None:
    if not os.path.exists(path):
        pytest.skip(f"does not apply: this system has no {path}")
    with pytest.raises(ConfigError, match=r"a file of the kernel|cannot be read"):
        read_config(path)


def test_all_patterns_together_have_a_limit(folder: Path) -> None:
    limit = EntryLimit(12)
    assert find_files(str(folder), "*.none", limit) == []
    assert 0 < limit.left < 12
    with pytest.raises(TooManyEntriesError):
        find_files(str(folder), "*/*.none", limit)
