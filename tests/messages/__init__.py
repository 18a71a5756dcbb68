"""The catalogue of messages: its list, its translations and what they must hold."""
