"""Where the index says that each study is: found alone, without the seconds that importing all takes."""

import subprocess
import sys

from tegum.studies import index
from tegum.studies.catalogue import CATALOGUE


def test_each_study_of_the_catalogue_is_where_the_index_says():
    """Written anew by `python -m tegum.studies.index`."""
    assert all(index.study_named(study.name) is study for study in CATALOGUE)


def test_a_name_that_the_catalogue_has_not_is_not_found():
    assert index.study_named("no-such-study") is None


def test_finding_a_study_imports_no_other():
    look = "\n".join(
        [
            "import sys",
            "from tegum.runner.finding import find_study, group_names",
            "assert 'attention-head' in group_names()",
            "assert find_study('head-one-pair').name == 'head-one-pair'",
            "print(*(name for name in sys.modules if name.endswith('.study')))",
        ]
    )
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["tegum.studies.core.study"]
