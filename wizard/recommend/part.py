"""One part of a recommendation: blocks, what they do, what its reader must know."""

from dataclasses import dataclass

from wizard.recommend.draft import Draft
from wizard.recommend.placing import Placed


@dataclass(frozen=True, slots=True)
class Part:
    """What one cause asks for.

    Attributes:
        summary: What it does, as a part of a sentence; empty where nothing is to be written.
        placed: Blocks with their edits.
        sketches: Blocks that cannot be placed without their reader.
        notes: What the reader must know or do, one sentence each.
    """

    summary: str = ""
    placed: tuple[Placed, ...] = ()
    sketches: tuple[Draft, ...] = ()
    notes: tuple[str, ...] = ()
