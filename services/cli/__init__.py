"""`comptoir`, the command line: it starts processes, and asks a running Comptoir over HTTP; it knows no database.

Conventions: data on stdout, everything else on stderr; `--json` on every read, a line an item; exit codes as
`errors.Exit` says; an error is one line why and one line what to do. `app` puts the commands together: one module for
each noun, the import of orders in `imports`, what the code says about itself in `flow`, `schemas`, `faults`.
"""


def main() -> None:
    """The console command `comptoir`."""
    from services.cli.app import run_command  # here, so that whoever needs one module loads no other

    run_command()
