"""Pages for people, one module per journey: load, permit, one call, answer."""
