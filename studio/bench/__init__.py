"""`scaleenv bench studio`: drives the real pages in a real browser and measures what a person waits for."""
