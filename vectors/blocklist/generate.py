#!/usr/bin/env python3
"""Writes vectors.json: blocklists and their digests, by Python's json with sorted keys and hashlib."""
import hashlib
import json
import os

DIGEST = "ab" * 32
EMPTY = {"type": "blocklist", "spec": 1, "epoch": 1, "version": 1, "issued": 0, "expires": 259200000, "previous": None, "entries": [], "lifted": []}


def entry(**change):
    return {"release": "lp-6.1-3", "sha256": DIGEST, "kernels": "*", "action": "no-apply", "reason": "gate", "since": 1000, **change}


lists = [
    EMPTY,
    {**EMPTY, "issued": 5, "expires": 6},
    {**EMPTY, "version": 2, "entries": [entry()]},
    {**EMPTY, "version": 2, "entries": [entry(action="quarantine")]},
    {**EMPTY, "epoch": 2, "version": 9007199254740991, "previous": DIGEST,
     "entries": [entry(release="a-1#2", sha256=None, kernels=["6.1.0-1-amd64", "6.12.48+deb13-amd64"], action="disable",
                       evidence={"n": 60, "failed": 5, "lnE": 4.812545}), entry()],
     "lifted": [{"release": "b-1", "sha256": None, "since": 1, "at": 2, "reason": "was-a-mistake"}]},
]
vectors = []
for each in lists:
    canonical = json.dumps({k: v for k, v in each.items() if k not in ("issued", "expires")}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    vectors.append({"list": each, "canonical": canonical, "digest": hashlib.sha256(canonical.encode()).hexdigest()})
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors.json"), "w") as file:
    json.dump(vectors, file, indent=1)
    file.write("\n")
