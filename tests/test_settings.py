"""Settings: from file and environment, secrets from files, and mistakes named."""

from pathlib import Path

import pytest

from gateway.app import relays_from
from gateway.configuration import load, masked
from gateway.core.ledger.pace import Rate
from gateway.opening import mail_limits_of
from gateway.settings import Settings, SettingsError


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "postroom.toml"
    file.write_text('domain = "a.example"\ncommunity_name = "A"\nrelay_port = 25\n')
    settings = load({"POSTROOM_DOMAIN": "b.example"}, file)
    assert (settings.domain, settings.community_name, settings.relay_port) == ("b.example", "A", 25)


def test_an_international_domain_is_kept_as_dns_knows_it() -> None:
    assert load({"POSTROOM_DOMAIN": "Bücher.example"}).domain == "xn--bcher-kva.example"


def test_there_may_be_several_places_where_mail_comes_in() -> None:
    chosen = load({"POSTROOM_SMTP_LISTEN": "0.0.0.0:25, [::]:25", "POSTROOM_LMTP_LISTEN": "/run/lmtp.sock,[::1]:24"})
    assert chosen.smtp_listen == ("0.0.0.0:25", "[::]:25")
    assert chosen.lmtp_listen == ("/run/lmtp.sock", "[::1]:24")


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    assert load({"POSTROOM_RELAY_PASSWORD_FILE": str(secret)}).relay_password == "s3cret"


def test_secrets_are_masked() -> None:
    shown = masked(Settings(relay_password="s3cret", telegram_token="1:x"))
    assert shown["relay_password"] == shown["telegram_token"] == "(set)"
    assert shown["slack_bot_token"] == ""
    assert "s3cret" not in str(shown)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"POSTROOM_DOMAN": "x"}, ["POSTROOM_DOMAN", "no such setting", "Did you mean domain?"]),
        ({"POSTROOM_RELAY_PORT": "many"}, ["relay_port", "'many'", "a whole number"]),
        ({"POSTROOM_ON_AMBIGUOUS": "guess"}, ["on_ambiguous", "resend or hold"]),
        ({"POSTROOM_BASE_URL": "example.org"}, ["base_url", "http:// or https://"]),
        ({"POSTROOM_BASE_URL": "https://example.org/blog"}, ["base_url"]),
        ({"POSTROOM_TIME_ZONE": "Berlin"}, ["time_zone", "Europe/Berlin"]),
        ({"POSTROOM_SMTP_LISTEN": "2525"}, ["smtp_listen", "host:port"]),
        ({"POSTROOM_SMTP_LISTEN": "127.0.0.1:25,587"}, ["smtp_listen", "'587'", "host:port"]),
        ({"POSTROOM_LMTP_LISTEN": "lmtp.sock"}, ["lmtp_listen", "host:port"]),
        ({"POSTROOM_SUBMISSION_LISTEN": "0.0.0.0:587"}, ["tls_certificate", "submission_listen"]),
        ({"POSTROOM_REQUIRE_TLS": "yes"}, ["tls_certificate", "require_tls"]),
        ({"POSTROOM_PROXIES": "10.0.0.0/8,proxy"}, ["proxies", "'proxy'", "networks"]),
        ({"POSTROOM_MAX_RECIPIENTS": "0"}, ["max_recipients", "1 or more"]),
        ({"POSTROOM_BARE_LINE_ENDS": "fix"}, ["bare_line_ends", "keep or refuse"]),
        ({"POSTROOM_DOMAIN": "b" * 70 + ".example"}, ["domain", "post.example.org"]),
        ({"POSTROOM_OPEN_SIGN_UP": "perhaps"}, ["open_sign_up", "true or false"]),
        ({"POSTROOM_MAIL_VIEWER_LISTEN": "0.0.0.0:80"}, ["mail_viewer_listen", "loopback"]),
        ({"POSTROOM_RELAY_PASSWORD_FILE": "/nowhere"}, ["relay_password_file", "/nowhere"]),
        ({"POSTROOM_TELEGRAM_TOKEN": "1:x", "POSTROOM_TELEGRAM_MODE": "webhook"}, ["telegram_webhook_secret"]),
        ({"POSTROOM_DKIM_ED25519_SELECTOR": "postroom"}, ["dkim_ed25519_selector", "dkim_selector"]),
        ({"POSTROOM_DKIM_ED25519_KEY": "x"}, ["dkim_ed25519_selector", "needed"]),
        ({"POSTROOM_SLACK_BOT_TOKEN": "xoxb-1"}, ["slack_app_token"]),
        ({"POSTROOM_DOMAIN_FILE": "/etc/hostname"}, ["POSTROOM_DOMAIN_FILE"]),
        ({"POSTROOM_SECRET_KEYS": "0:abc"}, ["secret_keys", "at least 32 hexadecimal digits"]),
        ({"POSTROOM_SECRET_KEYS": "0:" + "ab" * 15}, ["secret_keys"]),
        ({"POSTROOM_SECRET_KEYS": "16:" + "ab" * 16}, ["secret_keys"]),
        ({"POSTROOM_SECRET_KEYS": "0:" + "ab" * 16 + ",0:" + "cd" * 16}, ["secret_keys"]),
        ({"POSTROOM_DNS_SERVERS": "foo"}, ["dns_servers", "'foo'", "address:port"]),
        ({"POSTROOM_DNS_SERVERS": "192.0.2.53,192.0.2.53:0"}, ["dns_servers", "'192.0.2.53:0'"]),
        ({"POSTROOM_DNS_SERVERS": "[2001:db8::53]:x"}, ["dns_servers"]),
        ({"POSTROOM_MAIL_LIMITS": "gmail.com=60"}, ["mail_limits", "'gmail.com=60'", "60/minute"]),
        ({"POSTROOM_MAIL_LIMITS": "*=600/minute,gmail.com=0/minute"}, ["mail_limits", "gmail.com=0/minute"]),
        ({"POSTROOM_MAIL_LIMITS": "gmail=60/minute"}, ["mail_limits", "'gmail=60/minute'"]),
        ({"POSTROOM_MAIL_LIMITS": "*=6/fortnight"}, ["mail_limits", "second, hour and day"]),
        ({"POSTROOM_RELAY_CONNECTIONS": "0"}, ["relay_connections: 0", "1 or more"]),
        ({"POSTROOM_NEWSLETTER_PAUSE_PERCENT": "500"}, ["newsletter_pause_percent", "'500'", "from 0 to 100"]),
        ({"POSTROOM_MICROCAST": "town/x/y"}, ["microcast", "'town/x/y'", "town/microcast"]),
        ({"POSTROOM_RELAY_FALLBACKS": "none://127.0.0.1"}, ["relay_host", "relay_fallbacks"]),
    ],
)
def test_a_mistake_names_the_setting_and_what_is_accepted(environment: dict[str, str], words: list[str]) -> None:
    with pytest.raises(SettingsError) as error:
        load(environment)
    for word in words:
        assert word in str(error.value)


