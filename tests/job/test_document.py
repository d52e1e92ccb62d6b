"""YAML with the line of each key."""

import pytest

from framework.errors import SpecError
from framework.job.document import read


def test_each_key_has_its_line_and_its_place(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("# a comment\none: 1\n\ntwo:\n  three: 3\n  four: [1, 2]\n")
    document = read(path)
    assert document.content == {"one": 1, "two": {"three": 3, "four": [1, 2]}}
    assert document.lines == {("one",): 2, ("two",): 4, ("two", "three"): 5, ("two", "four"): 6}
    assert document.place(("two", "four")) == f"{tmp_path.name}/a.yaml, line 6, key two.four"
    assert document.place(("five",)) == f"{tmp_path.name}/a.yaml, key five"


def test_the_same_key_may_stand_in_two_places(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a: {x: 1}\nb: {x: 2}\n")
    assert read(path).content == {"a": {"x": 1}, "b": {"x": 2}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: 1\na: 2\n", "key a twice, on lines 1 and 2"),
        (b"a: {b: 1, b: 2}", "key a.b twice"),
        (b"a: [1", "is not YAML"),
        (b"a: \xff", "is not YAML"),
        (b"a: !!python/object:os.system {}", "is not YAML"),
        (b"just words", "holds no keys"),
    ],
)
def test_what_is_no_mapping_of_single_keys_is_refused(tmp_path, content, said):
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(SpecError, match=said):
        read(path)
