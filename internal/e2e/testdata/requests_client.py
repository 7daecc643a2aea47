"""Sends requests with Python requests and HTTPDigestAuth.

Reads one JSON object a line, {"user", "password", "method", "url", "headers",
"body"}, and writes one, {"status", "headers", "body"} or {"error"}. A session
is kept for each key, and with it the nonce, as programs do.
"""

import json
import sys

import requests
from requests.auth import HTTPDigestAuth


def main():
    sessions = {}
    for line in sys.stdin:
        ask = json.loads(line)
        key = ask["user"], ask["password"]
        if key not in sessions:
            sessions[key] = requests.Session()
            sessions[key].trust_env = False
            sessions[key].auth = HTTPDigestAuth(*key)
        session = sessions[key]
        try:
            got = session.request(
                ask["method"],
                ask["url"],
                headers=ask["headers"],
                data=ask["body"].encode() if ask["body"] else None,
                timeout=20,
                allow_redirects=False,
            )
            answer = {"status": got.status_code, "headers": dict(got.headers), "body": got.text}
        except requests.RequestException as problem:
            answer = {"error": str(problem)}
        print(json.dumps(answer), flush=True)


main()
