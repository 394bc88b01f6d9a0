import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from evote.cli.main import main


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            status = stop.code
        output = capfd.readouterr()
        return status, output.out, output.err

    return run


class Site(BaseHTTPRequestHandler):
    def __init__(self, *arguments, pages, received, **options):
        self.pages, self.received = pages, received
        super().__init__(*arguments, **options)

    def do_GET(self):
        status, headers, body = self.pages.get(self.path, (404, {}, b"no such page"))
        self.answer(status, headers, body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, self.headers["Content-Type"], body))
        status, headers, answer = self.pages.get(self.path, (404, {}, b"no such page"))
        self.answer(status, headers, answer)

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def site():
    pages, received = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, pages=pages, received=received))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", pages, received
    server.shutdown()
    thread.join()
    server.server_close()
