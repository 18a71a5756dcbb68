"""Build the distribution of a commit so that every machine gets the same bytes.

Only what git tracks is built, with the commit's time (SOURCE_DATE_EPOCH, see
reproducible-builds.org) and with the build backend of requirements/release.txt.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

SPEC_VERSION = "1.6"
"""The version of CycloneDX."""


def build(repository: Path, folder: Path) -> list[Path]:
    """Build the last commit of a checkout into the folder; return the files.

    Raises `subprocess.CalledProcessError`.
    """
    environment = _environment(_git(repository, "log", "-1", "--format=%ct").decode().strip())
    with tempfile.TemporaryDirectory() as temporary:
        source, built = Path(temporary, "source"), Path(temporary, "built")
        _export(repository, source)
        command = ["hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", str(built)]
        _run(command, source, environment)
        (wheel,) = built.glob("*.whl")
        version = wheel.name.split("-")[1]
        sbom = built / f"ssewizard-{version}.cdx.json"
        sbom.write_text(_sbom(source, version, environment), "utf-8")
        files = sorted(built.iterdir())
        (built / "SHA256SUMS").write_text("".join(map(_sum_line, files)), "ascii")
        folder.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copy(path, folder)) for path in sorted(built.iterdir())]


def _git(repository: Path, *words: str) -> bytes:
    return subprocess.run(
        ["git", *words], cwd=repository, stdout=subprocess.PIPE, check=True
    ).stdout


def _environment(epoch: str) -> Mapping[str, str]:
    # cyclonedx_py warns about what `_name_root` adds.
    return {**os.environ, "SOURCE_DATE_EPOCH": epoch, "PYTHONWARNINGS": "ignore::UserWarning"}


def _export(repository: Path, folder: Path) -> None:
    """Write the tracked files into the folder, whatever else lies in the checkout."""
    archive = _git(repository, "archive", "--format=tar", "HEAD")
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")


def _run(words: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run a module of this environment and return what it prints."""
    command = [sys.executable, "-m", *words]
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True, text=True
    )
    return done.stdout


def _sbom(source: Path, version: str, environment: Mapping[str, str]) -> str:
    """The runtime dependencies with their hashes, as CycloneDX in JSON, without random values."""
    command = ["cyclonedx_py", "requirements", "requirements/runtime.txt"]
    command += ["--pyproject", "pyproject.toml", "--output-reproducible"]
    document = json.loads(_run([*command, "--sv", SPEC_VERSION, "-o", "-"], source, environment))
    project = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))["project"]
    _name_root(document, project, version)
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _name_root(document: dict[str, Any], project: Mapping[str, Any], version: str) -> None:
    """Add what `cyclonedx_py` cannot read from a pyproject.toml with a dynamic version."""
    root = document["metadata"]["component"]
    root |= {"version": version, "purl": f"pkg:pypi/{root['name']}@{version}"}
    names = {_normalized(re.split(r"[^\w.-]", text)[0]) for text in project["dependencies"]}
    refs = (
        item["bom-ref"] for item in document["components"] if _normalized(item["name"]) in names
    )
    for dependency in document["dependencies"]:
        if dependency["ref"] == root["bom-ref"]:
            dependency["dependsOn"] = sorted(refs)


def _normalized(name: str) -> str:
    """A package's name as the index compares it (Python packaging, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def sbom_names(path: Path) -> Iterator[str]:
    """The names of the components of an SBOM."""
    for component in json.loads(path.read_text("utf-8"))["components"]:
        yield _normalized(component["name"])


def _sum_line(path: Path) -> str:
    """The line of a file for `sha256sum --check`."""
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
