"""The record: its roles, its tables and their guard.

Squashed until 1.0. The canonical form that the chain hashes is described in docs/record.md; the functions that this
migration generates are its definition.
"""

from alembic import op
from sqlalchemy import text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CHAIN = """
    stream text NOT NULL,
    sequence bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    payload_hash bytea NOT NULL,
    previous_hash bytea NOT NULL,
    row_hash bytea NOT NULL,
    PRIMARY KEY (stream, sequence)
"""
CHAIN_COLUMNS = ("stream", "sequence", "recorded_at", "payload_hash", "previous_hash", "row_hash")

# Another database of this cluster may be migrated at the same time: hence the exception.
ROLES = """
DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN VALUES ('openbook_owner', 'NOLOGIN'), ('openbook_app', 'LOGIN'), ('openbook_checkpoint', 'LOGIN') LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.column1) THEN
                EXECUTE format('CREATE ROLE %I %s', wanted.column1, wanted.column2);
            END IF;
        EXCEPTION WHEN duplicate_object THEN NULL;
        END;
    END LOOP;
END $$;
"""

# A database owner who is no superuser must be able to act as the roles whose tables he makes.
MEMBERSHIP = """
DO $$ BEGIN
    EXECUTE format('GRANT openbook_owner, openbook_app, openbook_checkpoint TO %I WITH SET TRUE', current_user);
END $$;
GRANT CREATE ON SCHEMA public TO openbook_owner;
"""
MEMBERSHIP_DONE = "REVOKE CREATE ON SCHEMA public FROM openbook_owner"

RIGHTS = """
REVOKE ALL ON SCHEMA guard FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO openbook_owner, openbook_app, openbook_checkpoint;
GRANT USAGE ON SCHEMA guard TO openbook_app, openbook_checkpoint;
GRANT SELECT ON guard.alembic_version TO openbook_app, openbook_checkpoint;
"""

TYPES = """
CREATE TYPE guard_reach AS ENUM ('full', 'partial');
CREATE TYPE book_mode AS ENUM ('paper', 'live');
CREATE TYPE run_mode AS ENUM ('research', 'paper', 'live');
CREATE TYPE trial_outcome AS ENUM ('finished', 'crashed');
CREATE TYPE notebook_kind AS ENUM ('research', 'nightly');
CREATE TYPE suspension_action AS ENUM ('suspend', 'resume');
CREATE TYPE revision_kind AS ENUM ('split', 'dividend', 'scaled', 'corrected');
CREATE TYPE run_event AS ENUM ('started', 'recorded', 'finished', 'failed', 'abandoned', 'refused');
CREATE TYPE order_event AS ENUM (
    'intent', 'sent', 'acknowledged', 'partially_filled', 'filled', 'rejected', 'cancelled', 'expired', 'unknown'
);
"""

