"""Phase 2 (paper, section 4.2): chains, initial states with distractors, instructions, audits."""
