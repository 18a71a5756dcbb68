"""What the user has allowed cases to do, kept in the state folder.

A case file says nothing about that, so a forged one cannot: here stand digests, each of one use by
one case on one machine. A changed command has another digest.
"""

import contextlib
import hashlib
import json
import platform
from collections.abc import Iterable

from screens.state_folder import existing_folder, write_private
from wizard.investigation.investigation import Investigation
from wizard.investigation.saved import SavedInvestigation
from wizard.investigation.uses import Use, uses_of
from wizard.text.files import read_regular
from wizard.text.redaction import redact

FILE = "allowed.txt"
MAX_DIGESTS = 2000
"""How many are kept; the oldest are dropped, and asked about again."""
_LINE_BYTES = 65


def allowed_uses(run: str, uses: Iterable[Use]) -> frozenset[Use]:
    """Return those of the uses that were allowed for the case of this run."""
    known = set(_read())
    return frozenset(use for use in uses if run and _digest(run, use) in known)


def record_uses(run: str, uses: Iterable[Use]) -> None:
    """Add uses of the case of this run. Raises `OSError`.

    A use with a secret is left out: case files hold no secrets, so it would not be found again.
    """
    kept, known = sorted(_digests(run, uses)), _read()
    if not run or set(kept) <= set(known):
        return
    lines = [*(line for line in known if line not in kept), *kept][-MAX_DIGESTS:]
    write_private(FILE, "".join(f"{line}\n" for line in lines))


def own_uses(investigation: Investigation) -> frozenset[Use]:
    """Return what the user has allowed an investigation: all of it, unless a file began it."""
    if isinstance(investigation, SavedInvestigation):
        return investigation.allowed
    return frozenset(uses_of(investigation.target))


def keep_allowances(run: str, uses: Iterable[Use]) -> None:
    """Store what the user has allowed a case; what cannot be stored is asked again later."""
    with contextlib.suppress(OSError):
        record_uses(run, uses)


def _digests(run: str, uses: Iterable[Use]) -> set[str]:
    return {_digest(run, use) for use in uses if redact(use.text) == use.text}


def _read() -> list[str]:
    """Return the digests, oldest first; none if the folder or the file cannot be used."""
    with contextlib.suppress(OSError):
        if (folder := existing_folder()) is not None:
            data = read_regular(folder / FILE, MAX_DIGESTS * _LINE_BYTES)
            return data.decode("ascii", "replace").split()
    return []


def _digest(run: str, use: Use) -> str:
    # Home folders are shared between machines: `nginx -T` there is another program.
    fields = [platform.node(), run, use.verb, use.text, use.prefix]
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()
