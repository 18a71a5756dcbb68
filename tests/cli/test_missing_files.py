"""Files that a targets file names and that cannot be read."""

import asyncio
from pathlib import Path

import pytest

from tests.cli.command import run_command
from tests.cli.invalid_targets import URL
from tests.probe.scripted import serving
from wizard.cli.targets import NamedTarget, check_files
from wizard.model.target import Source, Target
from wizard.text.errors import UsageError

MISSING = {
    "conf": 'conf = "nope.conf"',
    "log": 'log = ["t.toml", "nope.log"]',
    "log-in-no-folder": 'log = "sub/nope.log"',
}


@pytest.mark.parametrize("lines", MISSING.values(), ids=MISSING.keys())
async def test_a_missing_file_is_reported_before_any_request(tmp_path: Path, lines: str) -> None:
    requests: list[str] = []

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append("request")

    async with serving(act) as url:
        text = f'[[target]]\nurl = "{url}"\n[[target]]\nname = "b"\nurl = "{url}"\n{lines}'
        (tmp_path / "t.toml").write_text(text)
        run = await asyncio.to_thread(run_command, "check", "--targets", str(tmp_path / "t.toml"))
    assert (run.status, run.out, requests) == (2, "", [])
    key, path = lines.partition(" ")[0], lines.split('"')[-2]
    assert run.sentence == (
        f"ssewizard: {tmp_path}/t.toml: target 'b': {key}: {tmp_path}/{path}: cannot be read: "
        "No such file or directory\n"
    )


def test_only_local_files_are_checked(tmp_path: Path) -> None:
    """A readable file passes, whatever its content."""
    (tmp_path / "a.log").touch()
    elsewhere = Source("/nope.log", "web")
    command = Source("cat /nope", name="x", command=("cat", "/nope"))
    logs = (Source(str(tmp_path / "a.log")), elsewhere, command)
    check_files(
        "t",
        [NamedTarget("a", Target(URL, conf=Source(""), logs=logs)), NamedTarget("b", Target(URL))],
    )
    with pytest.raises(UsageError, match=r"t: target 'a': conf: .*: a directory$"):
        check_files("t", [NamedTarget("a", Target(URL, conf=Source(str(tmp_path))))])
