"""Settings: where they come from, and what an operator reads who got one wrong."""

from pathlib import Path

import pytest

from fedihub.errors import SettingsError
from fedihub.settings import CONFIG_FILE, PREFIX, TEST_PREFIX, load_settings


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a test sets is set."""
    import os

    for name in list(os.environ):
        if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX):
            monkeypatch.delenv(name)


def refusal(**environment: str) -> str:
    """What is said of these settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(PREFIX + name, value)
        with pytest.raises(SettingsError) as refused:
            load_settings()
    return refused.value.public


def test_without_any_setting_the_hub_is_on_this_machine() -> None:
    settings = load_settings()
    assert settings.base_url == "http://localhost:8080"
    assert settings.domain == "localhost:8080"
    assert settings.listen_address == ("127.0.0.1", 8080)
    assert settings.database == f"sqlite+aiosqlite:///{Path.cwd()}/data/fedihub.sqlite3"
    assert settings.sqlite_path == Path.cwd() / "data" / "fedihub.sqlite3"


def test_the_base_url_gets_its_one_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDIHUB_BASE_URL", "HTTPS://Bücher.Example:443/")
    settings = load_settings()
    assert settings.base_url == "https://xn--bcher-kva.example"
    assert settings.host == settings.domain == "xn--bcher-kva.example"


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "hub.env"
    file.write_text("FEDIHUB_HUB_NAME=from the file\nFEDIHUB_SESSION_DAYS=7\n")
    monkeypatch.setenv(CONFIG_FILE, str(file))
    monkeypatch.setenv("FEDIHUB_HUB_NAME", "from the environment")
    settings = load_settings()
    assert (settings.hub_name, settings.session_days) == ("from the environment", 7)


def test_an_empty_value_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDIHUB_DATA_DIR", "")
    monkeypatch.setenv("FEDIHUB_CA_FILE", "")
    settings = load_settings()
    assert (settings.data_dir, settings.ca_file) == (Path("data"), None)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_postgresql_may_be_written_as_people_write_it(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDIHUB_DATABASE_URL", f"{scheme}://hub:secret@db.example/hub")
    settings = load_settings()
    assert settings.database == "postgresql+asyncpg://hub:secret@db.example/hub"
    assert settings.sqlite_path is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BASE_URL", "hub.example", "FEDIHUB_BASE_URL: must look like https://hub.example"),
        ("BASE_URL", "https://hub.example/path", "FEDIHUB_BASE_URL: must have no path"),
        ("BASE_URL", "https://me:pw@hub.example", "FEDIHUB_BASE_URL: must look like https://hub.example"),
        ("BASE_URL", "http://hub.example", "FEDIHUB_BASE_URL must be https://"),
        ("HANDLE_DOMAIN", "https://hub.example", "FEDIHUB_HANDLE_DOMAIN: must be a host name, like hub.example"),
        ("LISTEN", "8080", "FEDIHUB_LISTEN: must look like 127.0.0.1:8080"),
        ("LISTEN", "localhost:99999", "FEDIHUB_LISTEN: must look like 127.0.0.1:8080"),
        ("DATABASE_URL", "mysql://db.example/hub", "FEDIHUB_DATABASE_URL: must begin with postgresql://"),
        ("CA_FILE", "/nowhere/ca.pem", "FEDIHUB_CA_FILE: /nowhere/ca.pem is not a file"),
        ("DELIVERY_SLOTS", "0", "FEDIHUB_DELIVERY_SLOTS: must be greater than or equal to 1"),
        ("DELIVERY_SLOTS", "many", "FEDIHUB_DELIVERY_SLOTS: must be a valid integer"),
        ("ALLOW_LOOPBACK", "perhaps", "FEDIHUB_ALLOW_LOOPBACK: must be a valid boolean"),
        ("LOG_FORMAT", "xml", "FEDIHUB_LOG_FORMAT: must be 'text' or 'json'"),
        ("BASEURL", "https://hub.example", "there is no setting FEDIHUB_BASEURL, did you mean FEDIHUB_BASE_URL?"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, said: str) -> None:
    assert refusal(**{name: value}).startswith(said)


def test_all_wrong_settings_are_named_at_once() -> None:
    said = refusal(LISTEN="x", SESSION_DAYS="0")
    assert "FEDIHUB_LISTEN" in said
    assert "FEDIHUB_SESSION_DAYS" in said


def test_a_name_in_the_file_that_is_no_setting_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "hub.env"
    file.write_text("FEDIHUB_HUBNAME=Ours\n")
    assert refusal(CONFIG=str(file)) == "there is no setting FEDIHUB_HUBNAME, did you mean FEDIHUB_HUB_NAME?"


def test_a_missing_file_is_refused() -> None:
    assert refusal(CONFIG="/nowhere/hub.env") == "FEDIHUB_CONFIG names /nowhere/hub.env, which is not a file"


def test_plain_http_is_for_this_machine_or_for_development(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost"):
        monkeypatch.setenv("FEDIHUB_BASE_URL", url)
        assert load_settings().base_url == url
    monkeypatch.setenv("FEDIHUB_BASE_URL", "http://hub.test:8000")
    monkeypatch.setenv("FEDIHUB_ALLOW_LOOPBACK", "1")
    assert load_settings().domain == "hub.test:8000"
