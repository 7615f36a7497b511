"""What leaves the studio: bundles that run alone, and rows for training."""
