"""Files that a list of targets names and that are not there."""

import asyncio
from pathlib import Path

import pytest

from tests.cli.command import run_command
from tests.cli.invalid_targets import URL
from tests.probe.scripted import serving
from wizard.cli.targets import NamedTarget, check_files
from wizard.model.target import Source, Target
from wizard.text.errors import UsageError

ABSENT = {
    "conf": 'conf = "nope.conf"',
    "log": 'log = ["t.toml", "nope.log"]',
    "log-in-no-folder": 'log = "sub/nope.log"',
}


@pytest.mark.parametrize("lines", ABSENT.values(), ids=ABSENT.keys())
async def test_a_file_that_is_not_there_is_said_before_anything_is_sent(
    tmp_path: Path, lines: str
) -> None:
    asked: list[str] = []

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append("one")

    async with serving(act) as url:
        text = f'[[target]]\nurl = "{url}"\n[[target]]\nname = "b"\nurl = "{url}"\n{lines}'
        (tmp_path / "t.toml").write_text(text)
        run = await asyncio.to_thread(run_command, "check", "--targets", str(tmp_path / "t.toml"))
    assert (run.status, run.out, asked) == (2, "", [])
    key, path = lines.partition(" ")[0], lines.split('"')[-2]
    assert run.sentence == (
        f"ssewizard: {tmp_path}/t.toml: target 'b': {key}: {tmp_path}/{path}: cannot be read: "
        "No such file or directory\n"
    )


def test_what_is_no_file_here_is_not_looked_for(tmp_path: Path) -> None:
    """Nor is what can be read, whatever is in it."""
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
