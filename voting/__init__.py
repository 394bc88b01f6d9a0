"""Elections, trustees, credentials, the ballot box, tallies."""
