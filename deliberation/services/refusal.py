"""What every refusal of a service has in common."""

from deliberation.permissions import Obstacle


class Refused(Exception):
    """Nothing was changed. The message is fit to show to the person; `code` is for programs."""

    def __init__(self, message: str, *, code: str = "refused") -> None:
        super().__init__(message)
        self.code = code


class NotPermitted(Refused):
    """The person may not do this now."""


def refuse_if(obstacle: Obstacle | None) -> None:
    """Turn what stands in somebody's way into a refusal.

    Raises:
        NotPermitted: something does stand in the way.

    """
    if obstacle is not None:
        raise NotPermitted(obstacle.message, code=obstacle.code)