def test_a_file_that_is_not_toml_or_not_there_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("domain = ")
    for environment, file in (({}, broken), ({"POSTROOM_SETTINGS": str(tmp_path / "none.toml")}, None)):
        with pytest.raises(SettingsError, match=r"\.toml"):
            load(environment, file)


def test_limits_of_mail_may_be_a_table_a_list_or_a_line(tmp_path: Path) -> None:
    file = tmp_path / "postroom.toml"
    for text in (
        '[mail_limits]\n"*" = "600/minute"\n"Bücher.example" = "5 / day"\n',
        'mail_limits = ["*=600/minute", "Bücher.example = 5/day"]\n',
        'mail_limits = "* = 600/minute, Bücher.example=5/day"\n',
    ):
        file.write_text(text)
        limits = mail_limits_of(load({}, file))
        assert limits.rates == {"*": Rate(600, 60), "xn--bcher-kva.example": Rate(5, 86_400)}
        assert limits.of("bob@xn--bcher-kva.example") == ["*", "xn--bcher-kva.example"]


FALLBACKS = [
    ("starttls://alice:p%40ss%2C@smtp.example.net", ("smtp.example.net", 587, "starttls", "alice", "p@ss,")),
    ("tls://smtp.example.net:4650", ("smtp.example.net", 4650, "tls", "", "")),
    ("none://[::1]", ("::1", 25, "none", "", "")),
    ("smtp://smtp.example.net", None),
    ("starttls://smtp.example.net:x", None),
    ("starttls://alice@smtp.example.net", None),
    ("tls://smtp.example.net/path", None),
    ("relay.town.example:25", None),
]


