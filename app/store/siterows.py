"""Tables with one row for each site, beside what its account lists of it."""

from app.models import SiteKey
from app.store.database import Database


def write_site_row(database: Database, table: str, key: SiteKey, values: dict[str, object]) -> None:
    """Sets these columns, in a new row if need be; nothing for a site that is not there (any more).

    Table and columns are names from the source, not values.
    """
    names = ", ".join(values)
    marks = ", ".join("?" * len(values))
    updates = ", ".join(f"{name} = excluded.{name}" for name in values)
    database.execute(
        f"INSERT INTO {table} (account_id, domain_name, {names})"
        f" SELECT account_id, domain_name, {marks} FROM sites"
        " WHERE account_id = ? AND domain_name = ?"
        f" ON CONFLICT (account_id, domain_name) DO UPDATE SET {updates}",
        (*values.values(), *key),
    )
