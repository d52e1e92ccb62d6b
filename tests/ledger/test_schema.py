import re

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text

from framework.ledger.engine import address_of, engine_for
from framework.ledger.migrate import HEAD, MIGRATIONS
from framework.ledger.schema import METADATA

MONEY = re.compile(r"worth|cash|costs|commission|spread|capital")


def test_the_tables_of_schema_py_are_those_that_the_migrations_make(superuser_url):
    elsewhere = {"options": "-c search_path=guard"}  # Alembic leaves the schema on the search path unnamed
    engine = create_engine(address_of(superuser_url), poolclass=NullPool, connect_args=elsewhere)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == "public",
            },
        )
        differences = compare_metadata(context, METADATA)
    assert [difference for difference in differences if "index" not in difference[0]] == []


def test_head_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_money_and_prices_are_numeric_and_money_says_its_currency(superuser_url):
    engine = engine_for(superuser_url)
    with engine.connect() as connection:
        kinds = dict(
            connection.execute(
                text(
                    "SELECT table_name || '.' || column_name, data_type FROM information_schema.columns "
                    "WHERE table_schema = 'public'"
                )
            ).all()
        )
    prices = [
        name for name in kinds if re.search(r"\.(open|high|low|close|volume|price|quantity|\w+_price)$", name)
    ]
    assert len(prices) >= 5
    assert {kinds[name] for name in prices} == {"numeric"}
    money = [name for name in kinds if name.endswith("_usd") and name != "backtest_results.worth_usd"]
    assert {kinds[name] for name in money} == {"numeric"}
    columns = {column for table in METADATA.sorted_tables for column in table.columns.keys()}  # noqa: SIM118 - of columns, not of a dict
    assert {name for name in columns if MONEY.search(name) and not name.endswith("_usd")} <= {
        "costs"
    }  # a cost model
