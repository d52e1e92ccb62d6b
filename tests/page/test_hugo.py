"""Hugo, as the environment has it, reaches nothing but the folder that it is given."""

import shutil

import pytest

from framework.errors import PageError
from framework.page import hugo


@pytest.fixture
def source(record, tmp_path):
    """A site of one page with our own configuration."""
    folder = tmp_path / "source"
    (folder / "layouts").mkdir(parents=True)
    shutil.copyfile(record.SITE / "hugo.toml", folder / "hugo.toml")
    return folder


def home(source, template):
    (source / "layouts" / "home.html").write_text(template)
    (source / "layouts" / "404.html").write_text("gone")


def test_a_site_is_built_without_home_path_or_clock(source, tmp_path, monkeypatch):
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    home(source, "<p>{{ add 40 2 }}</p>")
    hugo.run(source, tmp_path / "out")
    assert (tmp_path / "out" / "index.html").read_text() == "<p>42</p>"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["404.html", "index.html"]
    assert sorted(path.name for path in source.iterdir()) == ["hugo.toml", "layouts"]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ('{{ getenv "HUGO_SECRET" }}', "access denied"),
        ('{{ (try (resources.GetRemote "http://127.0.0.1:9/x")).Err | errorf "%v" }}', "access denied"),
        ("{{ .NoSuchField }}", "NoSuchField"),
        ('{{ warnf "only just" }}', "only just"),
        ("{{ if }}", "missing value for if"),
    ],
)
def test_a_template_that_reaches_out_or_is_broken_is_refused_in_hugos_words(source, tmp_path, template, said):
    home(source, template)
    with pytest.raises(PageError) as refused:
        hugo.run(source, tmp_path / "out")
    assert said in refused.value.what
