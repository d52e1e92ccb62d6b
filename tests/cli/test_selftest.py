"""``openbook selftest`` prints each reference, green or red, and exits by the worst."""

import json

from framework.proof.reference import Reference
from framework.proof.references import SUBJECTS


def test_what_comes_out_is_listed_with_its_source_and_the_versions(openbook):
    said = openbook("selftest", "deflated", "sha-256")
    assert said.code == 0, said.err
    assert "0.9004" in said.out
    assert "The Deflated Sharpe Ratio" in said.out
    assert "3 of 3 references come out as published, with openbook" in said.out


def test_what_does_not_come_out_ends_with_the_code_of_a_proof(openbook, monkeypatch):
    wrong = Reference(
        name="Pi", source="Indiana House Bill 246 (1897)", published=3.2, compute=lambda: 3.14159
    )
    monkeypatch.setitem(SUBJECTS, "Geometry", lambda: (wrong,))
    said = openbook("selftest", "geometry", "sha-256")
    assert said.code == 11
    assert "1 of 3 references did not come out: Pi." in said.err
    assert "2 of 3 references come out" in said.out


def test_machines_are_given_lines_of_json(openbook):
    said = openbook("selftest", "--json", "half", "thanksgiving")
    assert said.code == 0
    (line,) = [json.loads(line) for line in said.out.splitlines()]
    assert (line["published"], line["found"], line["passed"]) == ("13:00", "13:00", True)
