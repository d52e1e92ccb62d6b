"""What a venue's client is handed here: the clock's time and the keys that the settings name."""

from venues.reach import write_keys

from framework.host import access, clock


def test_keys_come_from_the_folder_of_the_settings_and_the_time_from_the_clock(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENBOOK_KEYS", str(write_keys(tmp_path, "alpaca", {"key_id": "canary"})))
    before = clock.now()
    reached = access.to("alpaca")
    assert before <= reached.as_of <= clock.now()
    assert reached.as_of.tzinfo is not None
    assert reached.keys.reveal("key_id") == "canary"
    assert not access.to("binance").keys.values


def test_without_that_variable_keys_lie_in_the_home(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENBOOK_KEYS", raising=False)
    monkeypatch.setenv("OPENBOOK_HOME", str(tmp_path))
    write_keys(tmp_path, "alpaca", {"key_id": "canary"})
    assert access.to("alpaca").keys.reveal("key_id") == "canary"
