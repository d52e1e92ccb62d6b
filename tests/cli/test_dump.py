import gzip
import json


def test_a_dump_is_written_once(openbook, ledger, database_url, tmp_path):
    target = tmp_path / "record.jsonl.gz"
    said = openbook("dump", str(target), "--public", OPENBOOK_DATABASE_URL=database_url)
    assert said.code == 0, said.err
    assert said.out == f"{target}: 1 rows.\n"
    first, *_, last = gzip.decompress(target.read_bytes()).decode().splitlines()
    assert json.loads(first)["format"] == "openbook-dump/1"
    assert json.loads(last) == {"rows": 1, "withheld": 0}
    assert openbook("dump", str(target), OPENBOOK_DATABASE_URL=database_url).code == 7
