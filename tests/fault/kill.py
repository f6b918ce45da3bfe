#!/usr/bin/env python3
"""kill -9 of host or worker at random moments of a sync; the rerun must end in the same state.

    tests/fault/kill.py [--rounds 50] [--users 3000] [--seed S]

One undisturbed sync gives the state that Brevo should end in. Each round starts from nothing, kills
the host or its worker at a random moment (several times in some rounds), runs sync again and
compares the whole state: contacts, attributes, lists, flags.
"""
import argparse
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from tajo import World, os, signal  # noqa: E402


def workers_of(pid):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if entry.joinpath("stat").read_text().rsplit(")", 1)[1].split()[1] == str(pid):
                found.append(int(entry.name))
        except (OSError, IndexError):
            continue
    return found


def kill(process, victim):
    """Answers what was killed."""
    targets = workers_of(process.pid) if victim == "worker" else []
    try:
        os.kill(targets[0] if targets else process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return "nothing"
    return "worker" if targets else "host"


def settle(world):
    """Waits until the imports that a killed host left behind have ended."""
    for _ in range(200):
        if not world.state().get("processes_running", 0):
            return
        time.sleep(0.05)


def differences(expected, found):
    a = {c["email"]: c for c in expected["contacts"]}
    b = {c["email"]: c for c in found["contacts"]}
    out = [f"missing {len(a.keys() - b.keys())}, extra {len(b.keys() - a.keys())}"]
    wrong = [e for e in a.keys() & b.keys() if a[e] != b[e]]
    out += [f"{a[e]}\n  instead {b[e]}" for e in wrong[:3]]
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--users", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    rng = random.Random(args.seed)
    print(f"kill: {args.rounds} rounds, {args.users} users, --seed {args.seed}", flush=True)

    with World(users=args.users) as world:
        started = time.monotonic()
        run = world.sync()
        length = time.monotonic() - started
        assert run.code == 0, run
        expected = world.state()

    tally = {"host": 0, "worker": 0, "nothing": 0}
    for number in range(args.rounds):
        with World(users=args.users) as world:
            for _ in range(rng.choice((1, 1, 1, 2, 3))):
                victim = rng.choice(("host", "host", "worker"))
                process = world.start("sync")
                # A worker lives only while the run reads, which is less than half of a sync.
                time.sleep(rng.uniform(0, length * (1.05 if victim == "host" else 0.4)))
                tally[kill(process, victim)] += 1
                process.communicate(timeout=120)
            run = world.sync()
            assert run.code == 0, f"round {number}: {run}"
            settle(world)
            found = world.state()
            if found["contacts"] != expected["contacts"]:
                print(f"round {number}: another state\n{differences(expected, found)}")
                return 1
    print(f"kill: {args.rounds} rounds ended in the same state; killed: {tally}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
