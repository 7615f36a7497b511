"""Everything that a page reads, as typed values: one module for each page. Pages hold no SQL and no domain logic."""
