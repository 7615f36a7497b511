"""What roles answer, checked for form: the same for the composer and for language models."""
