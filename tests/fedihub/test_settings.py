"""Settings: where they come from, and what an operator reads who got one wrong."""

from pathlib import Path

import pytest

from fedihub.errors import SettingsError
from fedihub.settings import load_settings
from fedihub.settings_source import CONFIG_FILE, PREFIX, TEST_PREFIX


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


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite"])
def test_sqlite_may_have_a_place_of_its_own(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDIHUB_DATABASE_URL", f"{scheme}:////var/hub.db")
    assert load_settings().sqlite_path == Path("/var/hub.db")
    monkeypatch.setenv("FEDIHUB_DATABASE_URL", f"{scheme}:///hub.db")
    assert load_settings().sqlite_path == Path.cwd() / "hub.db"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "sqlite://", "FEDIHUB_DATABASE_URL: must begin with postgresql:// or sqlite:///"),
        ("DATABASE_URL", "sqlite:///", "FEDIHUB_DATABASE_URL: must name a file"),
        ("DATABASE_URL", "sqlite:///:memory:", "FEDIHUB_DATABASE_URL: must name a file"),
        ("BASE_URL", "hub.example", "FEDIHUB_BASE_URL: must look like https://hub.example"),
        ("BASE_URL", "https://hub.example/path", "FEDIHUB_BASE_URL: must have no path"),
        ("BASE_URL", "https://me:pw@hub.example", "FEDIHUB_BASE_URL: must look like https://hub.example"),
        ("BASE_URL", "http://hub.example", "FEDIHUB_BASE_URL: must be https://"),
        ("MEDIA_URL", "https://media.example/files", "FEDIHUB_MEDIA_URL: must have no path"),
        ("MEDIA_URL", "http://media.example", "FEDIHUB_MEDIA_URL: must be https://"),
        ("IMAGE_MAX_MEGABYTES", "0", "FEDIHUB_IMAGE_MAX_MEGABYTES: must be at least 1"),
        ("HANDLE_DOMAIN", "https://hub.example", "FEDIHUB_HANDLE_DOMAIN: must be a host name, like hub.example"),
        ("LISTEN", "8080", "FEDIHUB_LISTEN: must look like 127.0.0.1:8080"),
        ("LISTEN", "localhost:99999", "FEDIHUB_LISTEN: must look like 127.0.0.1:8080"),
        ("DATABASE_URL", "mysql://db.example/hub", "FEDIHUB_DATABASE_URL: must begin with postgresql://"),
        ("CA_FILE", "/nowhere/ca.pem", "FEDIHUB_CA_FILE: /nowhere/ca.pem is not a file"),
        ("DELIVERY_SLOTS", "0", "FEDIHUB_DELIVERY_SLOTS: must be at least 1 (from the environment)"),
        ("DELIVERY_SLOTS", "many", "FEDIHUB_DELIVERY_SLOTS: must be a whole number"),
        ("ALLOW_LOOPBACK", "perhaps", "FEDIHUB_ALLOW_LOOPBACK: must be true or false"),
        ("LOG_FORMAT", "xml", "FEDIHUB_LOG_FORMAT: must be 'text' or 'json'"),
        ("LISTEN", ":80", "FEDIHUB_LISTEN: must look like 127.0.0.1:8080"),
        ("LISTEN", "[::1:80", "FEDIHUB_LISTEN: must look like 127.0.0.1:8080"),
        ("LISTEN", "[1::2::3]:80", "FEDIHUB_LISTEN: must look like 127.0.0.1:8080"),
        ("CONTACT_EMAIL", "nobody", "FEDIHUB_CONTACT_EMAIL: must be an e-mail address"),
        ("TRUSTED_PROXIES", "127.0.0.1, proxy.example", "FEDIHUB_TRUSTED_PROXIES: must be addresses or networks"),
        ("DATABASE_URL", "postgresql://db.example", "FEDIHUB_DATABASE_URL: must look like postgresql://name:password@"),
        (
            "DATABASE_URL",
            "postgresql://me:a/b@h/hub",
            "FEDIHUB_DATABASE_URL: must look like postgresql://name:password@",
        ),
        ("CA_FILE", __file__, f"FEDIHUB_CA_FILE: {__file__} holds no certificate in PEM form"),
        ("HUB_NAME", "x" * 101, "FEDIHUB_HUB_NAME: must have at most 100 characters"),
        ("SESSION_DAYS", "366", "FEDIHUB_SESSION_DAYS: must be at most 365"),
        (
            "BASEURL",
            "https://hub.example",
            "there is no setting FEDIHUB_BASEURL (from the environment), did you mean FEDIHUB_BASE_URL?",
        ),
        (
            "Base_Url",
            "https://hub.example",
            "there is no setting FEDIHUB_Base_Url (from the environment), did you mean",
        ),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, said: str) -> None:
    assert refusal(**{name: value}).startswith(said)


