#!/usr/bin/env python3
"""Writes vectors.json: the gate's processes and limits, computed with 60 decimal digits and no logarithm of a sum."""
import json
import os
from decimal import MAX_EMAX, MIN_EMIN, Decimal as D, getcontext
from math import comb

getcontext().prec = 60
getcontext().Emax, getcontext().Emin = MAX_EMAX, MIN_EMIN
R = [D("1.5"), D(2), D(3), D(5), D(10), D(20), D(50), D(100)]
Q = [D(0), D("0.1"), D("0.25"), D("0.5")]
LEVELS = [("block", D(1000)), ("halt", D(100)), ("hold", D(20))]


def power(base, exponent):
    return D(1) if exponent == 0 else base**exponent


def halt(n, s, p0):
    ps = [min(r * p0, D("0.5")) for r in R]
    return sum(power(p / p0, s) * power((1 - p) / (1 - p0), n - s) for p in ps) / len(R)


def advance(n, x, bad):
    return sum(power(q, x) * power((1 - q * bad) / (1 - bad), n - x) for q in Q) / len(Q)


def decision(n, s, q, p0, bad, alpha, beta):
    e, f = halt(n, s, p0), advance(n, s + q, bad)
    word = "halt" if e >= 1 / alpha else "advance" if f >= 1 / beta else "hold"
    level = next((name for name, limit in LEVELS if e >= limit), "none")
    return {"n": n, "failed": s, "open": q, "p0": float(p0), "pBad": float(bad), "alpha": float(alpha), "beta": float(beta),
            "lnHalt": float(e.ln()), "lnAdvance": float(f.ln()), "decision": word, "level": level}


def two_sample(events):
    terms = [D(1)] * len(R)
    for arm, patched, control in events:
        terms = [t * ((r if arm == "patched" else D(1)) * (patched + control) / (r * patched + control)) for t, r in zip(terms, R)]
    return sum(terms) / len(R)


def tail(p, n, s):
    """P(X <= s), X binomial."""
    return sum(comb(n, k) * power(p, k) * power(1 - p, n - k) for k in range(s + 1))


def bisect(holds):
    low, high = D(0), D(1)
    for _ in range(120):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def clopper_pearson(s, n, confidence):
    part = (1 - confidence) / 2
    low = D(0) if s == 0 else bisect(lambda p: 1 - tail(p, n, s - 1) < part)
    high = D(1) if s == n else bisect(lambda p: tail(p, n, s) > part)
    return float(low), float(high)


Z95 = D("1.95996398454005423552459443052")


def wilson(s, n):
    rate, scale = D(s) / n, 1 + Z95**2 / n
    centre, spread = rate + Z95**2 / (2 * n), Z95 * (rate * (1 - rate) / n + Z95**2 / (4 * n * n)).sqrt()
    return float(max(D(0), (centre - spread) / scale)), float(min(D(1), (centre + spread) / scale))


def wald(p0, p1, alpha, beta):
    upper, lower = ((1 - beta) / alpha).ln(), (beta / (1 - alpha)).ln()
    failed, good = (p1 / p0).ln(), ((1 - p1) / (1 - p0)).ln()
    n0 = (alpha * upper + (1 - alpha) * lower) / (p0 * failed + (1 - p0) * good)
    n1 = ((1 - beta) * upper + beta * lower) / (p1 * failed + (1 - p1) * good)
    return {"p0": float(p0), "p1": float(p1), "alpha": float(alpha), "beta": float(beta), "upper": float(upper), "lower": float(lower),
            "stepFailed": float(failed), "stepGood": float(good), "expectedN": {"p0": float(n0), "p1": float(n1)}}


A, B = D("0.01"), D("0.05")
halts = [(0, 0, ".01"), (1, 1, ".01"), (1, 0, ".01"), (10, 2, ".001"), (100, 1, ".01"), (100, 5, ".01"), (100, 8, ".01"), (500, 20, ".01"),
         (1000, 1, ".001"), (5000, 25, ".002"), (10000, 160, ".01"), (1000000, 0, ".001"), (1000000, 1000000, ".001"), (50, 10, ".33"), (7, 7, ".2")]
