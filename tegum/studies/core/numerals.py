"""How numbers are written for people: with no more digits than their interval supports."""

import math
from typing import TypeAlias

Interval: TypeAlias = tuple[float, float]

MOST = 4
"""significant digits, however narrow the interval"""

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def written(value: float, interval: Interval | None = None) -> str:
    """A number, and in brackets its interval where that is wider than the digits shown.

    Half the width is kept to one digit, to two where that begins with 1, 2 or 3 (the rule of the
    Particle Data Group), and the number to the same place: 0.83416 in [0.79, 0.87] is
    "0.83 [0.79, 0.87]". At most four digits; without an interval three. Very large and small
    numbers are written as 1.3 × 10⁻⁷.
    """
    low, high = interval if interval is not None else (value, value)
    every, half = (value, low, high), (high - low) / 2
    if not all(map(math.isfinite, every)):
        return f"{value:.3g}"
    if max(map(abs, every)) == 0:
        return "0"
    size = _size(max(map(abs, every)))
    if half > 0:
        own = _size(abs(value)) if value and abs(value) >= half else size
        places = min(_places(half), MOST - 1 - own)
    else:
        places = max(0, 2 - size)
    if -4 <= size <= 5:
        shown = [_plain(each, places, exact=bool(half <= 0)) for each in every]
    else:
        shown = [_power(each, size + max(0, places)) for each in every]
    return shown[0] if len(set(shown)) == 1 else f"{shown[0]} [{shown[1]}, {shown[2]}]"


def counted(share: float, what: str, interval: Interval | None = None) -> str:
    """A share of things in words: "all models", "no models", "94 % [90 %, 97 %] of models"."""
    low, high = interval if interval is not None else (share, share)
    if share in (0, 1) and low == high:
        return f"{'all' if share else 'no'} {what}"
    places = max(0, -_size((high - low) / 2) - 2) if high > low else 1
    # What is not all of them is not rounded to all.
    while places < 6 and share not in (0, 1) and float(f"{100 * share:.{places}f}") in (0, 100):
        places += 1
    shown = [
        f"{_plain(100 * each, places, exact=bool(low == high))} %" for each in (share, low, high)
    ]
    ends = f" [{shown[1]}, {shown[2]}]" if len(set(shown)) > 1 else ""
    return f"{shown[0]}{ends} of {what}"


def _size(value: float) -> int:
    """The power of ten of a positive number."""
    return math.floor(math.log10(value))


def _places(half: float) -> int:
    """Decimal places that half a width deserves."""
    size = _size(half)
    return -size + (1 if half < 3.55 * 10.0**size else 0)


def _plain(value: float, places: int, *, exact: bool = False) -> str:
    """Rounded; without an interval, zeros at the end say nothing and are left out."""
    text = f"{round(value, places):.{max(0, places)}f}"
    if exact and "." in text:
        text = text.rstrip("0").rstrip(".")
    text = "0" if float(text) == 0 else text
    return text.replace("-", "\N{MINUS SIGN}")


def _power(value: float, digits: int) -> str:
    """With a power of ten, to at most three digits after the point."""
    if value == 0:
        return "0"
    mantissa, _, power = f"{value:.{min(digits, 3)}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa} × 10{str(int(power)).translate(_RAISED)}".replace("-", "\N{MINUS SIGN}")
