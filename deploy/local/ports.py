"""Ports of the system's choice that stay ours until a server binds them, however busy the machine is.

A port that was merely free a moment ago may be another server's when ours binds it, or a client's own source port.
"""

import socket


def reserve_port() -> socket.socket:
    """A bound socket that does not listen, to be kept for as long as its port (`port_of`) is meant for our server.

    The server binds the same port beside it (both set SO_REUSEADDR, only one listens), while nobody else gets it:
    neither another server, nor, while ours restarts, a reconnecting client as its own source port.
    """
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved


def port_of(reserved: socket.socket) -> int:
    return int(reserved.getsockname()[1])
