"""What the commands raise when they cannot go on."""

from evote.errors import EvoteError


class CommandFailed(EvoteError):
    """The command cannot do what was asked. The message names the file and says what to do."""
