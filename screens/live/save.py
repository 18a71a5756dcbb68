"""Saves events to a file: a line of JSON for each, without secrets."""

import json
from collections.abc import Iterable
from pathlib import Path

from screens.live.buffer import Entry, Mark
from screens.live.event_page import redacted
from wizard.text.display import safe


def write_events(path: Path, entries: Iterable[Entry]) -> None:
    """Write the events over what is in the file. Takes a millisecond for each: call it in a thread.

    Raises:
        OSError: The file cannot be written.
    """
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{_json_line(entry)}\n" for entry in entries)


def _json_line(entry: Entry) -> str:
    at = round(entry.at, 6)
    if isinstance(entry.item, Mark):
        return json.dumps({"side": entry.side, "at": at, "note": entry.item.text})
    id_ = safe(getattr(entry.item, "id", ""))
    fields = {"side": entry.side, "at": at, "type": safe(entry.type), "id": id_}
    return json.dumps({**fields, "data": redacted(entry)})
