"""Messages over a socket: whole or not at all, and no descriptor is left open, whatever comes."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_analysis.reporting.engines import wire

Pair = tuple[socket.socket, socket.socket]
TEXT = st.text(alphabet=st.characters(exclude_categories=()))
JSON = st.recursive(
    TEXT | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.settimeout(30)
    with ours, theirs:
        yield ours, theirs


def _open_descriptors() -> set[int]:
    found = set()
    for descriptor in range(256):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        found.add(descriptor)
    return found


def _framed(body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + body


@given(st.dictionaries(TEXT, JSON, max_size=5))
def test_what_is_sent_is_what_is_received_lone_surrogates_included(message):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send(ours, message)
        assert wire.receive(theirs) == message


def test_a_message_larger_than_any_buffer_arrives_whole(pair):
    message = {"text": "é" * 3_000_000}
    sender = threading.Thread(target=wire.send, args=(pair[0], message))
    sender.start()
    assert wire.receive(pair[1]) == message
    sender.join(30)


def test_a_message_that_comes_byte_by_byte_arrives_whole(pair):
    raw = _framed(json.dumps({"a": "b" * 40}).encode()) + _framed(b'{"next": 1}')

    def drip() -> None:
        for byte in raw:
            pair[0].sendall(bytes([byte]))

    sender = threading.Thread(target=drip)
    sender.start()
    assert wire.receive_with_descriptors(pair[1], 2) == ({"a": "b" * 40}, [])
    assert wire.receive(pair[1]) == {"next": 1}
    sender.join(30)


@pytest.mark.parametrize("most", [0, 2])
@pytest.mark.parametrize("kept", range(8))
def test_a_message_cut_off_anywhere_is_a_closed_connection_and_no_shorter_message(pair, kept, most):
    pair[0].sendall(_framed(b'{"a":1}')[:kept])
    pair[0].close()
    with pytest.raises(wire.Closed):
        wire.receive_with_descriptors(pair[1], most)


def test_a_connection_that_is_reset_is_a_closed_one(pair):
    # Linux resets a Unix socket that is closed with something unread in it.
    wire.send(pair[1], {"never": "read"})
    pair[0].close()
    with pytest.raises(wire.Closed):
        wire.receive(pair[1])
    with pytest.raises(wire.Closed):
        wire.send(pair[1], {"a": 1})


@pytest.mark.parametrize("length", [wire.LARGEST + 1, 2**32 - 1])
def test_an_oversized_length_is_refused_before_anything_is_read_or_kept_in_memory(pair, length):
    pair[0].sendall(struct.pack("!I", length) + b"{")
    with pytest.raises(wire.Closed, match="a message of"):
        wire.receive(pair[1])


def test_a_message_too_large_is_refused_by_its_sender_and_nothing_of_it_is_sent(pair, monkeypatch):
    monkeypatch.setattr(wire, "LARGEST", 100)
    with pytest.raises(ValueError, match="at most 100"):
        wire.send(pair[0], {"a": "b" * 101})
    wire.send(pair[0], {"a": 1})
    assert wire.receive(pair[1]) == {"a": 1}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[]", b"3", b"null", b'"do"', b"cos\nsystem\n(S'true'\ntR."], ids=repr
)
def test_garbage_is_a_value_error_and_never_a_message(pair, body):
    pair[0].sendall(_framed(body))
    with pytest.raises(ValueError):
        wire.receive(pair[1])


@given(st.binary(max_size=200))
def test_random_bytes_are_a_message_a_closed_connection_or_a_value_error(raw):
    ours, theirs = socket.socketpair()
    with theirs:
        with ours:
            ours.sendall(raw)
        with contextlib.suppress(wire.Closed, ValueError):
            assert isinstance(wire.receive(theirs), dict)


def test_nothing_that_comes_within_the_time_given_is_a_timeout(pair):
    pair[1].settimeout(0.01)
    with pytest.raises(TimeoutError):
        wire.receive(pair[1])


def test_a_descriptor_arrives_open_and_is_not_handed_on_to_programs(pair):
    reader, writer = os.pipe()
    wire.send(pair[0], {"a": 1}, (writer,))
    os.close(writer)
    message, (received,) = wire.receive_with_descriptors(pair[1], 2)
    assert message == {"a": 1}
    assert not os.get_inheritable(received), "a program that a notebook starts would hold the socket open"
    os.write(received, b"through")
    os.close(received)
    with os.fdopen(reader, "rb") as end:
        assert end.read() == b"through"


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (_framed(b"{"), ValueError),
        (_framed(b"[]"), ValueError),
        (_framed(b'{"a": 1}')[:-1], wire.Closed),
        (b"\0\0", wire.Closed),
        (struct.pack("!I", 2**32 - 1), wire.Closed),
    ],
    ids=["broken", "no object", "cut off", "no length", "oversized"],
)
def test_descriptors_that_come_with_a_broken_message_are_closed(pair, raw, error):
    before = _open_descriptors()
    with open(os.devnull) as passed:
        socket.send_fds(pair[0], [raw[:4]], [passed.fileno(), passed.fileno()])
    pair[0].sendall(raw[4:])
    pair[0].shutdown(socket.SHUT_WR)
    with pytest.raises(error):
        wire.receive_with_descriptors(pair[1], 2)
    assert _open_descriptors() == before


def test_descriptors_are_closed_when_the_rest_of_the_message_does_not_come_in_time(pair):
    before = _open_descriptors()
    with open(os.devnull) as passed:
        socket.send_fds(pair[0], [_framed(b'{"a": 1}')[:4]], [passed.fileno()])
    pair[1].settimeout(0.01)
    with pytest.raises(TimeoutError):
        wire.receive_with_descriptors(pair[1], 2)
    assert _open_descriptors() == before


def test_more_descriptors_than_expected_do_not_stay_open(pair):
    before = _open_descriptors()
    with open(os.devnull) as passed:
        wire.send(pair[0], {"a": 1}, (passed.fileno(),) * 20)
    _, received = wire.receive_with_descriptors(pair[1], 2)
    for descriptor in received:
        os.close(descriptor)
    assert _open_descriptors() == before


def test_descriptors_nobody_asked_for_do_not_stay_open(pair):
    before = _open_descriptors()
    with open(os.devnull) as passed:
        wire.send(pair[0], {"a": 1}, (passed.fileno(),))
    assert wire.receive(pair[1]) == {"a": 1}
    assert _open_descriptors() == before


def test_the_user_on_the_other_side_is_the_one_the_kernel_knows(pair):
    assert wire.peer_uid(pair[1]) == os.getuid()
