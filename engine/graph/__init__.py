"""The tool dependency graph (paper, section 4.1, step 6): inferred from contracts, proven by execution, analysed."""
