"""People, organisations, roles and rolls."""
