"""What a command says when it cannot do its work: one line why, one line what to do, and an exit code scripts know."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of `comptoir`."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    """Done but for a part, which was listed or written to a file."""
    UNREACHABLE = 4
    INTERRUPTED = 130


class CliError(Exception):
    """The command ends: `cause` and `remedy` are one line each."""

    def __init__(self, cause: str, remedy: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy
        self.code = code
