"""Pages: one's own account, organisations and their offices, rolls."""