TABLES = {
    "migrations": """
        revision text NOT NULL UNIQUE,
        description text NOT NULL,
        source_hash text NOT NULL,
        guard guard_reach NOT NULL,
        migrated_by text NOT NULL,
        server text NOT NULL
    """,
    "series": """
        source text NOT NULL,
        symbol text NOT NULL,
        calendar text NOT NULL,
        currency text NOT NULL,
        licence text NOT NULL,
        caveat text NOT NULL
    """,
    "bar_blocks": """
        source text NOT NULL,
        symbol text NOT NULL,
        fields text NOT NULL CHECK (fields IS JSON ARRAY),
        bars integer NOT NULL CHECK (bars > 0),
        first_session timestamp NOT NULL,
        last_session timestamp NOT NULL,
        known_from timestamptz NOT NULL,
        known_at timestamptz NOT NULL,
        backfilled boolean NOT NULL,
        content_hash text NOT NULL,
        content bytea NOT NULL
    """,
    "bar_revisions": """
        source text NOT NULL,
        symbol text NOT NULL,
        kind revision_kind NOT NULL,
        bars integer NOT NULL CHECK (bars > 0),
        fields text NOT NULL CHECK (fields IS JSON ARRAY),
        first_session timestamp NOT NULL,
        last_session timestamp NOT NULL,
        ratio double precision,
        known_at timestamptz NOT NULL,
        backfilled boolean NOT NULL
    """,
    "feature_blocks": """
        feature text NOT NULL,
        symbol text NOT NULL,
        source text NOT NULL,
        licence text NOT NULL,
        points integer NOT NULL CHECK (points > 0),
        known_from timestamptz NOT NULL,
        known_at timestamptz NOT NULL,
        backfilled boolean NOT NULL,
        content_hash text NOT NULL,
        content bytea NOT NULL
    """,
    "snapshots": """
        strategy text NOT NULL,
        snapshot_hash text NOT NULL,
        source text NOT NULL,
        symbols text NOT NULL CHECK (symbols IS JSON ARRAY),
        first_session timestamp NOT NULL,
        last_session timestamp NOT NULL,
        sessions integer NOT NULL,
        licence text NOT NULL,
        caveat text NOT NULL,
        known_at timestamptz NOT NULL,
        UNIQUE (strategy, snapshot_hash)
    """,
    "runs": """
        run_id text NOT NULL UNIQUE,
        strategy text NOT NULL,
        job text NOT NULL,
        mode run_mode NOT NULL,
        session date NOT NULL,
        attempt integer NOT NULL CHECK (attempt > 0),
        as_of timestamptz NOT NULL,
        git_sha text NOT NULL,
        git_dirty boolean NOT NULL,
        image_tag text,
        lock_hash text NOT NULL,
        code_hash text NOT NULL,
        parameters text NOT NULL CHECK (parameters IS JSON OBJECT),
        versions text NOT NULL CHECK (versions IS JSON OBJECT),
        UNIQUE (strategy, mode, session, attempt),
        UNIQUE (run_id, strategy, mode, session)
    """,
    "notebooks": """
        content_hash text NOT NULL UNIQUE,
        strategy text NOT NULL,
        name text NOT NULL,
        kind notebook_kind NOT NULL,
        run_id text REFERENCES runs (run_id),
        size_bytes bigint NOT NULL,
        content bytea NOT NULL
    """,
    "run_events": """
        run_id text NOT NULL,
        strategy text NOT NULL,
        mode run_mode NOT NULL,
        session date NOT NULL,
        event run_event NOT NULL,
        detail text NOT NULL CHECK (detail IS JSON OBJECT),
        notebook_hash text REFERENCES notebooks (content_hash),
        FOREIGN KEY (run_id, strategy, mode, session) REFERENCES runs (run_id, strategy, mode, session)
    """,
    "trials": """
        identity text NOT NULL,
        strategy text NOT NULL,
        parameters text NOT NULL CHECK (parameters IS JSON OBJECT),
        code_hash text NOT NULL,
        bars_hash text NOT NULL,
        costs text NOT NULL CHECK (costs IS JSON OBJECT),
        timing text NOT NULL CHECK (timing IS JSON OBJECT),
        outcome trial_outcome NOT NULL,
        sharpe double precision,
        observations integer,
        skewness double precision,
        kurtosis double precision,
        error text,
        UNIQUE (strategy, identity, outcome)
    """,
    "backtest_results": """
        result_hash text NOT NULL,
        strategy text NOT NULL,
        run_id text REFERENCES runs (run_id),
        trial_identity text NOT NULL,
        snapshot_hash text NOT NULL,
        parameters text NOT NULL CHECK (parameters IS JSON OBJECT),
        costs text NOT NULL CHECK (costs IS JSON OBJECT),
        settings text NOT NULL CHECK (settings IS JSON OBJECT),
        engine text NOT NULL,
        second_engine text,
        second_engine_difference double precision,
        versions text NOT NULL CHECK (versions IS JSON OBJECT),
        capital_usd numeric NOT NULL,
        worth_usd text NOT NULL,
        benchmark text CHECK (benchmark IS JSON OBJECT),
        positions_last text NOT NULL CHECK (positions_last IS JSON OBJECT),
        weights_last text NOT NULL CHECK (weights_last IS JSON OBJECT),
        tearsheet text NOT NULL CHECK (tearsheet IS JSON OBJECT),
        verdict text NOT NULL CHECK (verdict IS JSON OBJECT),
        git_sha text NOT NULL,
        lock_hash text NOT NULL,
        code_hash text NOT NULL,
        first_session date NOT NULL,
        last_session date NOT NULL,
        licence text NOT NULL,
        caveat text NOT NULL,
        known_at timestamptz NOT NULL
    """,
    "portfolio_worth": """
        strategy text NOT NULL,
        mode book_mode NOT NULL,
        session date NOT NULL,
        run_id text NOT NULL REFERENCES runs (run_id),
        worth_usd numeric NOT NULL,
        cash_usd numeric NOT NULL,
        costs_usd numeric NOT NULL,
        turnover double precision NOT NULL,
        exposure double precision NOT NULL,
        holdings text NOT NULL CHECK (holdings IS JSON OBJECT),
        prices text NOT NULL CHECK (prices IS JSON OBJECT),
        snapshot_hash text NOT NULL,
        known_at timestamptz NOT NULL,
        backfilled boolean NOT NULL,
        UNIQUE (strategy, mode, session)
    """,
    "orders": """
        order_id text NOT NULL UNIQUE,
        strategy text NOT NULL,
        mode book_mode NOT NULL,
        session date NOT NULL,
        run_id text NOT NULL REFERENCES runs (run_id),
        symbol text NOT NULL,
        quantity numeric NOT NULL CHECK (quantity <> 0),
        reference_price numeric NOT NULL,
        limit_price numeric,
        target_weight double precision,
        known_at timestamptz NOT NULL
    """,
    "order_events": """
        order_id text NOT NULL REFERENCES orders (order_id),
        strategy text NOT NULL,
        mode book_mode NOT NULL,
        session date NOT NULL,
        run_id text NOT NULL REFERENCES runs (run_id),
        event order_event NOT NULL,
        quantity numeric NOT NULL,
        price numeric,
        commission_usd numeric NOT NULL,
        spread_usd numeric NOT NULL,
        detail text NOT NULL CHECK (detail IS JSON OBJECT),
        known_at timestamptz NOT NULL
    """,
    "suspensions": """
        strategy text NOT NULL,
        action suspension_action NOT NULL,
        reason text NOT NULL CHECK (reason <> ''),
        reviewer text NOT NULL CHECK (reviewer <> ''),
        known_at timestamptz NOT NULL
    """,
}

