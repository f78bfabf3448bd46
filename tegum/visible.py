"""Text of someone else's, such as names and notes in a store, made fit for a terminal.

A terminal obeys control characters: they move the cursor, recolour, hide or reverse what is said.
"""

import json
import unicodedata
from typing import Any

# Controls (C0, C1, DEL), format characters (bidirectional ones among them), lone surrogates (bytes
# of a file name that are no text), and the two separators that end a line.
_UNFIT = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: object) -> str:
    r"""The text with every character that a terminal could obey written out, such as \x1b."""
    return "".join(map(_shown, str(text)))


def visible_json(value: Any) -> str:
    """Indented JSON of a value, such characters as JSON's own escapes: parsed, it is the same value."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    # They stand in strings only, but for the newlines between lines.
    return "".join(c if c == "\n" or not _is_unfit(c) else json.dumps(c)[1:-1] for c in text)


def _shown(character: str) -> str:
    return character.encode("unicode_escape").decode() if _is_unfit(character) else character


def _is_unfit(character: str) -> bool:
    return unicodedata.category(character) in _UNFIT
