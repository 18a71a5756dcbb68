"""The event stream decoder as the standard words it: slow, and of the whole stream at once.

WHATWG HTML, section 9.2.6, "Interpreting an event stream". Comments are kept, which the standard
drops.
"""

import re

Item = tuple[str, str, str] | str
"""An event (its type, data and last id), or the text of a comment."""


def decode_stream(data: bytes) -> list[Item]:
    """The items of a stream that has ended with these bytes."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = re.split("\r\n|\n|\r", text)[:-1]  # what is left at the end is discarded
    items: list[Item] = []
    event_type = data_buffer = last_id = ""
    for line in lines:
        name, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if data_buffer:
                items.append((event_type or "message", data_buffer.removesuffix("\n"), last_id))
            event_type = data_buffer = ""
        elif colon and not name:
            items.append(value)
        elif name == "event":
            event_type = value
        elif name == "data":
            data_buffer += value + "\n"
        elif name == "id" and "\0" not in value:
            last_id = value
    return items
