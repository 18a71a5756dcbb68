"""Step 7: what to paste where, with a reason for every line."""

from rich.text import Text

from screens.panes.view import View
from screens.widgets.style import DIM, HEAD, line, wrapped
from wizard.model.diagnosis import Recommendation
from wizard.report.text import patch_command
from wizard.text.display import safe, visible


def draw(view: View) -> list[Text]:
    """The block with its reasons, how to apply it, what was left out."""
    made = view.recommendation
    if made is None:
        return []
    where = f"at {safe(made.insert_at)}" if made.insert_at else "to adapt"
    rows = [*wrapped(f"Paste {where}", view.width, HEAD), Text()]
    rows += _block(made)
    rows += [Text(), *_reasons(made, view.width)]
    rows += _listed("To adapt", made.adapt, view.width)
    rows += _diff(made, view.width)
    return rows + _listed(
        "Left out on purpose", [f"{a}  {why}" for a, why in made.omitted], view.width
    )


def _block(made: Recommendation) -> list[Text]:
    """The block without the indentation that all its lines share."""
    texts = [entry.text.expandtabs(4) for entry in made.lines]
    shared = min((len(t) - len(t.lstrip()) for t in texts if t.strip()), default=0)
    return [
        line(
            ("  " if entry.kept else "+ ", "green"),
            (visible(text[shared:]), "" if entry.kept else "bold green"),
        )
        for entry, text in zip(made.lines, texts, strict=True)
    ]


def _reasons(made: Recommendation, width: int) -> list[Text]:
    rows = [line(("Why", HEAD))]
    for entry in made.lines:
        if not entry.kept and entry.text.strip() not in ("", "}"):
            rows += wrapped(f"{safe(entry.text.strip(), 80)}", width, "green", "  ")
            rows += wrapped(entry.reason, width, "", "    ")
    kept = [entry for entry in made.lines if entry.kept and entry.text.strip() not in ("", "}")]
    return rows + wrapped(f"{len(kept)} lines are kept as they are today.", width, DIM, "  ")


def _diff(made: Recommendation, width: int) -> list[Text]:
    if made.diff is None:
        return []
    rows = [Text(), line(("As a diff", HEAD), ("  s saves it", DIM))]
    rows += wrapped(patch_command(made), width, "", "  ")
    rows += [*wrapped("nginx -t && nginx -s reload", width, "", "  "), Text()]
    return rows + [_diff_line(visible(text.expandtabs(4))) for text in made.diff.splitlines()]


def _diff_line(text: str) -> Text:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    return line((text, styles.get(text[:1], "")))


def _listed(title: str, texts: "list[str] | tuple[str, ...]", width: int) -> list[Text]:
    if not texts:
        return []
    rows = [Text(), line((title, HEAD))]
    for text in texts:
        rows += wrapped(f"- {safe(text)}", width, "", "  ")
    return rows
