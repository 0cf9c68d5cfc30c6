"""From a snapshot to the PDF a client keeps: `view` puts it into words and figures, `render` typesets them.

Both are pure functions of the snapshot, so the same document gives the same bytes. Layout stands in `templates/`, the
typeface in `fonts/` (Source Sans, SIL Open Font License; the serif comes with typst). Nothing here knows a table.
"""

from services.billing.documents.render import MEDIA_TYPE, render
from services.billing.documents.view import view

__all__ = ["MEDIA_TYPE", "render", "view"]
