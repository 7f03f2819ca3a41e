"""Requests for tenants never reach our own network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaserver.errors import Unprocessable
from signalling.addresses import PublicResolver, checked_url, client, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "198.18.0.1", "not an address", "",
    ],
)  # fmt: skip
def test_addresses_that_are_not_the_open_internets_are_told_apart(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hook", "ftp://shop.example", "https://user:secret@shop.example/", "https://user@shop.example/", "https:///x",
        "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:7f00:1]/", "https://10.0.0.1:8443/x", "//shop.example", "shop.example",
        "", "https://" + "a" * 3000, "https://[::1", "https://shop.example:99999/", "javascript:alert(1)", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_urls_that_lead_astray_are_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        checked_url(url, private=False)
    assert refused.value.detail.endswith(".")


def test_a_public_https_url_is_taken_without_its_fragment() -> None:
    assert str(checked_url("https://shop.example:8443/hook?a=1#x", private=False)) == "https://shop.example:8443/hook?a=1"


def test_where_private_addresses_are_allowed_http_to_loopback_is_taken() -> None:
    assert checked_url("http://127.0.0.1:9000/hook", private=True).port == 9000


@given(st.text(max_size=60))
def test_any_text_is_a_url_or_refused(text: str) -> None:
    try:
        checked_url(text, private=False)
    except Unprocessable:
        pass


async def test_a_name_that_resolves_to_loopback_only_has_no_public_address() -> None:
    with pytest.raises(OSError, match="no public address"):
        await PublicResolver().resolve("localhost", 443)


@pytest.mark.parametrize("host", ["localhost", "0x7f.1"])
async def test_the_client_does_not_connect_to_loopback_by_name(host: str) -> None:
    async with client(private=False, total_s=5) as session:
        with pytest.raises(OSError, match="no public address"):
            await session.get(f"http://{host}:9/", allow_redirects=False)
