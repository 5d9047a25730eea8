"""Which kintone user a user of the CRM is: plain values, made by `mapping.user_ties`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from common.types import ItemValue, UserRef


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTies:
    """E-mail address in the CRM, in small letters → login name in kintone."""

    by_hand: Mapping[str, str] = field(default_factory=dict)
    """What a person chose; "": nothing is sent for this user."""
    by_email: Mapping[str, str] = field(default_factory=dict)
    """Users of kintone who have that address; for those without a login name of their own."""

    def tied(self, value: ItemValue) -> ItemValue:
        """The users with their login names in kintone; without those for whom nothing is sent."""
        if isinstance(value, tuple):
            tied = (self._tied(one) for one in value if isinstance(one, UserRef))
            return tuple(one for one in tied if one is not None)
        return self._tied(value) if isinstance(value, UserRef) else value

    def _tied(self, user: UserRef) -> UserRef | None:
        email = user.email.casefold()
        if email in self.by_hand:
            code = self.by_hand[email]
            return replace(user, login=code) if code else None
        if not user.login and email in self.by_email:
            return replace(user, login=self.by_email[email])
        return user


#: Nobody is tied: users go by their own login names, else by their e-mail addresses.
AS_THEY_ARE = UserTies()
