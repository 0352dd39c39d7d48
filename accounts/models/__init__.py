"""Who someone is and what proves it: users, the refresh tokens of their devices, and single-use tickets."""

from accounts.models.credentials import RefreshFamily, Ticket
from accounts.models.quota import QuotaReached
from accounts.models.role import Role
from accounts.models.user import User

__all__ = ["QuotaReached", "RefreshFamily", "Role", "Ticket", "User"]
