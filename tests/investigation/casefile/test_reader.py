"""Case files from anybody: whatever a file contains, it is read or refused in one sentence."""

import json
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.screens import investigations
from wizard.cli.check import report_of
from wizard.investigation import casefile
from wizard.investigation.casefile import MAX_FILE_BYTES, dump, load
from wizard.investigation.saved import SavedInvestigation, record_of
from wizard.text.errors import UsageError

TEXT = dump(record_of(investigations.failing()))


def changed(**changes: object) -> str:
    return json.dumps({**json.loads(TEXT), **changes})


NESTED = json.loads('{"zz": ' + "[" * 65 + "]" * 65 + "}")
REFUSED = [
    ("", "not JSON"),
    ("{", "not JSON"),
    ("[]", "expected object, got array"),
    ("null", "expected object, got null"),
    ("[" * 100_000, "nested too deeply"),
    ('{"a":' * 100_000, "nested too deeply"),
    (changed(**NESTED), "nested too deeply"),
    ("[" + "{}," * 500_000 + "{}]", "more than 500,000 values"),
    ('"' + '\\"' * 200_000, "not JSON"),
    ("{}", "schema: it must be ssewizard.case/5"),
    (changed(schema="ssewizard.case/1"), "of another version"),
    (changed(schema=["x"]), "it must be"),
    (changed(schema="ssewizard.report/2"), "this is a report, not a case: check --save FILE"),
    (changed(case=None), "case: expected object, got null"),
    (changed(case={}), "case: object missing required field target"),
    (changed(case={"target": {"url": 3}}), "case.target.url: expected str, got int"),
    (changed(case={"target": {"url": "file:///etc/passwd"}}), "one of its URLs is invalid"),
    (changed(case={"target": {"url": "http://h/\r\nX: y"}}), "one of its URLs is invalid"),
    (changed(case={"target": {"url": "unix:/run/app.sock:/x"}}), "one of its URLs is invalid"),
    (
        changed(case={"target": {"url": "http://h/", "stall": -1}}),
        "from 0 to 86400 seconds",
    ),
    (changed(saved=float("nan")), "not JSON"),
    (changed(saved=float("inf")), "not JSON"),
    (changed(saved=10**60), "saved: the number is too large"),
    (changed(elapsed_s=-(10**16)), "elapsed_s: the number is too large"),
    (TEXT.replace('"saved": ', '"saved": 1e999, "x": '), "saved: number out of range"),
    (TEXT.replace('"saved": ', f'"saved": {"9" * 5000}, "x": '), "saved: number out of range"),
    (TEXT.replace('"url": "', '"url": "\\ud800'), "not JSON"),
    (changed(saved=True), "saved: expected float, got bool"),
    (changed(steps=[{"id": "nine"}]), "steps[0].id: not one of the values that are allowed"),
    (changed(configs=[{"main": "a", "root": [], "texts": {}}]), "main file is not among its texts"),
    (changed(configs=[{"main": "a", "root": [], "texts": {"a": "http {"}}]), "configs[0]: a:1"),
    (changed(configs=[]), "resolutions.resolution.config: no config of this file"),
    (changed(configs={"a": 1}), "configs: expected array, got object"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_an_invalid_case_file_is_refused_in_one_sentence(number: int) -> None:
    text, expected = REFUSED[number]
    with pytest.raises(UsageError, match=r"^case\.json: not a case file: ") as caught:
        load(text, "case.json")
    assert expected in str(caught.value)
    assert len(str(caught.value)) < 500


def test_fields_of_a_newer_version_are_ignored() -> None:
    whole = json.loads(TEXT)
    whole["case"]["weather"] = {"sun": 1}
    assert load(json.dumps(whole), "case.json") == load(TEXT, "case.json")


def test_no_long_or_secret_text_of_the_file_is_quoted() -> None:
    secret = "hunter2" * 100
    for case in ({"target": {"url": secret}}, {"target": {"url": "http://h/", "mcp": secret}}):
        with pytest.raises(UsageError) as caught:
            load(changed(case=case), "case.json")
        assert "hunter2" not in str(caught.value)


def test_a_case_too_large_to_be_read_is_not_written() -> None:
    record = record_of(investigations.failing())
    with pytest.raises(OSError, match="at most 16 MiB"):
        dump(replace(record, verdict="x" * MAX_FILE_BYTES))


def test_fields_that_an_older_version_lacks_have_their_defaults() -> None:
    whole = json.loads(TEXT)
    for report in whole["case"]["logs"]:
        report.pop("history", None)
    whole["case"].pop("hops", None)
    assert load(json.dumps(whole), "case.json").case.hops == ()


@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "none", "binary", "nul"])
def test_only_a_regular_file_is_read(kind: str, tmp_path: Path) -> None:
    path: str | Path = tmp_path / "case.json"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        Path(path).symlink_to("/dev/zero")
    elif kind == "folder":
        Path(path).mkdir()
    elif kind == "binary":
        Path(path).write_bytes(bytes(range(256)))
    elif kind == "nul":
        path = "a\0b"
    with pytest.raises(UsageError):
        casefile.read(path)


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES * 1000)
    with pytest.raises(UsageError, match="larger than 16 MiB"):
        casefile.read(path)


def test_a_device_is_not_replaced_by_a_case_file(tmp_path: Path) -> None:
    path = tmp_path / "null"
    path.symlink_to(os.devnull)
    with pytest.raises(OSError, match="not a regular file"):
        casefile.write(path, record_of(investigations.failing()))
    assert Path(os.devnull).is_char_device()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a JSON value, with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


_ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**15,
    1.5,
    "",
    "x",
    "\ud800",
    "http://[",
    "../..",
    [],
    {},
    [[]],
)


@pytest.mark.parametrize("seed", range(40))
def test_a_file_with_random_changes_is_shown_or_refused(seed: int) -> None:
    """Whatever can be read gives a report in every format."""
    chance = random.Random(seed)
    for _ in range(25):
        whole = json.loads(TEXT)
        for _ in range(chance.randint(1, 3)):
            holder, key = chance.choice(list(_places(whole)))
            if chance.random() < 0.3:
                del holder[key]
            else:
                holder[key] = chance.choice(_ODD)
        try:
            investigation = SavedInvestigation(load(json.dumps(whole), "case.json"))
        except UsageError:
            continue
        investigation.conclude()
        for format in ("text", "json", "markdown", "junit"):
            assert report_of(investigation, format, "-", investigation.elapsed_s)
