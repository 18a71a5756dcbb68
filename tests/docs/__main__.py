"""Write the index of the failure modes, and the tables of SECURITY.md."""

from tests.docs.failure_modes import INDEX, current_index
from tests.docs.security import PAGE, with_current_tables

if __name__ == "__main__":
    INDEX.parent.mkdir(parents=True, exist_ok=True)
    INDEX.write_text(current_index(), "utf-8")
    PAGE.write_text(with_current_tables(PAGE.read_text("utf-8")), "utf-8")
