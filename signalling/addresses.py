"""Where requests on somebody else's behalf may go: never to this machine's own network.

For webhooks, key sets and shops, whose URLs come from tenants. A name is resolved once, every address is judged, and the connection is
made to just these addresses (a second answer of the DNS changes nothing). What is not globally routable is refused, also inside IPv6
forms that carry an IPv4 address. OWASP's SSRF prevention cheat sheet; IANA's special-purpose address registries through `ipaddress`.
"""

import asyncio
import errno
import ipaddress
import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from mediaserver.errors import Unprocessable

# NAT64 (RFC 6052) and its local form (RFC 8215): the last 32 bits are an IPv4 address.
NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
URL_CHARS_MAX = 2048
# A connection that is not there within this is not coming; the whole request has the caller's own limit.
CONNECT_S = 5.0


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet's, whichever way it is written."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(each.is_global and not each.is_multicast for each in _meant(parsed))


def _meant(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The address, and those it stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    inside: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = [address]
    if address.sixtofour is not None:
        inside.append(address.sixtofour)
    if address.teredo is not None:
        inside.extend(address.teredo)
    if any(address in network for network in NAT64):
        inside.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return inside


def checked_url(text: str, *, private: bool, pointer: str = "/url") -> URL:
    """An absolute https URL without credentials, as a tenant may give it. Unprocessable says what is wrong.

    `private`: also http, and addresses that are not public (development, or a shop in the same network).
    """
    try:
        url = URL(text)
        host, port = url.host, url.port
    except ValueError:
        raise _refused("This is not a URL.", pointer) from None
    if len(text) > URL_CHARS_MAX or not host or not port:
        raise _refused("This is not an absolute URL with a host.", pointer)
    if url.user is not None or url.password is not None:
        raise _refused("A URL with a user name or password is not taken.", pointer)
    if url.scheme != "https" and not (private and url.scheme == "http"):
        raise _refused("The URL must begin with https://.", pointer)
    if not private and _is_address(host) and not is_public(host):
        raise _refused("This address is not a public one.", pointer)
    return url.with_fragment(None)


def _refused(detail: str, pointer: str) -> Unprocessable:
    return Unprocessable(detail, code="url", pointer=pointer)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


class PublicResolver(AbstractResolver):
    """Resolves names to their public addresses; OSError where there is none."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """See `aiohttp.abc.AbstractResolver`."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        results: list[ResolveResult] = [
            {
                "hostname": host,
                "host": str(address[0]),
                "port": port,
                "family": kind,
                "proto": protocol,
                "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            }
            for kind, _, protocol, _, address in found
            if is_public(str(address[0]))
        ]
        if not results:
            raise OSError(errno.EADDRNOTAVAIL, f"{host} has no public address")
        return results

    async def close(self) -> None:
        """Nothing to close."""


def client(*, private: bool, total_s: float, connections: int = 32) -> aiohttp.ClientSession:
    """An HTTP client for URLs of tenants: public addresses only unless `private`, no cookies, no proxy; a request takes `total_s` at most.

    Redirects are the caller's to refuse (`allow_redirects=False`): they would lead past `checked_url`.
    """
    resolver: Any = {} if private else {"resolver": PublicResolver()}
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(use_dns_cache=False, limit=connections, **resolver),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=total_s, connect=CONNECT_S),
        trust_env=False,
    )
