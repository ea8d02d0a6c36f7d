#!/usr/bin/env python3
"""A signalling server for Buddy in one file, written from docs/protocol.md alone.

It has the features offers, rates, names and origins of that page, and no others, so a session ends
with its connection. No handler awaits: the server handles each message completely before the next.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import secrets
import signal
import time
import unicodedata
from collections.abc import Callable, Hashable
from enum import IntEnum
from typing import Any

import msgpack
import websockets
from websockets.frames import OP_PING, OP_PONG, Frame
from websockets.legacy.server import WebSocketServerProtocol

PROTOCOL = "buddy.v1"
MAX_USERS, FULL_RETRY_MS, RECONNECT_AFTER_MS, REMATCH_SECONDS = 1000, 10_000, 2_500, 3
MAX_FRAME_BYTES = 65_536  # a longer frame ends the connection
MAX_BUFFERED_BYTES = 1_048_576  # so many bytes that it has not read end a client's connection
BEGINNING = re.compile(rb"[\x91-\x9f][\x00-\x7f]")  # of a frame: a short array, and its type
TEXT_MODE = 2
NEXT, LEFT, LOST = 0, 1, 2  # the reasons of partner-left


class Type(IntEnum):
    """The types of messages: from the client, to the partner, from the server."""

    HELLO, TICKET, NEXT, LEAVE, REPORT, PING, DIAGNOSIS, CHANGE, BLOCK = range(1, 10)
    SIGNAL, TEXT, TYPING, TRUST, CONSENT = range(16, 21)
    WELCOME, WAITING, MATCHED, PARTNER_LEFT, STATS, ERROR, GOING_AWAY = range(32, 39)
    PARTNER_AWAY, PARTNER_BACK, ICE_SERVERS, SEARCHING, MEASURE = range(39, 44)


TYPES = {int(kind): kind for kind in Type}
MAX_BYTES = dict(zip(Type, (8192, 50176, 49152, 64, 49152, 64, 64, 4096, 128, 49152, 4200, 64, 64,
                            64, 16384, 64, 2048, 64, 128, 512, 64, 64, 64, 16384, 1024, 2048)))
TO_PARTNER = {Type.SIGNAL, Type.TEXT, Type.TYPING, Type.TRUST, Type.CONSENT}
ERRORS = """unknown malformed-frame invalid-field frame-too-large wrong-direction hello-required
    hello-repeated ticket-required not-in-room rate-limited server-full too-many-connections
    origin-not-allowed unsupported-version internal wrong-mode unknown-site""".split()
FAULTS = {*ERRORS[1:7], "wrong-mode"}  # the fifth closes the connection
CLOSES = {"going-away": 4000, "server-full": 4001, "rate-limited": 4003, "hello-timeout": 4004,
          "protocol-violation": 4500, "origin-not-allowed": 4501, "unsupported-version": 4502,
          "unknown-site": 4503}
Rate = tuple[int, int]  # so many at once, and so many more each second
RATES: dict[Type | None, Rate] = {Type.SIGNAL: (100, 50), Type.TEXT: (10, 3), Type.TYPING: (10, 3),
                                  Type.NEXT: (10, 2), Type.TICKET: (10, 2)}
OTHERS_RATE, BYTES_RATE, CONTROL_RATE = (20, 5), (262_144, 65_536), (20, 2)
DROPPED_RATE, ANSWERS_RATE = (200, 20), (1, 1)


class ClientError(Exception):
    """The answer to a frame, by the name of the error. `close` is the reason to close as well."""

    def __init__(self, name: str, retry_ms: int | None = None, close: str | None = None):
        super().__init__(name)
        self.name, self.retry_ms, self.close = name, retry_ms, close


Check = Callable[[Any], bool]  # whether a value follows the rule of its field


def boolean(it: Any) -> bool:
    return isinstance(it, bool)


def uint(most: int = 0xFFFF_FFFF) -> Check:
    return lambda it: type(it) is int and 0 <= it <= most


def string(least: int, most: int) -> Check:
    return lambda it: isinstance(it, str) and least <= len(it.encode()) <= most


def array(most: int, item: Check) -> Check:
    return lambda it: isinstance(it, list) and len(it) <= most and all(map(item, it))


def record(*checks: Check) -> Check:
    """An array with a field for each check. Missing fields are nil, further ones are ignored."""
    nils = [None] * len(checks)
    return lambda it: isinstance(it, list) and all(
        check(value) for check, value in zip(checks, it + nils))


def optional(check: Check) -> Check:
    return lambda it: it is None or check(it)


key, tag, interest = string(0, 64), string(1, 35), string(1, 48)
candidate = record(string(0, 1024), optional(key), optional(uint(255)), optional(string(0, 256)))
signal_fields = record(optional(record(uint(1), string(1, 32768))), array(64, candidate),
                       optional(record(boolean, boolean)), optional(uint(255)))
resume = record(string(0, 1024), uint(), optional(uint()), optional(string(0, 512)))
FIELDS = {
    Type.HELLO: record(string(0, 128), key, key, optional(string(0, 2048)), optional(resume)),
    Type.TICKET: record(uint(2), key, array(10, interest), array(8, tag), optional(signal_fields)),
    Type.NEXT: record(optional(signal_fields)),
    Type.REPORT: record(uint(), optional(key)),
    Type.DIAGNOSIS: record(uint()), Type.BLOCK: record(optional(key)),
    Type.SIGNAL: signal_fields, Type.CHANGE: record(array(10, interest), array(8, tag)),
    Type.TEXT: record(string(1, 4096)),
    Type.TYPING: record(boolean), Type.CONSENT: record(uint(), boolean),
    **dict.fromkeys((Type.LEAVE, Type.PING, Type.TRUST), record()),
}


def decode(frame: bytes) -> list[Any]:
    """Returns the message in a frame. msgpack allows more than the protocol does."""
    try:
        message = msgpack.unpackb(frame)
    except (ValueError, msgpack.UnpackException) as error:
        raise ClientError("malformed-frame") from error
    values = [(1, message)]
    for depth, value in values:  # the loop also reaches the values that it appends
        is_array = isinstance(value, list) and depth <= 4
        is_allowed = is_array or value is None or isinstance(value, (bool, int, str))
        if not is_allowed or len(values) > 512:
            raise ClientError("malformed-frame")
        values += [(depth + 1, element) for element in value] if is_array else []
    return message


def clean(text: str) -> str:
    """Returns a name or an interest without characters that cannot be seen; empty if none can."""
    kinds = {char: unicodedata.category(char) for char in text}
    hidden = {char for char, kind in kinds.items() if kind in ("Cc", "Cf")} - {"\u200c", "\u200d"}
    is_visible = any(kind[0] in "LNPS" for kind in kinds.values())
    return " ".join("".join(" " if char in hidden else char for char in text).split()) * is_visible


class Client(WebSocketServerProtocol):
    """A connection and its session, on the connection class of websockets 10.4."""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.id = self.name = ""  # of the session, which begins with a valid hello
        self.queue: tuple[str, int] | None = None  # the lobby and the mode of the latest ticket
        self.interests: list[str] = []
        self.timer: asyncio.TimerHandle | None = None  # for another try in the queue
        self.partner: Client | None = None
        self.latest_partner: str | None = None
        self.levels: dict[Hashable, tuple[float, float]] = {}  # what each rate has left, and when
        self.faults, self.has_waited = 0, False
        self.closing: asyncio.Task[None] | None = None

    def select_subprotocol(self, offered: Any, _known: Any) -> Any:
        # A browser can read why another subprotocol is refused only if the server selects it.
        return PROTOCOL if PROTOCOL in offered else offered[0]

    async def read_frame(self, max_size: int | None) -> Frame:
        """Limits pings, which the library answers, and pongs that answer none of its own."""
        frame = await super().read_frame(max_size)
        is_stray_pong = frame.opcode == OP_PONG and frame.data not in self.pings
        if (is_stray_pong or frame.opcode == OP_PING) and self.wait_ms(OP_PING, CONTROL_RATE):
            self.transport.abort()
        return frame

    def wait_ms(self, what: Hashable, rate: Rate, amount: int = 1) -> int:
        """Returns 0 if the rate allows the amount now, otherwise the time until it does."""
        (at_once, per_second), now = rate, time.monotonic()
        level, updated_at = self.levels.get(what, (at_once, now))
        level = min(at_once, level + (now - updated_at) * per_second)
        is_allowed = level >= amount
        self.levels[what] = level - amount if is_allowed else level, now
        return 0 if is_allowed else int((amount - level) / per_second * 1000) + 1

    def post(self, kind: Type, *fields: Any) -> None:
        """Sends a message without waiting."""
        self.forward(msgpack.packb([kind, *fields]))

    def forward(self, frame: bytes) -> None:
        if self.transport.get_write_buffer_size() > MAX_BUFFERED_BYTES:
            self.transport.abort()
        elif not self.closing:
            websockets.broadcast([self], frame)

    def hang_up(self, reason: str) -> None:
        self.closing = self.closing or asyncio.create_task(self.close(CLOSES[reason], reason))

    def may_meet(self, other: Client) -> bool:
        have_parted = self.latest_partner == other.id and other.latest_partner == self.id
        return self is not other and (not have_parted or self.has_waited or other.has_waited)


class Server:
    """Matches the clients, and handles what they send."""

    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.clients: set[Client] = set()  # those with a session
        self.queues: dict[tuple[str, int], dict[Client, None]] = {}  # in the order of arrival
        self.rooms = 0

    async def serve(self, client: Client) -> None:
        """Serves a connection until it ends."""
        loop, reason = asyncio.get_running_loop(), LOST
        loop.call_later(self.options.hello_timeout, self.attempt, self.require_hello, client)
        try:
            self.attempt(self.admit, client)
            while True:
                self.attempt(self.receive, client, await client.recv())
        except websockets.ConnectionClosed as closed:
            if closed.rcvd and closed.rcvd_then_sent and closed.rcvd.code in (1000, 1001, 1005):
                reason = LEFT
        finally:
            self.end(client, reason)

    def attempt(self, handle: Callable[..., None], client: Client, *args: Any) -> None:
        """Calls a handler, and answers with the error that it raises."""
        try:
            handle(client, *args)
        except ClientError as error:
            client.post(Type.ERROR, ERRORS.index(error.name), error.name, error.retry_ms)
            client.faults += error.name in FAULTS
            if error.close or client.faults == 5:
                client.hang_up(error.close or "protocol-violation")
                self.end(client, LOST)

    def end(self, client: Client, reason: int) -> None:
        self.leave(client, reason)
        self.clients.discard(client)

    def require_hello(self, client: Client) -> None:
        if not client.id:
            raise ClientError("hello-required", close="hello-timeout")

    def admit(self, client: Client) -> None:
        if client.subprotocol != PROTOCOL:
            raise ClientError("unsupported-version", close="unsupported-version")
        origin = client.request_headers.get("Origin")
        if origin is not None and self.options.origin and origin not in self.options.origin:
            raise ClientError("origin-not-allowed", close="origin-not-allowed")

    def receive(self, client: Client, frame: bytes | str) -> None:
        """Checks a frame in the order that the protocol gives, and handles it."""
        if client.closing:
            return
        if isinstance(frame, str) or not BEGINNING.match(frame):
            raise ClientError("malformed-frame")
        kind = TYPES.get(frame[1])
        if kind is not None and len(frame) > MAX_BYTES[kind]:
            raise ClientError("frame-too-large")
        if kind is not None and kind not in FIELDS:
            raise ClientError("wrong-direction")
        if kind is not None and (kind is Type.HELLO) == bool(client.id):
            raise ClientError("hello-repeated" if client.id else "hello-required")
        if client.id and self.is_over_rate(client, kind, len(frame)) or kind is None:
            return
        fields = decode(frame)[1:] + [None] * 5
        if kind in (Type.SIGNAL, Type.TRUST) and client.queue and client.queue[1] == TEXT_MODE:
            raise ClientError("wrong-mode")
        if not FIELDS[kind](fields):
            raise ClientError("invalid-field")
        match kind:
            case Type.HELLO:
                self.welcome(client, name=fields[0], site=fields[1])
            case Type.TICKET:
                self.take_ticket(client, *fields[:3])
                self.enter(client, offer=fields[4])
            case Type.NEXT:
                self.enter(client, offer=fields[0])
            case Type.LEAVE:
                self.leave(client, LEFT)
            case Type.PING:
                client.post(Type.STATS, *self.figures())
            case _ if kind in TO_PARTNER:
                if not client.partner:
                    raise ClientError("not-in-room")
                client.partner.forward(frame)

    def is_over_rate(self, client: Client, kind: Type | None, size: int) -> bool:
        """Returns whether to drop a frame without an answer. Raises the answer if one is due."""
        wait_ms = client.wait_ms(kind if kind in RATES else None, RATES.get(kind, OTHERS_RATE))
        if not wait_ms and kind in TO_PARTNER:
            wait_ms = client.wait_ms("bytes", BYTES_RATE, size)
        if not wait_ms or kind is Type.LEAVE:
            return False
        if client.wait_ms("dropped", DROPPED_RATE):
            raise ClientError("rate-limited", wait_ms, close="rate-limited")
        if kind in (Type.NEXT, Type.TICKET) or not client.wait_ms(("answer", kind), ANSWERS_RATE):
            raise ClientError("rate-limited", wait_ms)
        return True

    def welcome(self, client: Client, name: str, site: str) -> None:
        if site:
            raise ClientError("unknown-site", close="unknown-site")
        if len(self.clients) >= MAX_USERS:
            raise ClientError("server-full", FULL_RETRY_MS, close="server-full")
        client.id, client.name = secrets.token_urlsafe(12), clean(name)
        self.clients.add(client)
        ice_servers = [[[url], None, None] for url in self.options.ice_server]
        client.post(Type.WELCOME, client.id, client.name, self.options.heartbeat_ms, ice_servers,
                    None, None, True, True, False)

    def take_ticket(self, client: Client, mode: int, lobby: str, interests: list[str]) -> None:
        self.leave(client, NEXT)
        client.queue = lobby, mode
        client.interests = list(dict.fromkeys(filter(None, map(clean, interests))))

    def enter(self, client: Client, offer: list[Any] | None) -> None:
        """Matches the client at once if it can, otherwise lets it wait."""
        if not client.queue:
            raise ClientError("ticket-required")
        self.leave(client, NEXT)
        client.has_waited = False
        if not self.match(client, offer):
            self.queues.setdefault(client.queue, {})[client] = None
            client.post(Type.WAITING, len(self.clients))
            client.timer = client.loop.call_later(REMATCH_SECONDS, self.rematch, client)

    def rematch(self, client: Client) -> None:
        """Tries again to match a client in the queue, which may now meet its latest partner."""
        client.has_waited = True
        self.match(client, None)

    def match(self, client: Client, offer: list[Any] | None) -> bool:
        """Opens a room with the one that has waited longest. Returns false if there is none."""
        waiting = next(filter(client.may_meet, self.queues.get(client.queue, {})), None)
        if waiting is None:
            return False
        self.rooms += 1
        room = secrets.token_urlsafe(12)
        signal_frame = msgpack.packb([Type.SIGNAL, *offer[:4]]) if offer else b""
        fits = 0 < len(signal_frame) <= MAX_BYTES[Type.SIGNAL]
        is_offered = fits and client.queue[1] != TEXT_MODE
        for one, other in (waiting, client), (client, waiting):
            self.withdraw(one)
            one.partner, one.latest_partner = other, other.id
            wanted = {interest.lower() for interest in other.interests}
            common = [interest for interest in one.interests if interest.lower() in wanted]
            one.post(Type.MATCHED, room, one is waiting, other.name, common, is_offered, None)
        if is_offered:
            waiting.forward(signal_frame)
        return True

    def withdraw(self, client: Client) -> None:
        """Takes the client out of the queue."""
        if client.timer:
            client.timer.cancel()
        queue = self.queues.get(client.queue, {})
        queue.pop(client, None)
        if not queue:
            self.queues.pop(client.queue, None)

    def leave(self, client: Client, reason: int) -> None:
        """Takes the client out of the queue and of its room."""
        self.withdraw(client)
        partner, client.partner = client.partner, None
        if partner:
            self.rooms -= 1
            partner.partner = None
            partner.post(Type.PARTNER_LEFT, reason)

    def figures(self) -> tuple[int, int, int]:
        return len(self.clients), sum(map(len, self.queues.values())), self.rooms

    async def send_heartbeats(self) -> None:
        while True:
            await asyncio.sleep(self.options.heartbeat_ms / 2000)
            for client in list(self.clients):
                client.post(Type.STATS, *self.figures())


async def serve_until_stopped(options: argparse.Namespace) -> None:
    server, stopped = Server(options), asyncio.Event()
    for number in signal.SIGINT, signal.SIGTERM:
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with websockets.serve(
        server.serve, options.host, options.port, create_protocol=Client, compression=None,
        subprotocols=[PROTOCOL], max_size=MAX_FRAME_BYTES, close_timeout=2,
        ping_interval=options.heartbeat_ms / 1000, ping_timeout=options.heartbeat_ms / 1000,
    ) as listener:
        print("listening on port", listener.sockets[0].getsockname()[1], flush=True)
        _heartbeats = asyncio.create_task(server.send_heartbeats())
        await stopped.wait()
        for client in listener.websockets:
            client.post(Type.GOING_AWAY, RECONNECT_AFTER_MS)
            client.hang_up("going-away")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A signalling server for Buddy.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--origin", action="append", help="of pages (default: all)")
    parser.add_argument("--ice-server", action="append", default=[], help="a URL for WebRTC")
    parser.add_argument("--hello-timeout", type=float, default=10, metavar="SECONDS")
    parser.add_argument("--heartbeat-ms", type=int, default=20_000)
    asyncio.run(serve_until_stopped(parser.parse_args()))
