"""Serve a log's folder over HTTP, and lie when told to."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class LogServer:
    """What is served: the folder's files, but for `instead`: path -> (status, headers, body)."""

    def __init__(self, folder) -> None:
        self.folder = Path(folder)
        self.instead = {}
        self.asked = []
        self.headers = []
        # Called with each path before it is answered.
        self.before = lambda path: None

    def answer(self, path):
        if path in self.instead:
            return self.instead[path]
        try:
            return 200, {}, (self.folder / path).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return 404, {}, b"not found"


@contextmanager
def serve_log(folder):
    """Serve the folder under /log on a free port; give the server and its address."""
    log = LogServer(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.removeprefix("/log/")
            log.asked.append(path)
            log.headers.append(dict(self.headers))
            log.before(path)
            status, headers, body = log.answer(path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield log, f"http://127.0.0.1:{httpd.server_port}/log"
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()
