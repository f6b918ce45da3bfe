"""What goes wrong is said: what, where, and what to do; with the documented exit code."""
import unittest

from tajo import ROOT, World, json, os, pathlib, subprocess, user


class Configuration(unittest.TestCase):
    CASES = [
        ("unknown key", "    shedule: x", r"tajo\.yaml:13:5: .*shedule"),
        ("wrong type", "    debug: maybe", r"tajo\.yaml:13:12: .*debug"),
        ("unset variable", '    delete_behavior: "${NOT_SET_AT_ALL}"', r"NOT_SET_AT_ALL"),
    ]

    def test_each_class_names_the_place(self):
        for name, line, expected in self.CASES:
            with self.subTest(name), World(users=0, connector=line) as world:
                run = world.run("check", "--offline")
                self.assertEqual(run.code, 2, run)
                self.assertRegex(run.err, expected)

    def test_bad_cron(self):
        with World(users=0, options='{enabled: true, schedule: "99 * * * *"}') as world:
            run = world.run("sync")
            self.assertEqual(run.code, 2, run)
            self.assertRegex(run.err, r"tajo\.yaml:11:40: .*schedule.*minute")

    def test_option_out_of_range(self):
        with World(users=0, options="{page_size: 1000}") as world:
            run = world.run("sync")
            self.assertEqual(run.code, 2, run)
            self.assertRegex(run.err, r"tajo\.yaml:11:26: .*page_size.*100")

    def test_list_that_does_not_exist(self):
        with World(users=3) as world:
            text = world.config.read_text().replace("all_users: 20", "all_users: 4711")
            world.config.write_text(text)
            run = world.run("sync")
            self.assertEqual(run.code, 2, run)
            self.assertRegex(run.err, r"tajo\.yaml:12:13.*all_users.*4711")
            self.assertEqual(world.contacts(), {})

    def test_missing_file_and_unknown_words(self):
        with World(users=0) as world:
            world.config.unlink()
            run = world.run("sync")
            self.assertEqual(run.code, 2, run)
            self.assertIn("tajo.yaml", run.err)
        with World(users=0) as world:
            self.assertEqual(world.run("sync", "--bogus").code, 2)
            self.assertEqual(world.run("frobnicate").code, 2)
            run = world.run("sync", "auth0.nothing")
            self.assertEqual(run.code, 2, run)
            self.assertIn("auth0.users", run.err)

    def test_the_vendor_pages_yaml_in_both_readings(self):
        top = """\
connectors:
  auth0:
    enabled: true
    domain: "${AUTH0_DOMAIN}"
    client_id: "${AUTH0_CLIENT_ID}"
    client_secret: "${AUTH0_CLIENT_SECRET}"
    audience: "https://${AUTH0_DOMAIN}/api/v2/"
"""
        rest = """\
sync:
  users: true
  events: true
  roles: true
  schedule: "0 */4 * * *" # Every 4 hours
lists:
  all_users: 20
  verified_users: 21
  social_login: 22
field_mapping:
  email: email
  given_name: FIRSTNAME
  family_name: LASTNAME
  nickname: NICKNAME
  picture: AVATAR_URL
  email_verified: EMAIL_VERIFIED
  logins_count: LOGIN_COUNT
  last_login: LAST_LOGIN_DATE
  created_at: SIGNUP_DATE
  user_metadata.phone: SMS
  user_metadata.company: COMPANY
  app_metadata.plan: SUBSCRIPTION_PLAN
  app_metadata.role: USER_ROLE
"""
        indented = "".join("    " + line + "\n" for line in rest.splitlines())
        debug = '    debug: true\n    log_level: verbose\n    log_sync: true\n'
        states = []
        for text in (top + rest, top + indented, top + debug + indented):
            with World(users=300) as world:
                # As it stands, it is a good configuration (nothing is called offline) ...
                world.config.write_text(text)
                run = world.run("check", "--offline")
                self.assertEqual(run.code, 0, run)
                # ... and only the addresses of the sandbox are added to run it.
                base = f'    base_url: "{world.sandbox.base}/auth0"\n'
                brevo = f'brevo: {{base_url: "{world.sandbox.base}/brevo/v3"}}\n'
                world.config.write_text(text.replace("    client_id", base + "    client_id")
                                        + brevo)
                run = world.sync()
                self.assertEqual(run.code, 0, run)
                states.append(world.digest()["digest"])
        self.assertEqual(len(set(states)), 1)

    def test_the_shipped_configuration_is_the_vendors(self):
        with World(users=0) as world:
            world.config.write_text((ROOT / "config" / "tajo.yaml").read_text())
            run = world.run("check", "--offline")
            self.assertEqual(run.code, 0, run)


