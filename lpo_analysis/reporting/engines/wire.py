"""Messages between client, server and child: a length, then JSON; file descriptors beside the first bytes. Never pickle."""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("!I")
LARGEST = 2**30
"""Bytes of one message; a cell that shows more fails with a clear error instead of filling the memory of its reader."""


class Closed(Exception):  # noqa: N818
    """The other side went away."""


def send(connection: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
    """Send one message.

    Parameters
    ----------
    connection : socket.socket
        A connected Unix socket.
    message : dict
        What JSON can hold.
    descriptors : tuple of int, optional
        Open file descriptors to pass along.

    Raises
    ------
    Closed
        If the other side went away.
    ValueError
        If the message is larger than `LARGEST`.
    """
    send_bytes(connection, json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass"), descriptors)


def send_bytes(connection: socket.socket, body: bytes, descriptors: tuple[int, ...] = ()) -> None:
    """Send one message that is JSON already.

    Parameters
    ----------
    connection : socket.socket
        A connected Unix socket.
    body : bytes
        JSON in UTF-8.
    descriptors : tuple of int, optional
        Open file descriptors to pass along.

    Raises
    ------
    Closed
        If the other side went away.
    ValueError
        If the message is larger than `LARGEST`.
    """
    if len(body) > LARGEST:
        raise ValueError(f"a message of {len(body):,} bytes; at most {LARGEST:,} can be sent")
    try:
        if descriptors:
            socket.send_fds(connection, [_LENGTH.pack(len(body))], list(descriptors))
            connection.sendall(body)
        else:
            connection.sendall(_LENGTH.pack(len(body)) + body)
    except (BrokenPipeError, ConnectionError) as error:
        raise Closed(str(error)) from None


def receive(connection: socket.socket) -> dict[str, Any]:
    """Receive one message.

    Parameters
    ----------
    connection : socket.socket
        A connected Unix socket.

    Returns
    -------
    dict
        The message.

    Raises
    ------
    Closed
        If the other side went away, also in the middle of a message, or announces one larger than `LARGEST`.
    ValueError
        If it is no JSON object.
    TimeoutError
        If the socket has a timeout and nothing came.
    """
    return receive_with_descriptors(connection, 0)[0]


def receive_with_descriptors(connection: socket.socket, most: int) -> tuple[dict[str, Any], list[int]]:
    """Receive one message with file descriptors.

    Parameters
    ----------
    connection : socket.socket
        A connected Unix socket.
    most : int
        How many descriptors may come.

    Returns
    -------
    tuple of dict and list of int
        Message and descriptors, which the caller must close.

    Raises
    ------
    Closed
        If the other side went away, also in the middle of a message, or announces one larger than `LARGEST`.
    ValueError
        If it is no JSON object.
    TimeoutError
        If the socket has a timeout and nothing came.
    """
    descriptors: list[int] = []
    try:
        if most:
            head, descriptors, _, _ = socket.recv_fds(connection, _LENGTH.size, most)
            if len(head) < _LENGTH.size:
                head += _exactly(connection, _LENGTH.size - len(head)) if head else b""
        else:
            head = _exactly(connection, _LENGTH.size)
        if len(head) < _LENGTH.size:
            raise Closed("end of stream")
        (length,) = _LENGTH.unpack(head)
        if length > LARGEST:
            raise Closed(f"a message of {length:,} bytes")
        message = json.loads(_exactly(connection, length).decode("utf-8", "surrogatepass"))
        if not isinstance(message, dict):
            raise ValueError("a message that is no JSON object")
        for descriptor in descriptors:
            # Nothing that a notebook starts shall hold the other end of what its client waits for.
            os.set_inheritable(descriptor, False)
    except BaseException as error:
        for descriptor in descriptors:
            os.close(descriptor)
        if isinstance(error, ConnectionError):
            raise Closed(str(error)) from None
        raise
    return message, descriptors


def _exactly(connection: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = connection.recv(min(length - len(parts), 1 << 20))
        if not part:
            raise Closed("end of stream")
        parts += part
    return bytes(parts)


def peer_uid(connection: socket.socket) -> int:
    """Return the user on the other side of a Unix socket, as the kernel knows it.

    Parameters
    ----------
    connection : socket.socket
        A connected Unix socket.

    Returns
    -------
    int
        Effective user id.
    """
    if hasattr(socket, "SO_PEERCRED"):
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", raw)[1])
    # macOS: level SOL_LOCAL, option LOCAL_PEERCRED, struct xucred {u_int version; uid_t uid; ...}.
    raw = connection.getsockopt(0, 1, 76)
    return int(struct.unpack_from("=2I", raw)[1])
