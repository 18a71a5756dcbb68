"""The wizard in the terminal. Only this package knows Textual."""
