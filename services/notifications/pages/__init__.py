"""Pages that notifications itself serves to operators: `push`."""
