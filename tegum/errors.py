"""The errors a user can mend: one line that names the argument, what came, what is expected and the way out."""

import difflib
from collections.abc import Iterable


class BadInputError(ValueError):
    """Something the caller gave cannot be used; the message is one line, fit to print as it is."""


class StoreError(OSError):
    """The folder of runs cannot be read or written; the message is one line, fit to print as it is."""


def bad_input(argument: str, came: object, expected: str, way_out: str = "") -> BadInputError:
    """The error for one argument, worded the same everywhere.

    Args:
        argument: the argument's name, as the caller wrote it.
        came: the value that came; long ones are cut.
        expected: what would have been accepted, to follow the word "expected".
        way_out: what to do next, where that is not plain from `expected`.
    """
    shown = " ".join(repr(came).split())
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
    return BadInputError(
        f"{argument}: got {shown}, expected {expected}" + (f"; {way_out}" if way_out else "")
    )


def unknown_name(kind: str, came: str, known: Iterable[str]) -> BadInputError:
    """The error for a name that is not in a list, with the nearest names that are."""
    known = sorted(known)
    near = difflib.get_close_matches(came, known, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
    return BadInputError(f"unknown {kind} {came!r}; {hint}")
