"""docs/json.md documents the keys of the JSON reports, and no others."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report import results
from wizard.diagnose.diagnose import config_findings
from wizard.nginx.load import config_from_text
from wizard.nginx.resolve import request_for, resolve_request
from wizard.report.inspect import inspect_json
from wizard.report.json import report_data

PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text("utf-8")
CONF = "events {}\nhttp { server { listen 80; location / { proxy_pass http://127.0.0.1:12213; } } }"


def inspect_data() -> Any:
    request = request_for("http://localhost/sse")
    resolution = resolve_request(config_from_text(CONF, "nginx.conf"), request, "1.22.1")
    return json.loads(inspect_json(resolution, config_findings(resolution)))


def keys(value: Any, path: str = "") -> Iterator[str]:
    """The path of every key in a JSON value; the elements of a list share theirs."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}.{key}"
            yield from keys(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner, path)


def example(schema: str) -> Any:
    blocks = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return next(json.loads(block) for block in blocks if schema in block)


# The keys below these are names of directives and of probe variants.
FREE = (".effective.", ".outcomes.")


@pytest.mark.parametrize(
    ("schema", "data"),
    [
        ("ssewizard.report/2", report_data(results.fault())),
        ("ssewizard.inspect/2", inspect_data()),
    ],
    ids=["check", "inspect"],
)
def test_the_example_has_the_keys_of_a_report(schema: str, data: Any) -> None:
    documented = {key for key in keys(example(schema)) if not any(free in key for free in FREE)}
    assert documented - set(keys(data)) == set()
    assert set(example(schema)) == set(data)


@pytest.mark.parametrize("make", [results.fault, results.healthy, results.inconclusive])
def test_every_key_of_a_report_is_named_on_the_page(make: Any) -> None:
    names = {
        path.rpartition(".")[2]
        for path in keys(report_data(make()))
        if not any(free in path for free in FREE)
    }
    assert {name for name in names if not re.search(rf"[`\"]{name}[`\"]", PAGE)} == set()
