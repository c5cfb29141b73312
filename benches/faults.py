"""An upstream for benches/faults.sh: prints its port, and answers each request with 200 once its pause is over, which is none at
first. SIGUSR1 makes it slow, SIGUSR2 quick again."""

import asyncio
import signal
import sys

SLOW = 3.0
pause = 0.0


def become(seconds):
    global pause
    pause = seconds


async def serve(reader, writer):
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            if pause:
                await asyncio.sleep(pause)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(port):
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, become, SLOW)
    loop.add_signal_handler(signal.SIGUSR2, become, 0.0)
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1])))
