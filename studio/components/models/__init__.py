"""Language models: who plays which role, what was asked and answered, and what it cost."""
