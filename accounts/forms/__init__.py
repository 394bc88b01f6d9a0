"""The shape of what people type: at the door, in their own pages, in those of an organisation."""
