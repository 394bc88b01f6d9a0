"""What the commands raise when they cannot go on."""

from evote.errors import EvoteError


class CommandFailed(EvoteError):
    """The command cannot do what was asked. The message names the file and says what to do."""


class NotThere(CommandFailed):
    """There is no such file, or the server has nothing at this address."""
