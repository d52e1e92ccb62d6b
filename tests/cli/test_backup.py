from framework.ledger.connect import open_ledger


def test_backup_and_restore_from_the_command_line(
    openbook, ledger, database_url, superuser_url, tmp_path, home
):
    key, folder = tmp_path / "key.txt", tmp_path / "backups"
    public = openbook("backup", "--new-key", str(key))
    assert public.code == 0
    assert public.out.startswith("age1")
    said = openbook(
        *("backup", "--to", str(folder), "--public-key", public.out.strip(), "--keep", "1", "0", "0"),
        *("--copy-with", f"cp {{}} {tmp_path}/{{name}}"),
        OPENBOOK_DATABASE_URL=database_url,
    )
    assert said.code == 0, said.err
    (made,) = folder.iterdir()
    assert str(made) in said.out
    assert (tmp_path / made.name).exists()
    said = openbook("restore", str(made), "--identity", str(key), "--home", str(home))
    assert said.code == 0, said.err
    assert "1 rows as of" in said.out
    with open_ledger(url=None, admin_url=None, home=home) as back:
        assert back.counts() == ledger.counts()
    said = openbook("restore", str(made), "--identity", str(key), "--home", str(home))
    assert said.code == 7
    assert "is not empty" in said.err
    said = openbook("restore", str(made), "--identity", str(key), OPENBOOK_ADMIN_DATABASE_URL=superuser_url)
    assert said.code == 7


def test_a_backup_needs_a_place_and_a_key(openbook):
    said = openbook("backup", "--to", "somewhere")
    assert said.code == 3
    assert "--public-key" in said.err
