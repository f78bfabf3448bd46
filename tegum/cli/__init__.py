"""The command line: parse, make one public call, print. Nothing is decided here.

Results go to stdout; progress and complaints go to stderr. Exit codes: 0 every expected claim
holds, 1 one fails or tasks did, 2 bad input (one line), 130 interrupted (the same command resumes).
Heavy imports wait until a command needs them.
"""

import sys
from collections.abc import Sequence
from importlib.metadata import version

from tegum.cli.arguments import Command, RunHelp, parsed
from tegum.cli.commands import COMMANDS, run
from tegum.errors import BadInputError, StoreError
from tegum.visible import visible

INTERRUPTED = "interrupted; finished tasks are kept, and the same command goes on from them"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if arguments == ["--version"]:
            print(f"tegum {version('tegum')}")
            return 0
        first, *rest = arguments or ["--help"]
        if first == "run" and rest and not rest[0].startswith("-"):
            return run(rest)
        if first == "run" and any(not argument.startswith("-") for argument in rest):
            wanted = "the name of a study or group before its options, such as"
            example = "`tegum run head-one-pair --preset quick`"
            raise BadInputError(f"run: got {rest[0]} first, expected {wanted} {example}")
        command = parsed(Command, [first, *rest], "tegum")
        if isinstance(command, RunHelp):
            raise BadInputError("run: no study named, expected `tegum run STUDY`; see `tegum list`")
        return COMMANDS[type(command)](command)
    except (BadInputError, StoreError) as error:
        print(f"tegum: {visible(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"tegum: {INTERRUPTED}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        return 0


def entry_point() -> None:
    """What the installed command `tegum` calls."""
    sys.exit(main())
