"""Write the index of the failure modes, the tables of SECURITY.md and the man page."""

from tests.docs.failure_modes import INDEX, current_index
from tests.docs.man_page import MAN_PAGE, current_man_page
from tests.docs.security import PAGE, with_current_tables

if __name__ == "__main__":
    INDEX.parent.mkdir(parents=True, exist_ok=True)
    INDEX.write_text(current_index(), "utf-8")
    PAGE.write_text(with_current_tables(PAGE.read_text("utf-8")), "utf-8")
    MAN_PAGE.parent.mkdir(exist_ok=True)
    MAN_PAGE.write_text(current_man_page(), "utf-8")
