"""Run the tests that take `nginx` on each installed Nginx; fail skipped tests in CI."""

import gc
import os
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests.tools import fail_skip
from wizard.lab.nginx_process import binaries, version
from wizard.text.marks import MARKS

HTTP_1_1_DEFAULT_SINCE = (1, 29, 7)
"""The first version in which HTTP/1.1 is the default towards the upstream."""
REQUIRED = "SSEWIZARD_REQUIRE_BOTH_NGINX"


os.environ["SSEWIZARD_STRICT"] = "1"
# A busy machine is no failure: an example may take as long as it needs.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


@pytest.fixture(autouse=True)
def forget_secrets() -> None:
    """Give each test marks from 1 on."""
    MARKS.clear()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect tests without looking for garbage: thousands of them stay until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def parse_version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


INSTALLED = {version(binary): binary for binary in binaries()}


def pytest_configure(config: pytest.Config) -> None:
    """Fail in CI unless there is an Nginx before that version and one from it on."""
    has_newer = {parse_version(text) >= HTTP_1_1_DEFAULT_SINCE for text in INSTALLED}
    if os.environ.get(REQUIRED) and has_newer != {True, False}:
        installed = ", ".join(INSTALLED) or "none"
        raise pytest.UsageError(
            f"{REQUIRED} needs an Nginx before 1.29.7 and one from it on; installed: {installed}"
        )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped test where every tool is required, as in CI."""
    report = yield
    fail_skip(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that is skipped as a whole where every tool is required."""
    report = yield
    fail_skip(report)
    return report


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `nginx` once on each installed Nginx."""
    if "nginx" in metafunc.fixturenames:
        ids = [f"nginx-{text}" for text in INSTALLED]
        metafunc.parametrize("nginx", list(INSTALLED.values()), ids=ids)
