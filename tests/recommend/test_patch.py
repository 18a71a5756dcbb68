"""Where the diff is applied, and what it may hold."""

from pathlib import Path

import pytest

from tests.recommend.sites import case, diagnosis, site
from wizard.nginx.tree import Config
from wizard.recommend import recommend
from wizard.recommend.patch import home, unified


def test_a_dump_names_files_from_the_main_config_s_directory() -> None:
    dump = Config("/etc/nginx/nginx.conf", ())
    place = home(dump, "/etc/nginx/conf.d/a.conf")
    assert (place.directory, place.name) == ("/etc/nginx", "conf.d/a.conf")


def test_a_file_elsewhere_is_patched_in_its_own_directory() -> None:
    dump = Config("/etc/nginx/nginx.conf", ())
    place = home(dump, "/srv/app/nginx/site.conf")
    assert (place.directory, place.name) == ("/srv/app/nginx", "site.conf")


def test_a_link_is_followed_since_patch_refuses_it(tmp_path: Path) -> None:
    (tmp_path / "sites-available").mkdir()
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "sites-available" / "a").write_text("")
    (tmp_path / "sites-enabled" / "a").symlink_to("../sites-available/a")
    names = {name: str(tmp_path / name) for name in ("nginx.conf", "sites-enabled/a")}
    place = home(Config("nginx.conf", (), paths=names), "sites-enabled/a")
    assert (place.directory, place.name) == (str(tmp_path.resolve()), "sites-available/a")


@pytest.mark.parametrize("odd", ["\ufffd", "\x1b[2J", "\u202e", "a\rb"])
def test_what_could_move_a_cursor_or_was_no_text_is_no_context(odd: str) -> None:
    diff = unified("a", f"x\n{odd}\nb\n", f"x\n{odd}\nb\nc\n")
    assert diff == "--- a\n+++ a\n@@ -3 +3,2 @@\n b\n+c\n"
    assert unified("a", "x\n", f"x\n{odd}\n") is None


def test_odd_separators_do_not_end_a_line() -> None:
    diff = unified("a", "x\x0cy\u2028z\nb\n", "x\x0cy\u2028z\nb\nc\n")
    assert diff == "--- a\n+++ a\n@@ -2 +2,2 @@\n b\n+c\n"


def test_a_shared_file_and_a_dump_of_links_are_said() -> None:
    files = {"sites-enabled/a": "server { location / { proxy_pass http://b; } }"}
    known = site("include sites-enabled/a;\ninclude sites-enabled/a;", files=files)
    made = recommend(case(known), diagnosis("proxy-buffering-hold"))
    assert made
    said = " ".join(made.adapt)
    assert "--follow-symlinks" in said
    assert "included 2 times" in said
