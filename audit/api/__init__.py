"""The REST interface of audit: reading the log, and registering documents."""
