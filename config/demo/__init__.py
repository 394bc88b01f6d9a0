"""`make demo`: the whole installation on one machine, as child processes of one supervisor.

`python -m config.demo` supervises; it knows no Django. `manage.py demo`, which it runs once the
site is up, fills the installation through the services and the public interface.
"""
