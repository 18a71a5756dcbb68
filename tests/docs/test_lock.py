"""The files in requirements/ agree with pyproject.toml; nothing is asked of an index."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
PLATFORMS = [
    {"sys_platform": "linux", "platform_machine": "x86_64"},
    {"sys_platform": "linux", "platform_machine": "aarch64"},
    {"sys_platform": "darwin", "platform_machine": "arm64"},
]
ENVIRONMENTS = [
    {"python_version": version, "python_full_version": f"{version}.0", **platform}
    for version in ("3.11", "3.12", "3.13")
    for platform in PLATFORMS
]


def with_extras(names: list[str]) -> Iterator[Requirement]:
    """The requirements of the package and of these extras, with the extras that they name."""
    for text in (*PROJECT["project"]["dependencies"], *(t for n in names for t in EXTRAS[n])):
        requirement = Requirement(text)
        if requirement.name == PROJECT["project"]["name"]:
            yield from with_extras(sorted(requirement.extras))
        else:
            yield requirement


def of_group(name: str) -> Iterator[Requirement]:
    for item in PROJECT["dependency-groups"][name]:
        if isinstance(item, dict):
            yield from of_group(item["include-group"])
        else:
            yield Requirement(item)


LOCKS = {
    "dev": [*with_extras(["dev"]), *of_group("build")],
    "lab": [*with_extras(["lab"]), *of_group("build")],
    "runtime": [*with_extras([])],
    "release": [*of_group("release")],
}


def entries(name: str) -> list[str]:
    """The requirements of a lock, each with its hashes on one line; comments are left out."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").replace("\\\n", " ")
    return [
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]


def pins(name: str) -> list[Requirement]:
    return [Requirement(entry.partition(" --hash=")[0].strip()) for entry in entries(name)]


def is_for(marker: Marker | None, environment: dict[str, str]) -> bool:
    return marker is None or marker.evaluate(environment)


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_locked_to_a_version_that_it_allows(name: str) -> None:
    for environment in ENVIRONMENTS:
        locked = {
            canonicalize_name(pin.name): next(iter(pin.specifier)).version
            for pin in pins(name)
            if is_for(pin.marker, environment)
        }
        for wanted in LOCKS[name]:
            if is_for(wanted.marker, environment):
                version = locked.get(canonicalize_name(wanted.name), "no version")
                assert version in wanted.specifier, f"{wanted}, locked: {version}; run `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_nothing_is_locked_that_is_no_longer_required(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    # Below each entry stands what requires it: one line, or a list.
    blocks = re.findall(r"^([\w.-]+)==(?:.*\\\n)(?:    --hash.*\n)+((?:    #.*\n)+)", text, re.M)
    direct = {canonicalize_name(entry) for entry, why in blocks if "pyproject.toml" in why}

    assert len(blocks) == len(entries(name))
    assert direct == {canonicalize_name(wanted.name) for wanted in LOCKS[name]}, "run `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_every_entry_has_one_version_and_hashes_and_no_place(name: str) -> None:
    for entry in entries(name):
        assert re.fullmatch(r"[\w.-]+==\S+(?: ; .+?)?(?: +--hash=sha256:[0-9a-f]{64})+", entry), (
            entry
        )
    assert not re.search(r"://|file:|^-", (ROOT / "requirements" / f"{name}.txt").read_text(), re.M)


def test_a_package_has_the_same_version_in_every_lock() -> None:
    known: dict[str, set[str]] = {}
    for name in LOCKS:
        for pin in pins(name):
            known.setdefault(f"{pin.name};{pin.marker}", set()).add(str(pin.specifier))
    assert {name: versions for name, versions in known.items() if len(versions) > 1} == {}
