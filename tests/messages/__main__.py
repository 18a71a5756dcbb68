"""Write the list of messages, and bring the translations up to it. `make messages` runs this."""

from tests.messages.catalogue import LIST, current_list, mo_bytes, mo_file, po_file, po_text
from tests.messages.catalogue import updated as updated_catalog
from wizard.text.messages import LANGUAGES

if __name__ == "__main__":
    LIST.write_bytes(po_text(current_list()))
    for language in LANGUAGES[1:]:
        catalog = updated_catalog(language)
        po_file(language).parent.mkdir(parents=True, exist_ok=True)
        po_file(language).write_bytes(po_text(catalog))
        mo_file(language).write_bytes(mo_bytes(catalog))
        missing = [message.id for message in catalog if message.id and not message.string]
        print(f"{language}: {len(catalog)} messages, {len(missing)} without a translation")  # noqa: T201
