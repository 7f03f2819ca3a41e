"""Configuration: where values come from, and what is said about wrong ones."""

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mediaserver.config import IceServer, MediaSettings, load
from mediaserver.errors import LocalError

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.upper().startswith("TRESEN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def toml(folder: Path, text: str) -> Path:
    path = folder / "tresen.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_the_documented_ones(tmp_path: Path) -> None:
    settings = load()
    assert (settings.http_host, settings.http_port, settings.udp_host, settings.udp_port, settings.workers) == (
        "127.0.0.1",
        8080,
        "::",
        7882,
        1,
    )
    assert settings.data_dir == tmp_path / "tresen" and settings.api_keys == {} and settings.drain_deadline_s == 30
    assert MediaSettings(workers=0).worker_count == os.cpu_count()
    assert all(field.description for field in MediaSettings.model_fields.values())


def test_file_yields_to_environment_yields_to_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = toml(tmp_path, "http_port = 1001\nudp_port = 1002\nworkers = 3\n")
    monkeypatch.setenv("TRESEN_UDP_PORT", "2002")
    monkeypatch.setenv("TRESEN_WORKERS", "4")
    settings = load(config_file=path, workers=5, http_host=None)
    assert (settings.http_port, settings.udp_port, settings.workers, settings.http_host) == (1001, 2002, 5, "127.0.0.1")
    monkeypatch.setenv("TRESEN_CONFIG_FILE", str(path))
    assert load().http_port == 1001


def test_reads_lists_and_tables_from_the_file(tmp_path: Path) -> None:
    settings = load(
        config_file=toml(
            tmp_path,
            f'announced_addresses = ["203.0.113.7", "2001:db8::7"]\npreferred_video_codecs = ["h264"]\n[api_keys]\nAPIa = "{SECRET}"\n'
            '[[ice_servers]]\nurls = ["turn:turn.example:3478"]\nusername = "u"\ncredential = "hidden"\n',
        )
    )
    assert settings.announced_addresses == ["203.0.113.7", "2001:db8::7"] and settings.preferred_video_codecs == ["H264"]
    assert settings.ice_servers == [IceServer(urls=["turn:turn.example:3478"], username="u", credential="hidden")]
    assert settings.api_keys == {"APIa": SECRET}
    assert SECRET not in repr(settings) and "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("ANNOUNCED_ADDRESSES", "203.0.113.7, ::1", ["203.0.113.7", "::1"]),
        ("ANNOUNCED_ADDRESSES", '["203.0.113.7"]', ["203.0.113.7"]),
        ("ANNOUNCED_ADDRESSES", "203.0.113.7:40000,[2001:db8::7]:40000", ["203.0.113.7:40000", "[2001:db8::7]:40000"]),
        ("ANNOUNCED_ADDRESSES", "", []),
        ("CORS_ORIGINS", "https://a.example,https://b.example", ["https://a.example", "https://b.example"]),
        ("PREFERRED_VIDEO_CODECS", "vp9,av1", ["VP9", "AV1"]),
        ("API_KEYS", f"APIa: {SECRET}", {"APIa": SECRET}),
        ("API_KEYS", f"APIa:{SECRET},APIb:{SECRET}b", {"APIa": SECRET, "APIb": SECRET + "b"}),
        ("API_KEYS", f'{{"APIa": "{SECRET}"}}', {"APIa": SECRET}),
        ("ICE_SERVERS", "stun:stun.example", [IceServer(urls=["stun:stun.example"])]),
        (
            "ICE_SERVERS",
            '[{"urls": "turn:t.example", "username": "u", "credential": "c"}]',
            [IceServer(urls=["turn:t.example"], username="u", credential="c")],
        ),
        ("LOG_FORMAT", "json", "json"),
    ],
)
def test_reads_the_environment(monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: Any) -> None:
    monkeypatch.setenv(f"TRESEN_{name}", text)
    assert getattr(load(), name.lower()) == value


def test_an_unknown_key_names_the_nearest_right_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LocalError, match=r"^unknown setting http_prot; did you mean http_port\?$"):
        load(http_prot=1)
    with pytest.raises(LocalError, match=r"unknown setting drain_deadline; did you mean drain_deadline_s\?"):
        load(config_file=toml(tmp_path, "drain_deadline = 3\n"))
    with pytest.raises(LocalError, match=r"^unknown setting zzzz$"):
        load(zzzz=1)
    monkeypatch.setenv("TRESEN_UDP_PROT", "1")
    with pytest.raises(LocalError, match=r"unknown environment variable TRESEN_UDP_PROT; did you mean TRESEN_UDP_PORT\?"):
        load()
    with pytest.raises(ValidationError):
        MediaSettings()


def test_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRESEN_CRYPTO", "openssl")
    assert load().http_port == 8080


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"http_port": 65536}, "http_port: .*65535"),
        ({"http_port": "eighty"}, "http_port: "),
        ({"workers": -1}, "workers: "),
        ({"workers": 2, "udp_port": 65535}, "2 workers from udp_port 65535 on go beyond port 65535"),
        ({"announced_addresses": ["media.example"]}, "'media.example' is not an IP address"),
        ({"announced_addresses": ["192.0.2.1:65536"]}, "'192.0.2.1:65536' is not an IP address, IPv4:port"),
        ({"announced_addresses": ["192.0.2.1:65535"], "workers": 2}, "2 workers from 192.0.2.1:65535 on go beyond port 65535"),
        ({"preferred_video_codecs": ["H265"]}, "preferred_video_codecs.0: "),
        ({"preferred_video_codecs": []}, "preferred_video_codecs: "),
        ({"ice_servers": ["https://x"]}, "begins with stun:"),
        ({"ice_servers": [{"urls": "stun:x", "user": "u"}]}, "ice_servers.0.user: "),
        ({"ice_servers": "[{"}, "ice_servers: "),
        ({"api_keys": "nocolon"}, "key:secret"),
        ({"api_keys": "{"}, "api_keys: "),
        ({"api_keys": "[1]"}, "key:secret"),
        ({"drain_deadline_s": -1}, "drain_deadline_s: "),
        ({"log_level": "loud"}, "log_level: "),
        ({"config_file": "/nonexistent/tresen.toml"}, "cannot read the configuration file"),
    ],
)
def test_says_what_is_wrong(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LocalError, match=sentence):
        load(**arguments)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(LocalError) as failure:
        load(config_file=toml(tmp_path, "http_port = -1\nworkrs = 1\nlog_level = 5\n"))
    assert len(str(failure.value).splitlines()) == 3


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"is not TOML: .*line 1"):
        load(config_file=toml(tmp_path, "http_port: 8080\n"))


@pytest.mark.parametrize(
    ("key", "secret", "sentence"),
    [
        ("APIa", "secret", "has 6 characters, at least 32"),
        ("APIa", "", "has 0 characters"),
        ("devkey", "secret" * 8, "well-known"),
        ("APIa", "changeme-changeme-changeme-changeme", "well-known"),
        ("APIa", "a" * 40, "repetitive"),
        ("", SECRET, "needs a name"),
        ("a:b", SECRET, "needs a name"),
    ],
)
def test_weak_keys_are_refused_without_showing_them(key: str, secret: str, sentence: str) -> None:
    with pytest.raises(LocalError, match=sentence) as failure:
        load(api_keys={key: secret})
    assert len(secret) < 8 or secret not in str(failure.value)
    with pytest.raises(ValidationError) as raw:
        MediaSettings(api_keys={key: secret})
    assert len(secret) < 8 or secret not in str(raw.value)
