#!/usr/bin/env python3
"""Writes vectors.json: bucketing version 1, computed with nothing but hashlib, hmac and integers."""
import hashlib
import hmac
import json
import os

APP_ID = "f03daaeb1c334b43a732172944bf772e"
MACHINES = [
    "0102030405060708090a0b0c0d0e0f10",
    "912e43bd1c1d4ba481f9f8ccab25f9ee",
    "00000000000000000000000000000000",
    "ffffffffffffffffffffffffffffffff",
    "d41d8cd98f00b204e9800998ecf8427e",
]
RELEASES = ["lp-6.8.0-45.1", "lp-6.8.0-45.2", "cve-2024-1086-3", "cve-2024-1086-3#1", "x-1", "long" * 15 + "-" + "9" * 64, "schlüssel-1"]
PERCENTS = ["0", "0.000001", "1", "10", "20", "40", "60", "99.999999", "100"]


def node_of(machine, app):
    digest = bytearray(hmac.new(bytes.fromhex(machine), bytes.fromhex(app), hashlib.sha256).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x40
    digest[8] = digest[8] & 0x3F | 0x80
    return digest.hex()


def position_of(node, release):
    digest = hashlib.sha256(b"rollout-v1\0" + release.encode() + b"\0" + node.encode()).digest()
    return int.from_bytes(digest[:6], "big")


def micro_percent(text):
    whole, _, part = text.partition(".")
    return int(whole) * 1_000_000 + int((part + "000000")[:6])


nodes = [
    {"machineId": machine, "appId": app, "node": node_of(machine, app)}
    for machine in MACHINES
    for app in (APP_ID, "51df0b4bc3b04c9780e299b98ca373b8")
]
cases = []
for machine in MACHINES:
    node = node_of(machine, APP_ID)
    for release in RELEASES:
        position = position_of(node, release)
        inside = {p: position * 100_000_000 < micro_percent(p) * 2**48 for p in PERCENTS}
        cases.append({"node": node, "release": release, "position": position, "percent": position / 2**48 * 100, "within": inside})

# Positions at and next to where a percentage ends: the comparison has to be exact.
edges = []
for micro in (1, 2, 3, 255, 256, 257, 390_625, 9_999_999, 10_000_000, 33_333_333, 50_000_000, 99_999_999, 100_000_000):
    first_outside = -(-micro * 2**48 // 100_000_000)
    for position in (first_outside - 1, first_outside, first_outside + 1):
        if 0 <= position < 2**48:
            edges.append({"position": position, "microPercent": micro, "within": position * 100_000_000 < micro * 2**48})

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors.json"), "w") as file:
    json.dump({"nodes": nodes, "cases": cases, "edges": edges}, file, indent=1, ensure_ascii=False)
    file.write("\n")
