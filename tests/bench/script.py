#!/usr/bin/env python3
"""tajo-connect against the script of the vendor's page, side by side in one run.

    tests/bench/script.py [--users 900]

The script pages through GET /users and sends one POST /contacts a user, one after the other. It
cannot go past 1,000 users. The sandbox's limits are off: what is compared is calls and time without
quotas; with Brevo's 10 calls a second the script needs (calls / 10) seconds whatever the machine.
"""
import argparse
import json
import os
import pathlib
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
os.environ.setdefault("TAJO_BIN", str(ROOT / "build/release/bin"))
sys.path.insert(0, str(ROOT / "tests/integration"))
from tajo import World, total  # noqa: E402


def request(url, body=None, **headers):
    data = json.dumps(body).encode() if body is not None else None
    if data:
        headers["Content-Type"] = "application/json"
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as response:
        text = response.read()
    return json.loads(text) if text else None


def vendor_script(base):
    token = request(f"{base}/auth0/oauth/token", {
        "client_id": "sandbox-client", "client_secret": "sandbox-secret",
        "audience": "https://sandbox.auth0.com/api/v2/",
        "grant_type": "client_credentials"})["access_token"]
    page, per_page, more = 0, 50, True
    while more:
        answer = request(f"{base}/auth0/api/v2/users?page={page}&per_page={per_page}"
                         "&include_totals=true&search_engine=v3", authorization=f"Bearer {token}")
        for user in answer["users"]:
            if "@" not in user.get("email", ""):
                continue
            try:
                request(f"{base}/brevo/v3/contacts",
                        {"email": user["email"], "updateEnabled": True, "listIds": [20],
                         "attributes": {"FIRSTNAME": user.get("given_name", "")}},
                        **{"api-key": "sandbox-key"})
            except urllib.error.HTTPError:
                pass
        page += 1
        more = page * per_page < answer["total"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=900)
    args = parser.parse_args()
    with World(users=args.users) as world:
        started = time.monotonic()
        vendor_script(world.sandbox.base)
        script_seconds, script_calls = time.monotonic() - started, world.counts()
    with World(users=args.users) as world:
        started = time.monotonic()
        run = world.sync()
        ours_seconds, our_calls = time.monotonic() - started, world.counts()
        assert run.code == 0, run
    for side in ("auth0", "brevo"):
        a, b = total(script_calls, side), total(our_calls, side)
        print(f"{side:6} calls: script {a}, tajo-connect {b}: {a / b:.1f} times fewer")
    print(f"seconds without quotas: script {script_seconds:.2f}, tajo-connect {ours_seconds:.2f}")
    print(f"seconds at Brevo's 10 calls a second: script {total(script_calls, 'brevo') / 10:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
