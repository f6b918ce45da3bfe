#!/usr/bin/env python3
"""Peak memory of host and worker at two sizes of the tenant, and the ratio.

    tests/bench/memory.py [--small 10000] [--large 1000000]

Build with `cmake --preset release && cmake --build --preset release` first; TAJO_BIN names another
build. Fails above 64 MiB or a ratio of 1.2.
"""
import argparse
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
os.environ.setdefault("TAJO_BIN", str(ROOT / "build/release/bin"))
sys.path.insert(0, str(ROOT / "tests/integration"))
from tajo import World, total  # noqa: E402


def measure(users):
    with World(users=users) as world:
        run = world.sync("--log-level", "warn", timeout=3600)
        assert run.code == 0, run
        result, counts = run.json, world.counts()
        print(f"{users:>9,} users: {result['seconds']:.1f} s, peak {result['peak_rss_kb'] / 1024:.1f}"
              f" MiB (host + worker), {result['contacts']['delivered']:,} contacts delivered,"
              f" calls: auth0 {total(counts, 'auth0')}, brevo {total(counts, 'brevo')}", flush=True)
        return result["peak_rss_kb"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    args = parser.parse_args()
    small, large = measure(args.small), measure(args.large)
    ratio = large / small
    print(f"ratio of the peaks: {ratio:.2f}")
    return 0 if large < 64 * 1024 and ratio < 1.2 else 1


if __name__ == "__main__":
    sys.exit(main())
