"""Compression of another proxy: what shows it, and what speaks against it."""

from dataclasses import replace

import pytest

from tests.rules.checks import confidence_of
from tests.rules.samples.build import make_case
from tests.rules.samples.outer_compression import CONF, compressed
from wizard.model.case import Case

PLAIN = CONF % ""
VIA = ("via", "1.1 Caddy")


def with_root(case: Case, *headers: tuple[str, str]) -> Case:
    assert case.root is not None
    return replace(case, root=replace(case.root, headers=(*case.root.headers, *headers)))


def without_config(case: Case) -> Case:
    return replace(case, target=replace(case.target, conf=None), resolution=None, predictions=())


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (compressed(PLAIN), "likely"),
        (with_root(compressed(PLAIN), VIA), "confirmed"),
        (replace(compressed(PLAIN), direct=()), "likely"),
        (compressed(CONF % "gzip on;"), "likely"),  # for text/html alone
        (compressed(CONF % "gzip on; gzip_types *;"), None),
        (compressed(CONF % "pagespeed on;"), "possible"),
        (without_config(compressed(PLAIN)), None),  # the root page names Nginx
        (make_case(proxy="live", proxy_gzip="silent", direct="live", conf=PLAIN), None),
        (make_case(proxy="live", proxy_gzip="held", direct="live", conf=PLAIN), None),
        (
            with_root(make_case(proxy="live", proxy_gzip="held", direct="live", conf=PLAIN), VIA),
            "possible",
        ),
        (make_case(proxy="held", direct="live", conf=PLAIN), None),
    ],
)
def test_how_sure_it_is(case: Case, expected: str | None) -> None:
    assert confidence_of("outer-compression", case) == expected
