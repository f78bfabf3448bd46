"""Keys of values: what a run or a task is stored under."""

import hashlib
import json
from typing import Any


def key_of(value: Any) -> str:
    """The first 12 hex digits of the sha256 of a value's canonical JSON.

    Canonical: sorted keys, no spaces, no NaN.
    """
    canonical = json.dumps(
        value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
