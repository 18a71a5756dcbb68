"""Write the reference pages, and remove those of failure modes that are no more."""

from tests.docs.made import PLACE, made

if __name__ == "__main__":
    PLACE.mkdir(parents=True, exist_ok=True)
    texts = made()
    for gone in {path.name for path in PLACE.iterdir()} - set(texts):
        (PLACE / gone).unlink()
    for name, text in texts.items():
        (PLACE / name).write_text(text, "utf-8")
