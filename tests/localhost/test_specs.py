"""What owners asked for survives on disk."""

from pathlib import Path

import pytest

from app.errors import InvalidInput
from app.localhost.paths import HostPaths
from app.localhost.specs import SiteSpec, SpecStore, check_domain, check_folder

SPEC = SiteSpec(2, "shop.localhost", "/bin/x", False, "/srv", 7, 12.5)


@pytest.fixture
def paths(short_path: Path) -> HostPaths:
    paths = HostPaths(short_path / "host")
    paths.prepare()
    return paths


def test_specs_come_back_as_saved_by_id(paths: HostPaths) -> None:
    store = SpecStore(paths)
    first = SiteSpec(1, "z.localhost", "/bin/y")
    store.save(SPEC)
    store.save(first)
    assert store.load_all() == [first, SPEC]
    store.delete("z.localhost")
    assert store.load_all() == [SPEC]
    assert [path.name for path in paths.sites.iterdir()] == ["shop.localhost.json"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"id": 1, "domain_name": "other.localhost", "command": "/x"}',
        '{"id": 1, "domain_name": "../x", "command": "/x"}',
        '{"id": 1, "domain_name": 5, "command": "/x"}',
        '{"id": "1", "domain_name": "bad.localhost", "command": "/x"}',
        '{"id": 1, "domain_name": "bad.localhost", "command": "/x", "enabled": "yes"}',
        '{"id": 1, "domain_name": "bad.localhost", "command": "/x", "working_directory": "up"}',
        '{"id": 1, "domain_name": "bad.localhost", "command": null}',
    ],
)
def test_a_damaged_spec_is_left_alone_and_named(
    paths: HostPaths, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = SpecStore(paths)
    store.save(SPEC)
    damaged = paths.sites / "bad.localhost.json"
    damaged.write_text(content)
    assert store.load_all() == [SPEC]
    assert damaged.read_text() == content
    assert "bad.localhost.json" in caplog.text


def test_fields_of_a_later_version_are_ignored(paths: HostPaths) -> None:
    later = '{"id": 1, "domain_name": "new.localhost", "command": "/x", "surprise": 1}'
    (paths.sites / "new.localhost.json").write_text(later)
    assert SpecStore(paths).load_all() == [SiteSpec(1, "new.localhost", "/x")]


def test_domains_whose_log_names_would_be_too_long_are_refused() -> None:
    label = "a" * 60
    assert check_domain(f"{label}.{label}.{label}.localhost")
    with pytest.raises(InvalidInput, match="230"):
        check_domain(f"{label}.{label}.{label}.{'b' * 50}")


@pytest.mark.parametrize("folder", ["relative", "~", "/a\0b", "/a\nb", "/" + "a" * 5000])
def test_working_folders_are_absolute_printable_and_bounded(folder: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_folder(folder)
    assert refusal.value.field == "working_directory"
