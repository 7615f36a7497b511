"""Where work runs: in this process, or in processes beside it; later on other machines."""
