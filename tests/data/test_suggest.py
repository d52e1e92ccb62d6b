from framework.data.suggest import did_you_mean


def test_the_nearest_name_is_offered_whatever_its_case():
    assert did_you_mean("ko", ["PEP", "KO"]) == "Did you mean 'KO'?"
    assert did_you_mean("dual_momentm", ["dual_momentum", "buy_and_hold"]) == "Did you mean 'dual_momentum'?"


def test_where_nothing_is_near_the_choice_is_shown():
    assert did_you_mean("gold", ["PEP", "KO"]) == "Choose one of: KO, PEP."
    assert did_you_mean("xyz", "abcdefghij") == "Choose one of: a, b, c, d, e, f, g, h and 2 more."


def test_where_there_is_nothing_that_is_said():
    assert did_you_mean("x", []) == "There is none to choose from."


def test_names_may_come_from_any_iterable_and_repeat():
    assert did_you_mean("zz", iter(["b", "a", "b"])) == "Choose one of: a, b."
