"""Write a case file: a record as JSON without secrets, readable by its owner alone."""

import base64
import errno
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from wizard import __version__
from wizard.investigation.casefile.configs import CaseConfigs, take_out_configs
from wizard.investigation.casefile.decode import MAX_FILE_BYTES
from wizard.investigation.casefile.encode import Json, encode
from wizard.investigation.casefile.record import SCHEMA, CaseRecord
from wizard.investigation.casefile.redaction import Redactor
from wizard.investigation.casefile.validate import urls_of
from wizard.model.case import Case
from wizard.text.messages import tr
from wizard.text.urls import split_url


def write(path: str | Path, record: CaseRecord) -> None:
    """Replace the case file atomically. Raises `OSError`, also if the path is no regular file."""
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, tr("not a regular file"))
    write_private(target, dump(record))


def write_private(path: Path, text: str) -> None:
    """Replace any file atomically, with mode 0600. Raises `OSError`."""
    # A random name: several processes may write at the same time.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def dump(record: CaseRecord) -> str:
    """The text of a case file: JSON in ASCII, without secrets.

    Raises `OSError` (EFBIG) if it would be larger than a case file that is read.
    """
    case, configs = take_out_configs(record.case)
    saved = record.saved or time.time()
    stamped = replace(record, case=case, saved=saved, tool=__version__, notes=())
    document = {
        "schema": SCHEMA,
        **encode(stamped, CaseRecord),
        **encode(configs, CaseConfigs),
    }
    redacted = Redactor(json.dumps(document)).redact(document, _public_words(record.case))
    _encode_body(redacted["case"]["target"])
    text = json.dumps(redacted, indent=1, allow_nan=False) + "\n"
    if len(text) > MAX_FILE_BYTES:
        raise OSError(
            errno.EFBIG,
            tr("a case file has at most {max_file_bytes} MiB", max_file_bytes=MAX_FILE_BYTES >> 20),
        )
    return text


def _encode_body(target: dict[str, Json]) -> None:
    """Encode the body, of which the redactor has left a pseudonym, as JSON holds bytes."""
    if body := target.get("body"):
        target["body"] = base64.b64encode(body.encode("latin-1")).decode()


def _public_words(case: Case) -> frozenset[str]:
    """Hosts with paths, file names and vantage names of the target: no secrets."""
    target = case.target
    sources = (*target.logs, *filter(None, [target.conf]))
    files = (source.locator for source in sources if not source.command)
    urls = (f"{url.hostname}{url.path}" for url in map(split_url, urls_of(target)))
    return frozenset((*urls, *files, *(vantage.name for vantage in target.vantages)))
