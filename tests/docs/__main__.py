"""Write the index of the failure modes."""

from tests.docs.failure_modes import INDEX, current_index

if __name__ == "__main__":
    INDEX.parent.mkdir(parents=True, exist_ok=True)
    INDEX.write_text(current_index(), "utf-8")
