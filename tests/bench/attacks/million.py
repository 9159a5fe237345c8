"""A million: a server on the loopback that lists as many objects of a bucket as it has to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = 1_000  # objects, as of S3
_KEY = "csv_data/2026/11/27/orders-of-a-shop-{:012d}.csv"
_OBJECT = (
    "<Contents><Key>{key}</Key><LastModified>2026-11-27T08:00:00.000Z</LastModified>"
    "<ETag>&quot;{etag:032x}&quot;</ETag><Size>10</Size><StorageClass>STANDARD</StorageClass>"
    "</Contents>"
)


@contextmanager
def listing(count: int) -> Iterator[str]:
    """Serve `ListObjectsV2` for *count* objects; yield the endpoint."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            body = page(int(asked.get("continuation-token", ["0"])[0]), count).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def page(start: int, count: int) -> str:
    """Return the page of S3's list that begins with an object."""
    end = min(start + PAGE, count)
    objects = "".join(_OBJECT.format(key=_KEY.format(n), etag=n) for n in range(start, end))
    more = end < count
    token = f"<NextContinuationToken>{end}</NextContinuationToken>" if more else ""
    return (
        f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}"
        f"<KeyCount>{end - start}</KeyCount>{objects}</ListBucketResult>"
    )
