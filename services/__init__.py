"""The four services of the suite and the two places that know them all: `__main__` (processes) and `cli` (operators).

Each service is told in the docstring of its own package: what it owns, publishes and hears. Services never import or
call one another; they meet in `shared.contracts`.
"""

import gc

# Before anything else is imported: Python's own threshold of 700 costs a tenth of the CPU (docs/decisions/0007).
gc.set_threshold(20_000)