def test_all_wrong_settings_are_named_at_once() -> None:
    said = refusal(LISTEN="x", SESSION_DAYS="0")
    assert "FEDIHUB_LISTEN" in said
    assert "FEDIHUB_SESSION_DAYS" in said


def written(folder: Path, text: str | bytes) -> Path:
    """A file of settings."""
    file = folder / "hub.conf"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_what_is_wrong_in_the_file_is_named_with_its_line(tmp_path: Path) -> None:
    file = written(tmp_path, "# ours\nFEDIHUB_HUBNAME=Ours\n\nFEDIHUB_LISTEN=8080\n")
    listen, name = refusal(CONFIG=str(file)).split("; ")
    assert listen == f"FEDIHUB_LISTEN: must look like 127.0.0.1:8080 or [::1]:8080 (from {file}, line 4)"
    assert name == f"there is no setting FEDIHUB_HUBNAME (from {file}, line 2), did you mean FEDIHUB_HUB_NAME?"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FEDIHUB_HUB_NAME=Ours\njust words\n", "line 2 of {file} is not understood: it must look like NAME=value"),
        (b"FEDIHUB_HUB_NAME=\xff\xfe\n", "the settings in {file} can't be read: it is not text in UTF-8"),
    ],
)
def test_a_file_that_is_not_understood_is_refused(text: str | bytes, said: str, tmp_path: Path) -> None:
    file = written(tmp_path, text)
    assert refusal(CONFIG=str(file)) == said.format(file=file)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("FEDIHUB_HUB_NAME=Pa$$ ${HOME} #1", "Pa$$ ${HOME} #1"),
        ("  export FEDIHUB_HUB_NAME = 'The \"Hub\"'  ", 'The "Hub"'),
        ('FEDIHUB_HUB_NAME="it\'s"\r', "it's"),
        ("FEDIHUB_HUB_NAME=", "FediHub"),
    ],
)
def test_a_value_in_the_file_is_taken_as_it_stands(
    line: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONFIG_FILE, str(written(tmp_path, f"{line}\n")))
    assert load_settings().hub_name == value


def test_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().trusted_proxies == ()
    monkeypatch.setenv("FEDIHUB_TRUSTED_PROXIES", "127.0.0.1, 10.1.2.3/8 ::1")
    assert [str(network) for network in load_settings().trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]


def test_a_missing_file_is_refused() -> None:
    assert refusal(CONFIG="/nowhere/hub.env") == "FEDIHUB_CONFIG names /nowhere/hub.env, which is not a file"


def test_plain_http_is_for_this_machine_or_for_development(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost"):
        monkeypatch.setenv("FEDIHUB_BASE_URL", url)
        assert load_settings().base_url == url
    monkeypatch.setenv("FEDIHUB_BASE_URL", "http://hub.test:8000")
    monkeypatch.setenv("FEDIHUB_ALLOW_LOOPBACK", "1")
    assert load_settings().domain == "hub.test:8000"
