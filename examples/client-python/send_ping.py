"""Tells a klpkit server that a livepatch attempt began: POST /v1/pings, as GET /v1/openapi.json describes it."""
import json, os, platform, ssl, sys, time, urllib.error, urllib.request, uuid

if len(sys.argv) not in (5, 6):
    sys.exit("usage: send_ping.py URL AUTHORITY.crt RELEASE TIER [KIND]    (a token comes from KLPKIT_TOKEN)")
url, authority, release, tier, kind = sys.argv[1:] if len(sys.argv) == 6 else [*sys.argv[1:], "before"]
kernel = os.environ.get("KLPKIT_KERNEL", platform.release())
ping = {"kind": kind, "id": str(uuid.uuid4()), "attemptId": str(uuid.uuid4()), "release": release, "kernel": kernel,
        "arch": platform.machine(), "tier": tier, "sentAt": time.time_ns() // 1_000_000}
headers = {"content-type": "application/json"}
if token := os.environ.get("KLPKIT_TOKEN"):
    headers["authorization"] = f"Bearer {token}"
request = urllib.request.Request(f"{url}/v1/pings", json.dumps({"pings": [ping]}).encode(), headers, method="POST")
try:
    with urllib.request.urlopen(request, timeout=30, context=ssl.create_default_context(cafile=authority)) as answer:
        print(answer.read().decode())  # durable now: {"accepted":1,"duplicates":0,"refused":[]}
except urllib.error.HTTPError as refused:
    sys.exit(refused.read().decode())  # {"ok":false,"code":…,"message": what to do next}
