"""Which leads a member sees: everyone's, those opened to the member, the member's own.

Whom a lead of 公開範囲 「グループ」 is open to depends on the access mode, one for all leads:

- 権限グループモード: members who are in one of the lead's groups.
- 部署権限モード: members of its owner's section (所属部署) or of one above it. Its groups say
  nothing then, and without an owner in a section nobody sees it.
"""

from django.db.models import Exists, OuterRef, Q

from crm import access
from crm.models import AccessMode, Lead, Member
from crm.sections import at_or_below


def visible_to(member_id: int, *, mode: AccessMode | None = None) -> Q:
    """The condition on leads that the member sees; no join, so no lead comes twice.

    The owner always sees a lead. A member that is not there sees what is everyone's.

    Args:
        mode: The access mode to judge by; None: the one in force.
    """
    opened = Q(visibility=Lead.Visibility.GROUPS) & _opened_to(member_id, mode or access.mode())
    return Q(visibility=Lead.Visibility.EVERYONE) | Q(owner_id=member_id) | opened


def _opened_to(member_id: int, mode: AccessMode) -> Q:
    if mode is AccessMode.GROUPS:
        groups = Lead.groups.through.objects
        return Q(Exists(groups.filter(lead_id=OuterRef("pk"), group__members__id=member_id)))
    section = Member.objects.filter(pk=member_id).values_list("section", flat=True).first()
    return Q(owner__in=Member.objects.filter(at_or_below(section or "")).values("pk"))
