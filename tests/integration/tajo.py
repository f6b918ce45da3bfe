"""What the integration tests share: a sandbox, a configuration, and tajo-connect run as a user does.

    with World(users=1000) as world:
        run = world.sync()
        assert run.code == 0, run.err
        world.counts()["brevo"]["total"]
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

BIN = pathlib.Path(os.environ.get("TAJO_BIN", "build/debug/bin"))
TEST_PLUGINS = pathlib.Path(os.environ.get("TAJO_PLUGINS", "build/debug/tests/plugins"))
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SECRET = "sandbox-secret"

CONFIG = """\
connectors:
  auth0:
    enabled: true
    domain: "${{AUTH0_DOMAIN}}"
    client_id: "${{AUTH0_CLIENT_ID}}"
    client_secret: "${{AUTH0_CLIENT_SECRET}}"
    audience: "https://${{AUTH0_DOMAIN}}/api/v2/"
    base_url: "{auth0}"
    rate_limit: {{requests_per_second: 1000, burst: 1000}}
    sync:
      users: {users}
    lists: {{all_users: 20, verified_users: 21, social_login: 22}}
{connector}
brevo:
  base_url: "{brevo}"
  rate_limit: {brevo_rate}
{brevo_more}
host:
  listen: ""
{host}
"""


class Run:
    """A finished tajo-connect."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out.strip().splitlines()[-1])

    def __str__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Sandbox:
    def __init__(self, directory, *args):
        port_file = directory / "port"
        port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [BIN / "tajo-sandbox", "--port", "0", "--port-file", port_file, "--quiet",
             *map(str, args)], stdout=subprocess.DEVNULL)
        for _ in range(600):
            if port_file.exists() and port_file.read_text().strip():
                break
            if self.process.poll() is not None:
                raise RuntimeError(f"the sandbox ended with {self.process.returncode}")
            time.sleep(0.05)
        self.base = f"http://127.0.0.1:{port_file.read_text().strip()}"

    def call(self, method, path, body=None):
        data = body.encode() if isinstance(body, str) else body
        request = urllib.request.Request(self.base + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read().decode()
        return json.loads(text) if text.strip() else None

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class World:
    """A sandbox, a directory with a configuration and a state, and the environment for both."""

    def __init__(self, users=100, seed=1, connector="", options="true", brevo="", host="",
                 brevo_rate="{requests_per_second: 1000, burst: 1000}",
                 sandbox=("--limits", "off", "--brevo-limits", "off")):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tajo-test-"))
        self.sandbox = Sandbox(self.dir, "--users", users, "--seed", seed, *sandbox)
        self.env = dict(os.environ, AUTH0_DOMAIN="sandbox.auth0.com",
                        AUTH0_CLIENT_ID="sandbox-client", AUTH0_CLIENT_SECRET=SECRET,
                        BREVO_API_KEY="sandbox-key")
        self.brevo_rate = brevo_rate
        self.write_config(connector, options, brevo, host)

    def write_config(self, connector="", options="true", brevo="", host=""):
        self.config = self.dir / "tajo.yaml"
        self.config.write_text(CONFIG.format(
            auth0=self.sandbox.base + "/auth0", brevo=self.sandbox.base + "/brevo/v3",
            connector=connector, users=options, brevo_more=brevo,
            brevo_rate=self.brevo_rate, host=host))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sandbox.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def command(self, name, *args, state=None):
        return [str(BIN / "tajo-connect"), name, "--config", str(self.config), "--state-dir",
                str(state or self.dir / "state"), *args]

    def run(self, name, *args, state=None, timeout=300):
        done = subprocess.run(self.command(name, *args, state=state), env=self.env,
                              capture_output=True, text=True, timeout=timeout)
        for secret in (self.env["AUTH0_CLIENT_SECRET"], self.env["BREVO_API_KEY"]):
            assert secret not in done.stdout + done.stderr, "a secret was printed"
        return Run(done.returncode, done.stdout, done.stderr)

    def sync(self, *args, **kwargs):
        return self.run("sync", "--json", *args, **kwargs)

    def start(self, name, *args, state=None):
        return subprocess.Popen(self.command(name, *args, state=state), env=self.env,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def counts(self):
        return self.sandbox.call("GET", "/__counts")

    def reset_counts(self):
        self.sandbox.call("POST", "/__counts/reset", "")

    def state(self):
        return self.sandbox.call("GET", "/__state")

    def digest(self):
        return self.sandbox.call("GET", "/__state?summary=1")

    def contacts(self):
        return {c["email"]: c for c in self.state()["contacts"]}

    def fault(self, **fault):
        self.sandbox.call("POST", "/__faults", json.dumps(fault))

    def clear_faults(self):
        self.sandbox.call("DELETE", "/__faults")

    def users(self, *objects):
        self.sandbox.call("POST", "/__users", "".join(json.dumps(o) + "\n" for o in objects))

    def flags(self, email, **flags):
        self.sandbox.call("POST", "/__brevo/contacts/" + urllib.request.quote(email),
                          json.dumps(flags))


def user(number, **more):
    """A user object as Auth0 gives it; the sandbox sets updated_at to now."""
    base = {
        "user_id": f"auth0|{number:024x}",
        "email": f"person{number}@example.com",
        "email_verified": True,
        "created_at": "2026-01-01T00:00:00.000Z",
        "given_name": f"Given{number}",
        "family_name": "Family",
        "identities": [{"connection": "db", "user_id": str(number), "provider": "auth0",
                        "isSocial": False}],
    }
    base.update(more)
    return {k: v for k, v in base.items() if v is not None}


def total(counts, side):
    return counts[side].get("total", 0)


__all__ = ["BIN", "ROOT", "SECRET", "TEST_PLUGINS", "Run", "Sandbox", "World", "user", "total",
           "json", "os", "pathlib", "re", "signal", "subprocess", "tempfile", "time"]
