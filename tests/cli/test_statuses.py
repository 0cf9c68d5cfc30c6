"""`comptoir statuses`: a file that says what it means, applied whole or not at all."""

from pathlib import Path

import yaml

from tests.cli.processes import Command, figures, items


def test_statuses_travel_as_one_file(comptoir: Command, tmp_path: Path) -> None:
    assert comptoir("statuses", "export", "statuses.yaml").code == 0
    file = tmp_path / "statuses.yaml"
    assert comptoir("statuses", "apply", "statuses.yaml").err.startswith("Nothing differs.")
    content = yaml.safe_load(file.read_text())
    assert comptoir("statuses", "export").out == file.read_text()
    assert "mail: |" in file.read_text(), "texts can be edited"

    content["statuses"]["shipped"]["colour"] = "#abcdef"
    content["statuses"]["in_cellar"] = {"texts": {"fr": {"name": "En cave"}}}
    file.write_text(yaml.safe_dump(content, allow_unicode=True))
    shown = comptoir("statuses", "apply", "statuses.yaml", "--dry-run")
    assert [line.split() for line in shown.out.splitlines()[1:]] == [
        ["in_cellar", "new"],
        ["shipped", "colour", "#0d9488", "#abcdef"],
    ]
    assert "dry run" in shown.err
    assert len(items(comptoir("statuses", "list", "--json"))) == 16
    assert figures(comptoir("statuses", "apply", "statuses.yaml", "--json"))["created"] == ["in_cellar"]
    assert "in_cellar" in [found["mnemonic"] for found in items(comptoir("statuses", "list", "--json"))]
    again = figures(comptoir("statuses", "apply", "statuses.yaml", "--json"))
    assert (again["created"], again["changed"], len(again["unchanged"])) == ([], {}, 17)
    del content["statuses"]["in_cellar"]
    file.write_text(yaml.safe_dump(content, allow_unicode=True))
    pruned = figures(comptoir("statuses", "apply", "statuses.yaml", "--prune", "--json"))
    assert pruned["deleted"] == ["in_cellar"]


def test_bad_file_names_the_key_and_changes_nothing(comptoir: Command) -> None:
    before = comptoir("statuses", "export").out
    good = "new_one:\n    texts: {fr: {name: Nouveau}}\n"
    for text, code, told in (
        ("statuses: [", 2, "line 1"),
        ("orders: {}", 2, "'statuses'"),
        ("statuses: {}\nmore: 1", 2, "'more'"),
        ("statuses:\n  a: {texts: {no: {name: x}}}", 2, "'no' is no text"),
        (f"statuses:\n  {good}  {good}", 2, "'new_one' stands twice"),
        (f"statuses:\n  {good}  Not-Good: {{texts: {{fr: {{name: x}}}}}}", 1, "statuses.Not-Good"),
        (f"statuses:\n  {good}  a: {{texts: {{fr: {{name: x, mail: '{{{{ order'}}}}}}", 1, "statuses.a.texts.fr.mail"),
        (f"statuses:\n  {good}  a: {{type: teleported, texts: {{fr: {{name: x}}}}}}", 1, "statuses.a.type"),
        (f"statuses:\n  {good}  ready: {{type: other, texts: {{fr: {{name: x}}}}}}", 1, "statuses.ready.type"),
    ):
        refused = comptoir("statuses", "apply", "-", stdin=text)
        assert (refused.code, len(refused.err.splitlines())) == (code, 2), refused.err
        assert told in refused.err
    assert comptoir("statuses", "apply", "nowhere.yaml").code == 2
    assert comptoir("statuses", "export").out == before
