"""The peers of .ci/clients/run that are in Python: servers and clients of gRPC and WebSockets.

    peers.py serve                     prints the ports of a gRPC and a WebSocket server, and serves until its input ends
    peers.py grpc HOST:PORT            calls through it in every way that gRPC has
    peers.py websocket URL [CA]        talks over it
"""

import asyncio
import concurrent.futures
import hashlib
import ssl
import sys

import grpc
import websockets

METHODS = "/clients.Echo/"


def raw(data):
    return data


class Echo(grpc.GenericRpcHandler):
    """Any bytes are messages, so that nothing has to be generated."""

    def service(self, details):
        name = details.method.removeprefix(METHODS)
        of_stream = {"Unary": (False, False), "Down": (False, True), "Up": (True, False), "Both": (True, True)}
        handlers = {
            (False, False): grpc.unary_unary_rpc_method_handler,
            (False, True): grpc.unary_stream_rpc_method_handler,
            (True, False): grpc.stream_unary_rpc_method_handler,
            (True, True): grpc.stream_stream_rpc_method_handler,
        }
        if name in ("Fail", "Never"):
            return handlers[False, False](getattr(self, name.lower()))
        if name not in of_stream:
            return None
        return handlers[of_stream[name]](getattr(self, name.lower()))

    def unary(self, message, context):
        context.send_initial_metadata((("x-first", "1"),))
        context.set_trailing_metadata((("x-last", "2"), ("x-bytes-bin", b"\0\xff")))
        return message[::-1]

    def down(self, message, context):
        for count in range(100):
            yield message * count

    def up(self, messages, context):
        digest = hashlib.sha256()
        for message in messages:
            digest.update(message)
        return digest.digest()

    def both(self, messages, context):
        for message in messages:
            yield message[::-1]

    def fail(self, message, context):
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not like this: %, \u20ac")

    def never(self, message, context):
        # Until the client's deadline.
        while context.is_active():
            context.time_remaining()
            asyncio.run(asyncio.sleep(0.05))
        return b""


async def serve():
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(8), handlers=(Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()

    async def echo(connection):
        async for message in connection:
            if message == "bye":
                await connection.close(4000, "as you like")
            else:
                await connection.send(message[::-1])

    async with websockets.serve(echo, "127.0.0.1", 0, max_size=None, subprotocols=["echo"]) as sockets:
        print(port, sockets.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
    server.stop(None)


def same(what, got, expected):
    if got != expected:
        sys.exit(f"{what}: {got!r}, not {expected!r}")


def call_grpc(target):
    options = [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(target, options=options) as channel:
        def method(kind, name):
            return getattr(channel, kind)(METHODS + name)

        answer, call = method("unary_unary", "Unary").with_call(b"abc", timeout=20)
        same("unary", answer, b"cba")
        same("initial metadata", dict(call.initial_metadata()).get("x-first"), "1")
        trailing = dict(call.trailing_metadata())
        same("trailing metadata", (trailing.get("x-last"), trailing.get("x-bytes-bin")), ("2", b"\0\xff"))
        large = bytes(range(256)) * (1 << 12)
        same("1 MiB", method("unary_unary", "Unary")(large, timeout=20), large[::-1])
        down = [len(message) for message in method("unary_stream", "Down")(b"12345", timeout=20)]
        same("server's stream", down, [5 * count for count in range(100)])
        pieces = [bytes([count]) * 10_000 for count in range(100)]
        up = method("stream_unary", "Up")(iter(pieces), timeout=20)
        same("client's stream", up, hashlib.sha256(b"".join(pieces)).digest())
        both = list(method("stream_stream", "Both")(iter([b"ab", b"", b"cd"]), timeout=20))
        same("both streams", both, [b"ba", b"", b"dc"])
        for name, code, details in [
            ("Fail", grpc.StatusCode.FAILED_PRECONDITION, "not like this: %, \u20ac"),
            ("Missing", grpc.StatusCode.UNIMPLEMENTED, "Method not found!"),
        ]:
            try:
                method("unary_unary", name)(b"", timeout=20)
                sys.exit(f"{name} succeeds")
            except grpc.RpcError as error:
                same(name, (error.code(), error.details()), (code, details))
        try:
            method("unary_unary", "Never")(b"", timeout=0.3)
            sys.exit("a call outlives its deadline")
        except grpc.RpcError as error:
            same("deadline", error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        # 50 at once on one connection.
        calls = [method("unary_unary", "Unary").future(str(n).encode(), timeout=20) for n in range(50)]
        same("many", [call.result() for call in calls], [str(n).encode()[::-1] for n in range(50)])


async def call_websocket(url, ca):
    context = ssl.create_default_context(cafile=ca) if ca else None
    # The certificate's name is not where it is.
    own = {"ssl": context, "server_hostname": "a.test"} if ca else {}
    async with websockets.connect(url, max_size=None, subprotocols=["echo"], open_timeout=20, **own) as connection:
        same("subprotocol", connection.subprotocol, "echo")
        for message in ["abc", "", b"\0\1\2", "\u20acuro" * 1000, bytes(range(256)) * 8192]:
            await connection.send(message)
            same("message", await asyncio.wait_for(connection.recv(), 20), message[::-1])
        await (await connection.ping())
        await connection.send("bye")
        try:
            await asyncio.wait_for(connection.recv(), 20)
            sys.exit("the connection is not closed")
        except websockets.ConnectionClosed as closed:
            same("close", (closed.rcvd.code, closed.rcvd.reason), (4000, "as you like"))


match sys.argv[1:]:
    case ["serve"]:
        asyncio.run(serve())
    case ["grpc", target]:
        call_grpc(target)
    case ["websocket", url, *ca]:
        asyncio.run(call_websocket(url, *ca or [None]))
    case _:
        sys.exit(__doc__)
