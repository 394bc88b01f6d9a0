"""The tables of accounts, one module per noun."""

from accounts.models.organisation import Organisation
from accounts.models.role import Role
from accounts.models.roll import Roll, RollEntry, RollUpload
from accounts.models.user import User

__all__ = ["Organisation", "Role", "Roll", "RollEntry", "RollUpload", "User"]
