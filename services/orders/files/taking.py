"""A file taken in: every row decided and staged, for whoever brings the orders where they belong."""

from pathlib import Path
from zoneinfo import ZoneInfo

from services.orders.files.deciding import decide
from services.orders.files.mapping import Mapping
from services.orders.files.reading import Layout, Progress, read_records
from services.orders.files.staging import Staging


def take(
    path: Path, mapping: Mapping, zone: ZoneInfo, staging: Staging, progress: Progress = lambda count: None
) -> None:
    """Decide every row; moments without a zone are in `zone`. Raises `UnreadableFileError`."""
    records = read_records(path, Layout.of(mapping), progress)
    staging.add((decide(record, mapping, zone), record.cells) for record in records)
    staging.close_reading(whole_orders=mapping.whole_orders)
