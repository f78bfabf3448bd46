"""The store: runs on disk, and what was measured for them. A file is there whole, or it is not.

    <root>/<study>-<key>/        config.toml, result.nc, claims.json, figures/, manifest.json
    <root>/tasks/<measurement>/  <key>.nc and <key>.json beside it, one pair a finished task

Runs refer to tasks, several to the same one; each run keeps its combined result and is readable
alone. The store knows nothing of studies; it keeps what it is given.

A store may come from someone else. So what is read is a plain file inside its folder, of a name
that such a folder has (`files.Folder`); whatever a store names beside that is damage, and not
touched.
"""

from tegum.store.files import digest, replacing
from tegum.store.manifest import Manifest, Said, TaskRecord
from tegum.store.runs import FIGURE_NAME, RunFolder
from tegum.store.tasks import TaskFolder
from tegum.store.whole import TASKS, Store

__all__ = [
    "FIGURE_NAME",
    "TASKS",
    "Manifest",
    "RunFolder",
    "Said",
    "Store",
    "TaskFolder",
    "TaskRecord",
    "digest",
    "replacing",
]
