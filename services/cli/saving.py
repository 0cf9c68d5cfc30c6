"""Write a file that comes piece by piece: whole, or not at all."""

import sys
from collections.abc import Iterable
from pathlib import Path

from services.cli.errors import CliError, Exit
from services.cli.output import note


def save(path: Path, pieces: Iterable[bytes], what: str = "") -> None:
    """Write the pieces to a file, or to stdout for `-`; one that breaks off leaves the file that was there.

    It is told with `what` is in it, or else its size.
    """
    if str(path) == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.flush()
        return
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("wb") as file:
            size = sum(file.write(piece) for piece in pieces)
        beside.replace(path)
    except OSError as error:
        raise CliError(f"{path}: {error.strerror}.", "Name another file.", Exit.USAGE) from None
    finally:
        beside.unlink(missing_ok=True)
    note(f"Wrote {path} ({what or f'{size} bytes'})")
