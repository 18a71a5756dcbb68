"""The HTML report in a real browser, in both themes; skipped where no Chromium is installed."""

import subprocess
from pathlib import Path

import pytest

from tests.browser import BROWSER, OPTIONS
from tests.report.results import fault
from tests.report.test_html import fixed_page
from wizard.report.html import html_report

pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium is installed")


def run_browser(tmp_path: Path, html: str, *options: str) -> str:
    """Open the page and return what the browser prints."""
    page = tmp_path / "report.html"
    page.write_text(html, encoding="utf-8")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = (BROWSER, *OPTIONS, profile, "--window-size=1000,1400", *options, page.as_uri())
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


# A page that needs a script to measure itself: the report has none and allows none.
MEASURE = """<script>
addEventListener("load", () => {
  const box = document.querySelector("svg").getBoundingClientRect();
  const bars = document.querySelectorAll("svg rect.wait").length;
  const overflow = document.documentElement.scrollWidth - innerWidth;
  const ground = getComputedStyle(document.body).backgroundColor;
  document.title = JSON.stringify([box.width > 500, bars > 1, overflow <= 0, ground]);
});</script></head>"""


def measured(tmp_path: Path, html: str, *options: str) -> str:
    """The title that the measuring script sets."""
    start, _, rest = html.partition('<meta http-equiv="Content-Security-Policy"')
    open_page = start + rest.partition("\n")[2]
    dom = run_browser(tmp_path, open_page.replace("</head>", MEASURE, 1), "--dump-dom", *options)
    return dom.partition("<title>")[2].partition("</title>")[0]


def test_the_drawing_is_shown_and_nothing_overflows(tmp_path: Path) -> None:
    assert measured(tmp_path, fixed_page()) == '[true,true,true,"rgb(255, 255, 255)"]'


def test_the_browser_draws_the_page_as_it_is(tmp_path: Path) -> None:
    """With its own policy, which allows no script and no request."""
    shot = tmp_path / "report.png"
    run_browser(tmp_path, html_report(fault()), f"--screenshot={shot}")
    assert shot.read_bytes().startswith(b"\x89PNG")
