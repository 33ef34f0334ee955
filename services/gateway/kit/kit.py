#!/usr/bin/env python3
"""Sends the kit's messages to a Kith and says which answers are as expected.

    python3 kit.py https://kith.example kensington-chelsea "$TOKEN"

It needs nothing but Python 3.9 and the file kit.json beside it, or at BASE/docs/kit.json.
"""
import json
import pathlib
import sys
import time
import urllib.error
import urllib.request


def send(base, authority, token, key, body):
    request = urllib.request.Request(f"{base}/v1/authorities/{authority}/contacts", data=body, method="POST")
    request.add_header("Authorization", "Bearer " + token)
    request.add_header("Content-Type", "application/json")
    if key:
        request.add_header("Idempotency-Key", key)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def fits(wanted, got):
    """Says whether got holds all that is wanted."""
    if wanted == {"any": True}:
        return got is not None
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(fits(value, got.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(fits, wanted, got))
    return wanted == got


def difference(message, status, got, answers):
    expect = message["expect"]
    if status != expect["status"]:
        return f"status {status}, expected {expect['status']}: {got.get('detail', '')}"
    if "sameAs" in expect and got != answers[expect["sameAs"]]:
        return "another answer than the first time"
    if "versionOf" in expect and got.get("proposedVersionOf") != answers[expect["versionOf"]]["name"]:
        return "not a proposed version of the first"
    if not fits(expect.get("body", {}), got):
        return f"the answer lacks {json.dumps(expect['body'])}"
    return ""


def main(base, authority, token):
    beside = pathlib.Path(__file__).with_name("kit.json")
    text = beside.read_text("utf-8") if beside.exists() else urllib.request.urlopen(base + "/docs/kit.json").read().decode()
    run = str(int(time.time()))
    messages, answers, failed = json.loads(text)["messages"], {}, 0
    bodies = {m["name"]: m.get("body") for m in messages}
    for message in messages:
        body = message.get("raw") or json.dumps(bodies[message.get("bodyOf", message["name"])], ensure_ascii=False)
        status, got = send(base, authority, token, message["key"].replace("RUN", run), body.replace("CAD-RUN", "CAD-" + run).encode())
        answers[message["name"]] = got
        wrong = difference(message, status, got, answers)
        failed += bool(wrong)
        print(f"{'differs' if wrong else 'as expected':12} {message['name']:18} {wrong or status}")
    print(f"{len(messages) - failed} of {len(messages)} as expected")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3]))
