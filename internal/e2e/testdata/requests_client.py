"""Sends requests with Python requests: with HTTPDigestAuth or with a token.

Reads one JSON object a line, {"session", "user", "password", "oauth", "method",
"url", "headers", "body"}, and writes one, {"status", "headers", "body"} or
{"error"}. Each session is kept, and with it the nonce or the token, as programs
do. The answer to a request for a token that gets none is the answer.
"""

import json
import sys
from urllib.parse import urljoin

import requests
from requests.auth import HTTPDigestAuth


def log_in(session, ask):
    """Gets a token for the session. Returns the answer if there is none."""
    got = session.post(
        urljoin(ask["url"], "/api/oauth/token"),
        data={"grant_type": "client_credentials"},
        auth=(ask["user"], ask["password"]),
        timeout=20,
    )
    if got.status_code != 200:
        return got
    session.headers["Authorization"] = "Bearer " + got.json()["access_token"]
    return None


def send(session, ask):
    if ask["oauth"] and "Authorization" not in session.headers:
        refused = log_in(session, ask)
        if refused is not None:
            return refused
    return session.request(
        ask["method"],
        ask["url"],
        headers=ask["headers"],
        data=ask["body"].encode() if ask["body"] else None,
        timeout=20,
        allow_redirects=False,
    )


def main():
    sessions = {}
    for line in sys.stdin:
        ask = json.loads(line)
        session = sessions.get(ask["session"])
        if session is None:
            session = sessions[ask["session"]] = requests.Session()
            session.trust_env = False
            if not ask["oauth"]:
                session.auth = HTTPDigestAuth(ask["user"], ask["password"])
        try:
            got = send(session, ask)
            answer = {"status": got.status_code, "headers": dict(got.headers), "body": got.text}
        except requests.RequestException as problem:
            answer = {"error": str(problem)}
        print(json.dumps(answer), flush=True)


main()
