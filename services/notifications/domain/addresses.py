"""Where calls to addresses that sellers give may go: out into the internet, and nowhere into our own network.

What an address looks like is checked when it is given (`check_url`); what its name leads to, at every connection
(`refusal`, by `channels.outward`), since a name may lead elsewhere a second later.
"""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

LONGEST = 2000
LONGEST_NAME = 253
LONGEST_LABEL = 63
"""Of a host's name and of what stands between its dots (RFC 1035): no resolver can be asked for more."""
PORTS_BELOW_1024 = frozenset({80, 443})
"""All others down there are mail, shells and the like, which a POST could be made to speak to."""

_PLAIN = re.compile(r"[!-\[\]-~]+")
_CARRIERS = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
"""NAT64: the last four bytes are an IPv4 address."""
_OURS = (
    ip_network("168.63.129.16/32"),  # Azure's own, public by its number
    ip_network("192.0.0.0/24"),  # for protocols; not all versions of Python count it among the private ones
    ip_network("192.88.99.0/24"),  # the 6to4 relays
    ip_network("fec0::/10"),  # site-local
    ip_network("::/96"),  # IPv4-compatible
)


class BadAddress(ValueError):
    """An address that nothing is sent to; the text says why."""


def check_url(url: str, *, loopback: bool) -> SplitResult:
    """The parts of an address that may be called, as far as its text tells. Raises `BadAddress`.

    `loopback`: this machine, and unencrypted, may be called too (trials and tests).
    """
    if len(url) > LONGEST or not _PLAIN.fullmatch(url):
        raise BadAddress(f"must be at most {LONGEST} ASCII characters, without blanks; write the name in Punycode")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadAddress("is no address") from error
    if parts.scheme not in (("https", "http") if loopback else ("https",)):
        raise BadAddress("must begin with https://")
    if not parts.hostname:
        raise BadAddress("must name a host")
    if not _is_name(parts.hostname):
        raise BadAddress(f"must name a host: at most {LONGEST_NAME} characters, {LONGEST_LABEL} between dots")
    if "@" in parts.netloc:
        raise BadAddress("must not hold a user or a password")
    if parts.fragment:
        raise BadAddress("must not have a fragment")
    if port is not None and port < 1024 and port not in PORTS_BELOW_1024:
        raise BadAddress(f"must not use port {port}")
    _check_literal(parts.hostname, loopback=loopback)
    return parts


def refusal(address: str, *, loopback: bool) -> str | None:
    """Why nothing is sent to an IP address; None where it may be."""
    try:
        found = ip_address(address)
    except ValueError:
        return "is no IP address"
    inner = _inner(found)
    if loopback and inner.is_loopback:
        return None
    if not inner.is_global or inner.is_multicast or any(inner in network for network in _OURS):
        return "is not an address of the internet"
    return None


def _is_name(host: str) -> bool:
    """Whether a resolver could be asked for it; a dot may end it."""
    name = host.removesuffix(".")
    return len(name) <= LONGEST_NAME and all(1 <= len(label) <= LONGEST_LABEL for label in name.split("."))


def _check_literal(host: str, *, loopback: bool) -> None:
    try:
        ip_address(host)
    except ValueError:
        return
    if why := refusal(host, loopback=loopback):
        raise BadAddress(f"must lead out into the internet: {host} {why}")


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that is meant by an IPv6 address which only wraps it."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour or address
    if address.teredo:
        return address.teredo[1]
    if any(isinstance(network, IPv6Network) and address in network for network in _CARRIERS):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