@pytest.mark.parametrize(("line", "place"), FALLBACKS)
def test_a_second_relay_is_read_or_refused_without_its_password(
    line: str, place: tuple[str, int, str, str, str] | None
) -> None:
    environment = {"POSTROOM_RELAY_HOST": "127.0.0.1", "POSTROOM_RELAY_FALLBACKS": f"none://127.0.0.2,{line}"}
    if place is None:
        with pytest.raises(SettingsError, match="relay_fallbacks: that is not accepted") as error:
            load(environment)
        assert line not in str(error.value)
        return
    chosen = load(environment)
    assert masked(chosen)["relay_fallbacks"] == "(set)"
    relays = relays_from(chosen)
    assert relays is not None
    first, second, third = relays.relays
    assert (first.host, second.host, first.port, second.port) == ("127.0.0.1", "127.0.0.2", 587, 25)
    assert (third.host, third.port, third.tls, third.user, third.password) == place
    assert third.helo == first.helo == chosen.hostname


def test_a_malformed_secret_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as error:
        load({"POSTROOM_SECRET_KEYS": "nonsense", "POSTROOM_BASE_URL": "x"})
    assert "nonsense" not in str(error.value)


def test_a_relative_path_in_the_file_starts_at_the_file_s_folder(tmp_path: Path) -> None:
    file = tmp_path / "postroom.toml"
    file.write_text(
        'data_dir = "town"\ndatabase_url = "sqlite:///town.db"\ntls_certificate = "c.pem"\ntls_key = "/etc/k.pem"\n'
        'lmtp_listen = ["run/lmtp.sock", "127.0.0.1:24"]\nrelay_password_file = "password"\n'
    )
    (tmp_path / "password").write_text("s3cret")
    chosen = load({}, file)
    assert (chosen.data_dir, chosen.database) == (tmp_path / "town", f"sqlite:///{tmp_path / 'town.db'}")
    assert (chosen.tls_certificate, chosen.tls_key) == (str(tmp_path / "c.pem"), "/etc/k.pem")
    assert chosen.lmtp_listen == (str(tmp_path / "run/lmtp.sock"), "127.0.0.1:24")
    assert chosen.relay_password == "s3cret"
    file.write_text('lmtp_listen = "run/lmtp.sock, 127.0.0.1:24"\ndatabase_url = "sqlite:////var/town.db"\n')
    chosen = load({}, file)
    assert chosen.lmtp_listen == (str(tmp_path / "run/lmtp.sock"), "127.0.0.1:24")
    assert (chosen.data_dir, chosen.database) == (tmp_path / "data", "sqlite:////var/town.db")


def test_a_relative_path_in_the_environment_starts_where_one_is(tmp_path: Path) -> None:
    file = tmp_path / "postroom.toml"
    file.write_text('data_dir = "town"\nrelay_password_file = "password"\n')
    (tmp_path / "password").write_text("the file's")
    environment = {"POSTROOM_DATA_DIR": "here", "POSTROOM_RELAY_PASSWORD": "the environment's"}
    chosen = load(environment, file)
    assert (chosen.data_dir, chosen.relay_password) == (Path("here"), "the environment's")
    assert load({}).data_dir == Path("data")


@pytest.mark.parametrize(
    "server", ["192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]", "[2001:db8::53]:53"]
)
def test_a_name_server_is_an_address_perhaps_with_a_port(server: str) -> None:
    assert load({"POSTROOM_DNS_SERVERS": server}).dns_servers == (server,)


def test_a_fraction_is_no_whole_number_wherever_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "postroom.toml"
    for value in ("1.5", "1.0", '"1.5"'):
        file.write_text(f'domain = "a.example"\nundo_seconds = {value}\n')
        with pytest.raises(SettingsError, match=r"undo_seconds: .* a whole number"):
            load({}, file)


def test_a_heading_is_answered_by_what_to_write_instead(tmp_path: Path) -> None:
    file = tmp_path / "postroom.toml"
    file.write_text('domain = "a.example"\n[mail]\nundo_seconds = 5\n[relay_password]\n')
    with pytest.raises(SettingsError) as caught:
        load({}, file)
    mail, password = str(caught.value).splitlines()
    assert mail.startswith("[mail]: settings stand in no tables")
    assert password.startswith("[relay_password]: ")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "postroom.toml"
    file.write_text('domian = "a.example"\nundo_seconds = -1\nopen_sign_up = "maybe"\n')
    with pytest.raises(SettingsError) as caught:
        load({"POSTROOM_UNDU": "1"}, file)
    told = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in told] == ["domian", "POSTROOM_UNDU", "undo_seconds", "open_sign_up"]
    assert "Did you mean domain?" in told[0]
