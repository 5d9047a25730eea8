"""Which leads a member sees: everyone's, those of the member's groups, the member's own."""

from django.db.models import Exists, OuterRef, Q

from crm.models import Lead


def visible_to(member_id: int) -> Q:
    """The condition on leads that the member sees; no join, so no lead comes twice.

    The owner always sees a lead. A member that is not there sees what is everyone's.
    """
    shared = Lead.groups.through.objects.filter(
        lead_id=OuterRef("pk"), group__members__id=member_id
    )
    return (
        Q(visibility=Lead.Visibility.EVERYONE)
        | Q(owner_id=member_id)
        | (Q(visibility=Lead.Visibility.GROUPS) & Q(Exists(shared)))
    )