class Vendors(unittest.TestCase):
    def test_wrong_client_secret(self):
        with World(users=5) as world:
            world.env["AUTH0_CLIENT_SECRET"] = "wrong-client-secret"
            run = world.sync()
            self.assertEqual(run.code, 3, run)
            self.assertIn("client_secret", run.err)
            self.assertEqual(run.json["result"], "failed")

    def test_wrong_brevo_key(self):
        with World(users=5) as world:
            world.env["BREVO_API_KEY"] = "wrong-key-wrong-key"
            run = world.sync()
            self.assertEqual(run.code, 3, run)
            self.assertIn("api_key", run.err.lower().replace("api key", "api_key"))

    def test_missing_scope_is_named(self):
        with World(users=5, sandbox=("--scopes", "read:logs")) as world:
            run = world.sync()
            self.assertEqual(run.code, 3, run)
            self.assertIn("read:users", run.err)
            run = world.run("check")
            self.assertEqual(run.code, 3, run)
            self.assertIn("read:users", run.out)
            self.assertIn("Machine to Machine", run.out)

    def test_auth0_down_and_back(self):
        with World(users=60) as world:
            world.fault(match="*", side="auth0", action="drop", times=1000)
            run = world.sync()
            self.assertEqual(run.code, 1, run)
            world.clear_faults()
            run = world.sync()
            self.assertEqual(run.code, 0, run)

    def test_brevo_down_loses_nothing(self):
        with World(users=0) as world:
            world.users(*[user(n) for n in range(1, 41)])
            world.fault(match="POST /contacts/import", side="brevo", status=503, times=1000)
            world.fault(match="POST /contacts", side="brevo", status=503, times=1000)
            run = world.sync()
            self.assertEqual(run.code, 1, run)
            self.assertEqual(run.json["contacts"]["waiting"], 40)
            world.clear_faults()
            world.reset_counts()
            run = world.sync()
            self.assertEqual(run.code, 0, run)
            self.assertEqual(len(world.contacts()), 40)

    def test_truncated_export(self):
        with World(users=1500) as world:
            world.fault(match="*", side="storage", action="truncate", times=100)
            run = world.sync()
            self.assertEqual(run.code, 1, run)
            self.assertRegex(run.err, r"closed with outstanding")
            world.clear_faults()
            self.assertEqual(world.sync().code, 0)
            self.assertGreater(len(world.contacts()), 1400)

    def test_malformed_json(self):
        with World(users=20) as world:
            world.fault(match="GET /users", side="auth0", action="garbage", times=100)
            run = world.sync()
            self.assertEqual(run.code, 1, run)
            self.assertRegex(run.err, r"JSON")

    def test_refused_contact_is_a_dead_letter(self):
        with World(users=0) as world:
            world.users(user(1), user(2))
            world.fault(match="POST /contacts", side="brevo", status=400, times=1,
                        body=json.dumps({"code": "invalid_parameter", "message": "no such thing"}))
            run = world.sync()
            self.assertEqual(run.code, 4, run)
            self.assertEqual(run.json["contacts"]["dead"], 1)
            self.assertEqual(run.json["contacts"]["delivered"], 1)

    def test_token_is_kept_over_a_restart_and_renewed_on_401(self):
        with World(users=10) as world:
            self.assertEqual(world.sync().code, 0)
            world.reset_counts()
            self.assertEqual(world.sync().code, 0)
            self.assertNotIn("POST /oauth/token", world.counts()["auth0"])
            world.sandbox.call("POST", "/__revoke", "")
            self.assertEqual(world.sync().code, 0)
            self.assertEqual(world.counts()["auth0"]["POST /oauth/token"], 1)

    def test_second_host_on_one_state_is_refused(self):
        with World(users=5) as world:
            world.fault(match="GET /users", side="auth0", action="slow", delay_ms=3000, times=5)
            first = world.start("sync")
            for _ in range(200):
                if (world.dir / "state" / "tajo.db").exists():
                    break
                subprocess.run(["sleep", "0.05"], check=True)
            subprocess.run(["sleep", "0.5"], check=True)
            run = world.run("sync")
            first.communicate(timeout=60)
            self.assertEqual(run.code, 2, run)
            self.assertRegex(run.err, r"(?i)another tajo-connect")


class Bounds(unittest.TestCase):
    def test_database_keeps_to_its_limit(self):
        with World(users=4000, host="  max_store_mb: 1") as world:
            run = world.sync()
            self.assertEqual(run.code, 1, run)
            self.assertRegex(run.err, "limit of 1048576 bytes")
            self.assertIn("host.max_store_mb", run.err)
            self.assertLess((world.dir / "state" / "tajo.db").stat().st_size, 1100000)
            world.write_config(host="  max_store_mb: 64")
            self.assertEqual(world.sync().code, 0)


class OddUsers(unittest.TestCase):
    """Shapes seen in the wild. TAJO_RECORDED_USERS names a file of real ones to try instead."""

    def test_sync_without_dead_letters(self):
        recorded = os.environ.get("TAJO_RECORDED_USERS", ROOT / "tests/integration/users.ndjson")
        text = pathlib.Path(recorded).read_text(encoding="utf-8")
        with World(users=0) as world:
            world.sandbox.call("POST", "/__users", text)
            run = world.sync()
            self.assertEqual(run.code, 0, run)
            source = run.json["sources"]["auth0.users"]
            users = {}  # a user recorded twice is one, as he was last
            for line in text.splitlines():
                users.setdefault(json.loads(line)["user_id"], {}).update(json.loads(line))
            addresses = {u["email"].lower() for u in users.values() if "email" in u}
            self.assertEqual(set(world.contacts()), addresses)
            self.assertEqual(source["dead"], 0)
            self.assertEqual(source["read"], len(users))


if __name__ == "__main__":
    unittest.main()
