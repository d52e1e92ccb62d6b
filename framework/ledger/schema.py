"""The tables of the record, as SQLAlchemy knows them. The migrations make them; a test compares the two.

Each table ends with the columns of its chain, which the server sets. Streams are table and strategy; for bars,
table, source and symbol. docs/record.md describes the canonical form.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Enum,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem

from framework.ledger.columns import Benchmark, Exact, ExactSeries, Json, Session

METADATA = MetaData(schema="public")

CHAIN = ("stream", "sequence", "recorded_at", "payload_hash", "previous_hash", "row_hash")
"""The columns that the server sets."""

PUBLIC = {
    "bar_blocks": (
        *("source", "symbol", "fields", "bars", "first_session", "last_session"),
        *("known_from", "known_at", "backfilled", "content_hash"),
    ),
    "feature_blocks": (
        *("feature", "symbol", "source", "licence", "points"),
        *("known_from", "known_at", "backfilled", "content_hash"),
    ),
    "notebooks": ("content_hash", "strategy", "name", "kind", "run_id", "size_bytes"),
}
"""The columns of a table that `row_hash` covers itself; all others are payload, which a dump may withhold."""

guard_reach = Enum("full", "partial", name="guard_reach", metadata=METADATA)
book_mode = Enum("paper", "live", name="book_mode", metadata=METADATA)
run_mode = Enum("research", "paper", "live", name="run_mode", metadata=METADATA)
run_ends = ("finished", "failed", "abandoned", "refused")
run_event = Enum("started", "recorded", *run_ends, name="run_event", metadata=METADATA)
order_event = Enum(
    *("intent", "sent", "acknowledged", "partially_filled", "filled"),
    *("rejected", "cancelled", "expired", "unknown"),
    name="order_event",
    metadata=METADATA,
)
trial_outcome = Enum("finished", "crashed", name="trial_outcome", metadata=METADATA)
notebook_kind = Enum("research", "nightly", name="notebook_kind", metadata=METADATA)
suspension_action = Enum("suspend", "resume", name="suspension_action", metadata=METADATA)
revision_kind = Enum("split", "dividend", "scaled", "corrected", name="revision_kind", metadata=METADATA)
moment = DateTime(timezone=True)


def needed[T](name: str, kind: T, *rest: SchemaItem) -> Column[T]:
    """Declare a column that is never NULL."""
    return Column(name, kind, *rest, nullable=False)  # type: ignore[arg-type]


def record(name: str, *items: SchemaItem) -> Table:
    """Declare a record table: its own columns, then those of its chain."""
    return Table(
        name,
        METADATA,
        *items,
        Column("stream", Text, FetchedValue(), primary_key=True),
        Column("sequence", BigInteger, FetchedValue(), primary_key=True, autoincrement=False),
        needed("recorded_at", moment),
        needed("payload_hash", LargeBinary),
        needed("previous_hash", LargeBinary),
        needed("row_hash", LargeBinary),
    )


migrations = record(
    "migrations",
    Column("revision", Text, unique=True, nullable=False),
    needed("description", Text),
    needed("source_hash", Text),
    needed("guard", guard_reach),
    needed("migrated_by", Text),
    needed("server", Text),
)
series = record(
    "series",
    needed("source", Text),
    needed("symbol", Text),
    needed("calendar", Text),
    needed("currency", Text),
    needed("licence", Text),
    needed("caveat", Text),
)
bar_blocks = record(
    "bar_blocks",
    needed("source", Text),
    needed("symbol", Text),
    needed("fields", Json),
    needed("bars", Integer),
    needed("first_session", DateTime),
    needed("last_session", DateTime),
    needed("known_from", moment),
    needed("known_at", moment),
    needed("backfilled", Boolean),
    needed("content_hash", Text),
    needed("content", LargeBinary),
)
bar_revisions = record(
    "bar_revisions",
    needed("source", Text),
    needed("symbol", Text),
    needed("kind", revision_kind),
    needed("bars", Integer),
    needed("fields", Json),
    needed("first_session", DateTime),
    needed("last_session", DateTime),
    Column("ratio", Double),
    needed("known_at", moment),
    needed("backfilled", Boolean),
)
feature_blocks = record(
    "feature_blocks",
    needed("feature", Text),
    needed("symbol", Text),
    needed("source", Text),
    needed("licence", Text),
    needed("points", Integer),
    needed("known_from", moment),
    needed("known_at", moment),
    needed("backfilled", Boolean),
    needed("content_hash", Text),
    needed("content", LargeBinary),
)
snapshots = record(
    "snapshots",
    needed("strategy", Text),
    needed("snapshot_hash", Text),
    needed("source", Text),
    needed("symbols", Json),
    needed("first_session", DateTime),
    needed("last_session", DateTime),
    needed("sessions", Integer),
    needed("licence", Text),
    needed("caveat", Text),
    needed("known_at", moment),
    UniqueConstraint("strategy", "snapshot_hash"),
)
runs = record(
    "runs",
    Column("run_id", Text, unique=True, nullable=False),
    needed("strategy", Text),
    needed("job", Text),
    needed("mode", run_mode),
    needed("session", Session),
    needed("attempt", Integer),
    needed("as_of", moment),
    needed("git_sha", Text),
    needed("git_dirty", Boolean),
    Column("image_tag", Text),
    needed("lock_hash", Text),
    needed("code_hash", Text),
    needed("parameters", Json),
    needed("versions", Json),
    UniqueConstraint("strategy", "mode", "session", "attempt"),
    UniqueConstraint("run_id", "strategy", "mode", "session"),
)
notebooks = record(
    "notebooks",
    Column("content_hash", Text, unique=True, nullable=False),
    needed("strategy", Text),
    needed("name", Text),
    needed("kind", notebook_kind),
    Column("run_id", Text, ForeignKey(runs.c.run_id)),
    needed("size_bytes", BigInteger),
    needed("content", LargeBinary),
)
run_events = record(
    "run_events",
    needed("run_id", Text),
    needed("strategy", Text),
    needed("mode", run_mode),
    needed("session", Session),
    needed("event", run_event),
    needed("detail", Json),
    Column("notebook_hash", Text, ForeignKey(notebooks.c.content_hash)),
    ForeignKeyConstraint(
        ["run_id", "strategy", "mode", "session"],
        [runs.c.run_id, runs.c.strategy, runs.c.mode, runs.c.session],
    ),
)
trials = record(
    "trials",
    needed("identity", Text),
    needed("strategy", Text),
    needed("parameters", Json),
    needed("code_hash", Text),
    needed("bars_hash", Text),
    needed("costs", Json),
    needed("timing", Json),
    needed("outcome", trial_outcome),
    Column("sharpe", Double),
    Column("observations", Integer),
    Column("skewness", Double),
    Column("kurtosis", Double),
    Column("error", Text),
    UniqueConstraint("strategy", "identity", "outcome"),
)
backtest_results = record(
    "backtest_results",
    needed("result_hash", Text),
    needed("strategy", Text),
    Column("run_id", Text, ForeignKey(runs.c.run_id)),
    needed("trial_identity", Text),
    needed("snapshot_hash", Text),
    needed("parameters", Json),
    needed("costs", Json),
    needed("settings", Json),
    needed("engine", Text),
    Column("second_engine", Text),
    Column("second_engine_difference", Double),
    needed("versions", Json),
    needed("capital_usd", Exact),
    needed("worth_usd", ExactSeries),
    Column("benchmark", Benchmark),
    needed("positions_last", Json),
    needed("weights_last", Json),
    needed("tearsheet", Json),
    needed("verdict", Json),
    needed("git_sha", Text),
    needed("lock_hash", Text),
    needed("code_hash", Text),
    needed("first_session", Session),
    needed("last_session", Session),
    needed("licence", Text),
    needed("caveat", Text),
    needed("known_at", moment),
)
portfolio_worth = record(
    "portfolio_worth",
    needed("strategy", Text),
    needed("mode", book_mode),
    needed("session", Session),
    needed("run_id", Text, ForeignKey(runs.c.run_id)),
    needed("worth_usd", Exact),
    needed("cash_usd", Exact),
    needed("costs_usd", Exact),
    needed("turnover", Double),
    needed("exposure", Double),
    needed("holdings", Json),
    needed("prices", Json),
    needed("snapshot_hash", Text),
    needed("known_at", moment),
    needed("backfilled", Boolean),
    UniqueConstraint("strategy", "mode", "session"),
)
orders = record(
    "orders",
    Column("order_id", Text, unique=True, nullable=False),
    needed("strategy", Text),
    needed("mode", book_mode),
    needed("session", Session),
    needed("run_id", Text, ForeignKey(runs.c.run_id)),
    needed("symbol", Text),
    needed("quantity", Exact),
    needed("reference_price", Exact),
    Column("limit_price", Exact),
    Column("target_weight", Double),
    needed("known_at", moment),
)
order_events = record(
    "order_events",
    needed("order_id", Text, ForeignKey(orders.c.order_id)),
    needed("strategy", Text),
    needed("mode", book_mode),
    needed("session", Session),
    needed("run_id", Text, ForeignKey(runs.c.run_id)),
    needed("event", order_event),
    needed("quantity", Exact),
    Column("price", Exact),
    needed("commission_usd", Exact),
    needed("spread_usd", Exact),
    needed("detail", Json),
    needed("known_at", moment),
)
suspensions = record(
    "suspensions",
    needed("strategy", Text),
    needed("action", suspension_action),
    needed("reason", Text),
    needed("reviewer", Text),
    needed("known_at", moment),
)
