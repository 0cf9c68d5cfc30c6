"""Orders in files: those of other shop systems, taken over row by row, and our own lists, written out.

Reading: `reading` (`sheets` for workbooks) makes records of a file or says why it cannot; `mapping` says which column
means what (`loading` has it from a file, `formats/` are the ones that come along); `deciding` takes, skips, credits or
rejects each row, with the numbers of `amounts`; `staging` keeps the decisions on disk, so that memory stays flat and
rows of an order need not be neighbours; `taking` does all this. `documents` turns what was taken into the API's orders
(`countries` by name or code).
Writing: `columns` says what a row of an export holds, `writing` makes CSV and XLSX of it. `guarding` keeps spreadsheets
from running cells as formulas, both ways.

The command line and the imports of the API share all of it. It knows no database of ours: `commands` place the orders.
"""
