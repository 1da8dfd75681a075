"""The database: threads, transactions, migrations, and files that cannot be used."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.store.database import Database, DatabaseError
from app.store.sessions import Sessions


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sitedeck.db"


def add_activity(database: Database, actor: str) -> None:
    database.execute(
        "INSERT INTO activity (at, actor, address, action, target, result)"
        " VALUES (1, ?, '', '', '', '')",
        (actor,),
    )


def test_threads_share_the_connection_without_losing_a_row(path: Path) -> None:
    database = Database(path)

    def work(number: int) -> int:
        add_activity(database, f"thread {number}")
        return len(database.query("SELECT 1 FROM activity WHERE actor = ?", (f"thread {number}",)))

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(work, range(200))) == {1}
    assert database.query("SELECT count(*) AS n FROM activity") == [{"n": 200}]
    database.close()


def test_a_rollback_of_one_thread_leaves_the_rows_of_another(path: Path) -> None:
    database = Database(path)

    def fail(number: int) -> None:
        with pytest.raises(RuntimeError), database.transaction():
            add_activity(database, "lost")
            raise RuntimeError

    def keep(number: int) -> None:
        add_activity(database, "kept")

    with ThreadPoolExecutor(2) as pool:
        for number in range(50):
            pool.submit(fail, number)
            pool.submit(keep, number)
    rows = database.query("SELECT actor, count(*) AS n FROM activity GROUP BY actor")
    assert rows == [{"actor": "kept", "n": 50}]
    database.close()


def test_the_file_is_private_and_survives_being_opened_again(path: Path) -> None:
    database = Database(path)
    add_activity(database, "first")
    database.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = Database(path)
    assert len(again.query("SELECT * FROM activity")) == 1
    assert again.query("PRAGMA synchronous") == [{"synchronous": 3}]
    assert again.query("PRAGMA journal_mode") == [{"journal_mode": "wal"}]
    again.close()


@pytest.mark.parametrize(("on_network", "mode"), [(True, "delete"), (False, "wal"), (None, "wal")])
def test_on_network_storage_no_memory_is_shared(
    path: Path, on_network: bool | None, mode: str
) -> None:
    database = Database(path, on_network=on_network)
    assert database.query("PRAGMA journal_mode") == [{"journal_mode": mode}]
    database.close()


@pytest.mark.parametrize(("on_network", "mode"), [(True, "delete"), (False, "wal")])
def test_who_does_not_know_the_storage_leaves_the_journal_as_it_is(
    path: Path, on_network: bool, mode: str
) -> None:
    Database(path, on_network=on_network).close()
    database = Database(path)
    assert database.query("PRAGMA journal_mode") == [{"journal_mode": mode}]
    database.close()


@pytest.mark.parametrize("first", [True, False])
def test_the_journal_can_be_changed_while_nobody_uses_the_database(path: Path, first: bool) -> None:
    database = Database(path, on_network=first)
    add_activity(database, "kept")
    database.close()
    again = Database(path, on_network=not first)
    assert again.query("PRAGMA journal_mode") == [
        {"journal_mode": "delete" if not first else "wal"}
    ]
    assert len(again.query("SELECT * FROM activity")) == 1
    again.close()


def test_the_journal_is_not_changed_under_a_running_dashboard(path: Path) -> None:
    running = Database(path)
    with pytest.raises(ConfigurationError, match="End the other Sitedeck"):
        Database(path, on_network=True)
    add_activity(running, "still fine")
    assert running.query("PRAGMA journal_mode") == [{"journal_mode": "wal"}]
    running.close()


def test_two_processes_share_a_database_on_network_storage(path: Path) -> None:
    one, other = Database(path, on_network=True), Database(path)

    def work(number: int) -> None:
        add_activity(one if number % 2 else other, f"number {number}")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(100)))
    assert one.query("SELECT count(*) AS n FROM activity") == [{"n": 100}]
    for database in (one, other):
        database.close()


def test_a_database_of_a_newer_version_is_left_alone(path: Path) -> None:
    database = Database(path)
    database.query("PRAGMA user_version = 9999")
    database.close()
    with pytest.raises(ConfigurationError, match="newer Sitedeck"):
        Database(path)


def test_what_is_no_database_is_refused_and_kept(path: Path) -> None:
    path.write_bytes(b"this is not a database, it is a text of some length " * 100)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        Database(path)
    assert path.read_bytes().startswith(b"this is not")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        Database(tmp_path / "nowhere" / "sitedeck.db")


def test_a_commit_that_fails_leaves_no_transaction_open(path: Path) -> None:
    database = Database(path)
    database.query("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    database.query(
        "CREATE TABLE child (p INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)"
    )
    with pytest.raises(DatabaseError):
        database.execute("INSERT INTO child VALUES (1)")
    add_activity(database, "kept")
    database.close()
    again = Database(path)
    assert len(again.query("SELECT * FROM activity")) == 1
    again.close()


def test_using_a_session_is_not_stopped_by_a_database_that_cannot_be_written(path: Path) -> None:
    database = Database(path)
    database.query("PRAGMA query_only = ON")
    Sessions(database).touch("some session", 1.0)
    assert Sessions(database).get("some session") is None
    database.close()
