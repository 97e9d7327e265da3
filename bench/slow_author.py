"""An author on loopback that thinks for a while: Anthropic's protocol, one model for every question.

Run as ``python -m bench.slow_author SECONDS KIND`` with ``sleep`` (its model is cheap) or ``compute`` (its model
computes for ``SECONDS``, and it answers at once). Prints its port.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHEAP = """
import numpy as np

def simulate(context, runs, rng):
    return {"outcomes": np.where(rng.random(runs) < 0.25, 0, 1)}
"""

COSTLY = """
import time

BEGAN = time.process_time()
while time.process_time() - BEGAN < SECONDS:
    pass
"""


def main(seconds: float, kind: str) -> None:
    """Serve until the process is ended."""
    source = CHEAP if kind == "sleep" else COSTLY.replace("SECONDS", str(seconds)) + CHEAP
    value = {"rationale": "None.", "assumptions": [], "abstain": "", "model_py": source}
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "slow",
        "content": [{"type": "text", "text": json.dumps(value)}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    body = json.dumps(message).encode()

    class Author(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            time.sleep(seconds if kind == "sleep" else 0.0)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 256

    with Server(("127.0.0.1", 0), Author) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2])
