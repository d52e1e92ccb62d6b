"""${message}."""

from alembic import op

revision = "${up_revision}"
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to the record; never rewrite a row."""
    ${upgrades if upgrades else "op.execute('')"}
