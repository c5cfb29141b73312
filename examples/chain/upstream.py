#!/usr/bin/env python3
"""The upstream of the chain example: an HTTP/1.1 server on 127.0.0.1:18080 that says what reached it.

Every answer is 200 with a text body. GET /bytes/N answers with N bytes of "x". Every other request is answered with

    POST /some/path
    x-chain-request: A,B,C
    body: 5 bytes

where the second line stands only if the request had that header. Bodies are streamed, never held.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE = 64 * 1024


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = PIECE  # head and body of a short answer leave together

    def answer(self):
        received = sum(len(piece) for piece in self.request_body())
        if self.command == "GET" and self.path.startswith("/bytes/"):
            return self.answer_bytes(int(self.path.removeprefix("/bytes/")))
        lines = [f"{self.command} {self.path}"]
        chain = self.headers["x-chain-request"]
        if chain is not None:
            lines.append(f"x-chain-request: {chain}")
        lines.append(f"body: {received} bytes")
        text = "".join(line + "\n" for line in lines).encode()
        self.start_answer(len(text))
        if self.command != "HEAD":
            self.wfile.write(text)

    do_DELETE = do_GET = do_HEAD = do_PATCH = do_POST = do_PUT = answer

    def answer_bytes(self, left):
        self.start_answer(left)
        while left > 0:
            piece = min(left, PIECE)
            self.wfile.write(b"x" * piece)
            left -= piece

    def start_answer(self, length):
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(length))
        self.end_headers()

    def request_body(self):
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
        else:
            left = int(self.headers.get("content-length", 0))
            while left > 0:
                piece = self.rfile.read(min(left, PIECE))
                if not piece:
                    return
                yield piece
                left -= len(piece)

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # A peer that hangs up in the middle of a body is what one example is about, not an error.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    server = Server(("127.0.0.1", 18080), Upstream)
    print("listening on 127.0.0.1:18080", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
