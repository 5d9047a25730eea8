"""What PostgreSQL believes of tables that were filled a moment ago."""

from django.db import connection
from django.db.models import Model

#: A table so many times larger than when it was last looked at is looked at again.
GROWN: int = 2
#: Pages that are too few to matter.
FEW: int = 4

_OUTGROWN = """
SELECT relname FROM pg_class
WHERE relname = ANY(%s) AND relnamespace = current_schema()::regnamespace AND relkind = 'r'
AND pg_relation_size(oid) / current_setting('block_size')::int > %s + %s * relpages
"""


def look_at(*models: type[Model]) -> None:
    """Have the planner know these tables, where they have outgrown what it knew.

    Autovacuum does so within minutes; in those, joins of a table that is believed to be empty try
    each row with each. SQLite needs nothing: it looks rows up by indexes in any case.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(_OUTGROWN, [[model._meta.db_table for model in models], FEW, GROWN])
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
