"""The style sheets stay within their budget, and without rules that nothing on a page meets."""

import ast
import gzip
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
BUDGET = 15_000  # gzip, of all sheets together; a first page view loads all but the log's
MADE_ELSEWHERE = {
    "htmx-request": "htmx, on what it sends",
    "ansi": "components/terminal.py, with the number of a colour",
}


def test_all_sheets_fit_their_budget() -> None:
    assert sum(len(gzip.compress(sheet.read_bytes())) for sheet in SHEETS) <= BUDGET


def test_every_class_with_a_rule_is_written_by_a_component_or_a_script() -> None:
    styled = {name for sheet in SHEETS for name in class_names(sheet.read_text())}
    assert len(styled) > 100
    unused = styled - written_words()
    assert {name for name in unused if re.sub(r"-\d+$", "", name) not in MADE_ELSEWHERE} == set()


def class_names(sheet: str) -> set[str]:
    rules = re.sub(r"/\*.*?\*/", "", sheet, flags=re.S)
    return {
        name
        for selector in re.findall(r"([^{};]+)\{", rules)
        if not selector.lstrip().startswith("@")
        for name in re.findall(r"\.([a-z][\w-]*)", selector)
    }


def written_words() -> set[str]:
    scripts = (path.read_text() for path in (ROOT / "static" / "js").glob("*.js"))
    texts = [*(re.sub(r"//.*", "", script) for script in scripts), *component_texts()]
    return {word for text in texts for word in re.findall(r"[a-z][\w-]*", text)}


def component_texts() -> list[str]:
    """The strings of the components' code, without its docstrings."""
    nodes = [
        node
        for path in (ROOT / "components").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
    ]
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    ]