# At most one end a run and an order, one finished run a night: what a rerun must never double.
RULES = """
CREATE UNIQUE INDEX run_events_one_end ON run_events (run_id)
    WHERE event IN ('finished', 'failed', 'abandoned', 'refused');
CREATE UNIQUE INDEX run_events_one_finished ON run_events (strategy, mode, session)
    WHERE event = 'finished' AND mode <> 'research';
CREATE UNIQUE INDEX order_events_one_end ON order_events (order_id)
    WHERE event IN ('filled', 'rejected', 'cancelled', 'expired');
ALTER TABLE bar_blocks ALTER content SET STORAGE EXTERNAL;  -- compressed already
ALTER TABLE feature_blocks ALTER content SET STORAGE EXTERNAL;
CREATE INDEX run_events_run ON run_events (run_id);
CREATE INDEX order_events_order ON order_events (order_id);
"""

# What belongs to the leaf's metadata besides the chain's own columns; the rest is payload, which a dump may withhold.
METADATA_COLUMNS = {
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
STREAMS = {
    "migrations": ("'migrations'",),
    "series": ("'series:'", "NEW.source"),
    "bar_blocks": ("'bar_blocks:'", "NEW.source", "':'", "NEW.symbol"),
    "bar_revisions": ("'bar_revisions:'", "NEW.source"),
    "feature_blocks": ("'feature_blocks:'", "NEW.feature", "':'", "NEW.symbol"),
}
WRITTEN_BY_MIGRATIONS = ("migrations",)

REFUSE = """
CREATE FUNCTION guard.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'OB001',
        MESSAGE = format('%s on %s is refused: the record is append-only.', TG_OP, TG_TABLE_NAME);
END $$;
"""

# Every name is qualified, operators too, so that nothing on a caller's search path can stand in for it; a search path
# of the function's own would do the same, at a microsecond a row. A transaction has its number before a row of it has
# its time: who has waited for all numbers given out by some moment (framework/ledger/horizon.py) has seen every row
# recorded by then. In a stream time never runs backwards. plpgsql evaluates a condition without a query of its own:
# hence the lock in one.
CHAIN_ROW = """
CREATE FUNCTION guard.chain_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.stream := {stream};
    IF pg_catalog.pg_current_xact_id() IS NULL
       OR pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(NEW.stream, 0)) IS NULL THEN
        RETURN NULL;  -- neither ever is
    END IF;
    SELECT sequence OPERATOR(pg_catalog.+) 1, row_hash, greatest(pg_catalog.clock_timestamp(), recorded_at)
        INTO NEW.sequence, NEW.previous_hash, NEW.recorded_at
        FROM public.{table} WHERE stream OPERATOR(pg_catalog.=) NEW.stream ORDER BY sequence DESC LIMIT 1;
    IF NOT FOUND THEN
        NEW.sequence := 1;
        NEW.previous_hash := {none};
        NEW.recorded_at := pg_catalog.clock_timestamp();
    END IF;
    NEW.payload_hash := {payload};
    NEW.row_hash := {metadata};
    RETURN NEW;
END $$;
CREATE TRIGGER chain BEFORE INSERT ON public.{table} FOR EACH ROW EXECUTE FUNCTION guard.chain_{table}();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.{table}
    FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse();
CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON public.{table}
    FOR EACH ROW EXECUTE FUNCTION guard.refuse();
ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER chain;
ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER append_only_row;
ALTER TABLE public.{table} OWNER TO openbook_owner;
REVOKE ALL ON public.{table} FROM PUBLIC;
GRANT {rights} ON public.{table} TO openbook_app;
GRANT SELECT ON public.{table} TO openbook_checkpoint;
"""

# This database belongs to the record: whatever is not temporary is changed by a marked migration or not at all. The
# mark counts in a superuser's session only, whatever role it acts as: inside a SECURITY DEFINER function, session_user
# is still whoever logged in. Before a command runs, only its kind is known: the kinds that temporary tables and views
# need may go on, all others end there (among them replacing this very function, which would be asked afterwards in its
# new form). After it, everything it touched must be temporary, and no child of a table that is not.
REFUSE_DDL = """
CREATE FUNCTION guard.refuse_ddl() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found text;
BEGIN
    IF coalesce(current_setting('openbook.migration', true), '') = 'on'
       AND EXISTS (SELECT FROM pg_roles WHERE rolname = session_user AND rolsuper) THEN
        RETURN;
    ELSIF TG_EVENT = 'ddl_command_start' THEN
        IF TG_TAG !~ '^((CREATE|ALTER|DROP) (TABLE|INDEX|SEQUENCE|VIEW)|CREATE TABLE AS|SELECT INTO|REINDEX)$' THEN
            found := 'anything';
        END IF;
    ELSIF TG_EVENT = 'table_rewrite' THEN
        SELECT oid::regclass INTO found FROM pg_class
            WHERE oid = pg_event_trigger_table_rewrite_oid() AND relpersistence <> 't';
    ELSIF TG_EVENT = 'sql_drop' THEN
        SELECT object_identity INTO found FROM pg_event_trigger_dropped_objects()
            WHERE NOT is_temporary AND address_names[1] IS DISTINCT FROM 'pg_temp' LIMIT 1;
    ELSIF TG_TAG <> 'REINDEX' THEN
        SELECT coalesce(object_identity, object_type) INTO found FROM pg_event_trigger_ddl_commands() AS command
            WHERE schema_name IS DISTINCT FROM 'pg_temp'
               OR EXISTS (SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhparent
                          WHERE inhrelid = command.objid AND relpersistence <> 't')
            LIMIT 1;
    END IF;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OB002',
            MESSAGE = format('%s of %s is refused: this database holds the record.', TG_TAG, found),
            HINT = 'Only a marked migration, run as superuser, changes anything in it that is not temporary.';
    END IF;
END $$;
CREATE EVENT TRIGGER guard_start ON ddl_command_start EXECUTE FUNCTION guard.refuse_ddl();
CREATE EVENT TRIGGER guard_end ON ddl_command_end EXECUTE FUNCTION guard.refuse_ddl();
CREATE EVENT TRIGGER guard_drop ON sql_drop EXECUTE FUNCTION guard.refuse_ddl();
CREATE EVENT TRIGGER guard_rewrite ON table_rewrite EXECUTE FUNCTION guard.refuse_ddl();
ALTER EVENT TRIGGER guard_start ENABLE ALWAYS;
ALTER EVENT TRIGGER guard_end ENABLE ALWAYS;
ALTER EVENT TRIGGER guard_drop ENABLE ALWAYS;
ALTER EVENT TRIGGER guard_rewrite ENABLE ALWAYS;
"""

# Large objects belong to no table and to no chain: nobody but a superuser needs a place to put any.
NO_LARGE_OBJECTS = """
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea), lo_put(oid, bigint, bytea),
    lo_open(oid, integer), lowrite(integer, bytea), lo_truncate(integer, integer), lo_truncate64(integer, bigint),
    lo_unlink(oid) FROM PUBLIC;
"""

# The bytes of a value. None depends on the session's settings. An array of them, as array_send writes it, is 20 bytes
# and then the canonical form: each value after its length as four bytes, big-endian, and -1 for NULL. Few calls matter:
# plpgsql prepares each of them anew in every transaction.
VALUES = {
    "text": "pg_catalog.convert_to(NEW.{name}, 'UTF8')",
    "enum": "pg_catalog.convert_to(NEW.{name}::pg_catalog.text, 'UTF8')",
    "numeric": "pg_catalog.convert_to(NEW.{name}::pg_catalog.text, 'UTF8')",
    "bytea": "NEW.{name}",
    "bool": "pg_catalog.boolsend(NEW.{name})",
    "int4": "pg_catalog.int4send(NEW.{name})",
    "date": "pg_catalog.date_send(NEW.{name})",
    "int8": "pg_catalog.int8send(NEW.{name})",
    "float8": "pg_catalog.float8send(NEW.{name})",
    "timestamp": "pg_catalog.timestamp_send(NEW.{name})",
    "timestamptz": "pg_catalog.timestamptz_send(NEW.{name})",
}
HASH = "pg_catalog.sha256(pg_catalog.substr(pg_catalog.array_send(ARRAY[{values}]::pg_catalog.bytea[]), 21))"
BYTES = (
    "pg_catalog.decode('{hex}', 'hex')"  # '\\x..' is read otherwise where standard_conforming_strings is off
)

COLUMNS = """
SELECT attname, CASE typtype WHEN 'e' THEN 'enum' ELSE typname END
FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


def upgrade() -> None:
    """Make roles, types, tables, rules and guards."""
    superuser = op.get_bind().scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
    for statements in (ROLES, *([] if superuser else [MEMBERSHIP]), RIGHTS, TYPES, REFUSE):
        op.execute(statements)
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE public.{table} ({columns}, {CHAIN})")
    op.execute(RULES)
    for table in TABLES:
        op.execute(_guard(table))
    for statements in (REFUSE_DDL, NO_LARGE_OBJECTS) if superuser else (MEMBERSHIP_DONE,):
        op.execute(statements)


def _guard(table: str) -> str:
    found = op.get_bind().execute(text(COLUMNS), {"table": f"public.{table}"})
    columns = {name: VALUES[kind].format(name=name) for name, kind in found}
    own = [name for name in columns if name not in CHAIN_COLUMNS]
    public = [name for name in own if name in METADATA_COLUMNS.get(table, ())]
    first = ["stream", "sequence", "recorded_at", "previous_hash", "payload_hash"]
    named = BYTES.format(hex=table.encode().hex())
    return CHAIN_ROW.format(
        table=table,
        stream=" OPERATOR(pg_catalog.||) ".join(STREAMS.get(table, (f"'{table}:'", "NEW.strategy"))),
        payload=HASH.format(values=", ".join(columns[name] for name in own if name not in public)),
        metadata=HASH.format(values=", ".join([named, *(columns[name] for name in first + public)])),
        rights="SELECT" if table in WRITTEN_BY_MIGRATIONS else "SELECT, INSERT",
        none=BYTES.format(hex="00" * 32),
    )
