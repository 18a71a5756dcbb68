"""Two machines build the same files, and the wheel needs nothing but the index."""

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.release.build import sbom_names
from wizard import __version__

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")


def build_in(clone: Path, folder: Path, umask: int, **env: str) -> dict[str, bytes]:
    """Build a clone in a process of its own; return the files' contents by name."""
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True, umask=umask)
    (clone / "wizard" / "untracked.py").write_text("left over", "utf-8")
    subprocess.run(
        [sys.executable, "-m", "tests.release", str(folder)],
        cwd=clone,
        env={**os.environ, "PYTHONPATH": str(clone), **env},
        umask=umask,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a build."""
    folder = tmp_path_factory.mktemp("one")
    build_in(folder / "clone", folder / "dist", 0o022, TZ="UTC", LC_ALL="C", PYTHONHASHSEED="1")
    return folder / "dist"


def test_another_place_umask_time_zone_and_locale_give_the_same_bytes(
    dist: Path, tmp_path: Path
) -> None:
    (tmp_path / "temporary files").mkdir()
    other = build_in(
        tmp_path / "a longer name" / "checkout",
        tmp_path / "out",
        0o077,
        TZ="Pacific/Kiritimati",
        LC_ALL="C.UTF-8",
        PYTHONHASHSEED="2",
        TMPDIR=str(tmp_path / "temporary files"),
    )

    assert sorted(other) == sorted(path.name for path in dist.iterdir())
    assert sorted(other) == [
        "SHA256SUMS",
        f"ssewizard-{__version__}-py3-none-any.whl",
        f"ssewizard-{__version__}.cdx.json",
        f"ssewizard-{__version__}.tar.gz",
    ]
    for path in dist.iterdir():
        assert other[path.name] == path.read_bytes(), f"{path.name} differs"


def test_the_sums_are_those_of_the_files(dist: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=dist, check=True)


def test_the_sbom_has_no_value_of_this_machine(dist: Path) -> None:
    (path,) = dist.glob("*.cdx.json")
    document = json.loads(path.read_text("utf-8"))

    assert document["metadata"]["component"]["version"] == __version__
    assert "serialNumber" not in document
    assert str(dist) not in path.read_text("utf-8")
    assert all(item["externalReferences"][0]["hashes"] for item in document["components"])


def test_the_wheel_needs_only_the_index(dist: Path, tmp_path: Path) -> None:
    """A new environment, no compiler, no file of the checkout."""
    (wheel,), (sbom,) = dist.glob("*.whl"), dist.glob("*.cdx.json")
    wheel = Path(shutil.copy(wheel, tmp_path))
    assert "wizard/locale/zh_CN/LC_MESSAGES/ssewizard.mo" in zipfile.ZipFile(wheel).namelist()
    venv.create(tmp_path / "venv", with_pip=True)
    env = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    bin_ = tmp_path / "venv" / "bin"

    def output(*words: str) -> str:
        done = subprocess.run(
            [bin_ / words[0], *words[1:]], cwd=tmp_path, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    output("pip", "install", "--only-binary", ":all:", wheel.name)
    assert __version__ in output("ssewizard", "--version")
    assert __version__ in output("python", "-m", "ssewizard", "--version")
    assert "proxy-buffering-hold" in output("ssewizard", "explain")
    assert "complete " in output("ssewizard", "completion", "bash")
    assert "What it is" in output("ssewizard", "explain", "proxy-buffering-hold")
    installed = json.loads(output("pip", "list", "--format", "json"))
    names = {item["name"].lower().replace("_", "-") for item in installed}
    assert names - set(sbom_names(sbom)) == {"ssewizard", "pip", "setuptools"} & names
