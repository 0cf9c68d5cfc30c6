"""From a snapshot to the PDF a client keeps: `view` puts it into words and figures, `render` typesets them.

Both are pure functions of the snapshot and the theme it names, so the same document gives the same bytes. Layout stands
in `templates/`, the typeface in `fonts/` (Source Sans, SIL Open Font License; the others come with typst). `looks` are
the shop's own, `store` keeps the bytes. Nothing here knows a table.
"""

from services.billing.documents.looks import PLAIN_LOOK, Look
from services.billing.documents.render import MEDIA_TYPE, ROLL, Job, is_archivable, missing_characters, render
from services.billing.documents.view import view

__all__ = ["MEDIA_TYPE", "PLAIN_LOOK", "ROLL", "Job", "Look", "is_archivable", "missing_characters", "render", "view"]