advances = [(0, 0, ".03"), (100, 0, ".03"), (150, 0, ".03"), (200, 1, ".03"), (300, 3, ".03"), (1000, 10, ".03"), (1000, 40, ".03"),
            (3000, 0, ".001"), (6000, 2, ".002"), (1000000, 100, ".001"), (5, 5, ".5"), (10, 1, ".99")]
decisions = [(0, 0, 0), (10, 2, 0), (60, 4, 5), (60, 5, 5), (150, 0, 0), (150, 0, 20), (200, 0, 0), (400, 4, 0), (1000, 12, 30), (1000, 12, 0),
             (1000, 20, 0), (1000, 23, 0), (1000, 30, 0), (20, 20, 0), (30, 0, 30)]
fewest = [(p, a, n) for p in (".001", ".005", ".01", ".03") for a in (".01", ".001") for n in (5, 10, 25, 50, 100, 500, 1000)]
least = [(b, r, s) for b in (".03", ".01", ".003", ".001") for r in (".05", ".01") for s in (0, 1, 2)]


def fewest_failures(p0, alpha, n):
    return next((s for s in range(n + 1) if halt(n, s, p0) >= 1 / alpha), None)


def least_machines(bad, beta, s):
    low, high = s, s + 1
    while advance(high, s, bad) < 1 / beta:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if advance(middle, s, bad) < 1 / beta else (low, middle)
    return high


samples = [[("patched", 10, 90)] * 3, [("patched", 10, 90)] * 5 + [("control", 10, 90)] * 2, [("patched", 10, 90)] + [("control", 10, 90)] * 9,
           [("patched", 1, 1), ("control", 400, 3), ("patched", 50, 50)]]
intervals = [(0, 10), (3, 100), (50, 100), (10, 10), (1, 1), (20, 2000)]
vectors = {
    "lnHalt": [{"n": n, "failed": s, "p0": float(D(p)), "ln": float(halt(n, s, D(p)).ln())} for n, s, p in halts],
    "lnAdvance": [{"n": n, "failed": s, "pBad": float(D(p)), "ln": float(advance(n, s, D(p)).ln())} for n, s, p in advances],
    "decide": [decision(n, s, q, A, D("0.03"), A, B) for n, s, q in decisions]
    + [decision(1000, 9, 0, D("0.001"), D("0.01"), D("0.0001"), B), decision(1000, 3, 0, D("0.001"), D("0.05"), A, B)],
    "fewestFailuresToHalt": [{"p0": float(D(p)), "alpha": float(D(a)), "n": n, "failed": fewest_failures(D(p), D(a), n)} for p, a, n in fewest],
    "leastMachinesToAdvance": [{"pBad": float(D(b)), "beta": float(D(r)), "failed": s, "n": least_machines(D(b), D(r), s)} for b, r, s in least],
    "twoSample": [{"events": [{"arm": a, "patched": p, "control": c} for a, p, c in e], "ln": float(two_sample(e).ln())} for e in samples],
    "clopperPearson95": [dict(zip(("failed", "n", "low", "high"), (s, n, *clopper_pearson(s, n, D("0.95"))))) for s, n in intervals],
    "wilson95": [dict(zip(("failed", "n", "low", "high"), (s, n, *wilson(s, n)))) for s, n in intervals],
    "upperRateLimit": [{"failed": 20, "n": 20000, "level": 0.005, "limit": float(bisect(lambda p: tail(p, 20000, 20) > D("0.005")))}],
    "wald": [wald(D("0.01"), D("0.03"), A, B), wald(D("0.01"), D("0.05"), D("0.001"), B)],
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors.json"), "w") as file:
    json.dump(vectors, file, indent=1)
    file.write("\n")
