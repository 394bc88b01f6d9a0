"""Tags and filters of the deliberation pages."""
