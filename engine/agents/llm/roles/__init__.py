"""The roles of the paper, one module each: what is asked, in which form, and what the answer becomes."""
