"""Commands for the console of an installation."""
