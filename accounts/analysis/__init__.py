"""Values in, values out: no Django, no database."""
