"""Whether Nginx would accept the config with the recommended change in it."""

from collections.abc import Sequence

from wizard.model.config import Config
from wizard.nginx.load import config_from_store
from wizard.nginx.refusal import find_refusal
from wizard.nginx.store import DumpStore
from wizard.recommend.block import Block
from wizard.recommend.patch import Edit, apply_edits
from wizard.text.errors import ConfigError


def refusal_of_change(config: Config, blocks: Sequence[Block]) -> str:
    """Why Nginx would refuse the config once the blocks stand in it, with the line it then has.

    Empty if it would accept it as far as is known, or if it refuses the config as it stands: then
    the change cannot be judged. Blocks without an edit are not checked.
    """
    edits = [edit for block in blocks for edit in block.edits]
    if not edits or find_refusal(config):
        return ""
    try:
        return str(find_refusal(_with_edits(config, edits)) or "")
    except ConfigError as error:
        return str(error)


def _with_edits(config: Config, edits: Sequence[Edit]) -> Config:
    """The config after the edits. Raises `ConfigError` if it can no longer be read."""
    texts = {
        file: apply_edits(text, [edit for edit in edits if edit.file == file])
        for file, text in config.texts.items()
    }
    # The main file comes first: includes are looked up from its folder.
    texts = {config.main: texts[config.main], **texts}
    return config_from_store(DumpStore(texts), config.main, texts[config.main])
