"""The main job: everybody in few calls, nothing the second time, ten after ten changes."""
import unittest
import urllib.request

from tajo import BIN, World, os, subprocess, total, user


def eligible(run):
    return run.json["sources"]["auth0.users"]["emitted"]


class MainJob(unittest.TestCase):
    def test_twelve_thousand_users_in_few_calls(self):
        with World(users=12000, brevo_rate="general",
                   sandbox=("--limits", "essentials", "--brevo-limits", "general")) as world:
            run = world.sync()
            self.assertEqual(run.code, 0, run)
            counts = world.counts()
            self.assertLessEqual(total(counts, "auth0"), 12, counts)
            self.assertLessEqual(total(counts, "brevo"), 40, counts)

            source = run.json["sources"]["auth0.users"]
            self.assertEqual(source["read"], 12000)
            self.assertEqual(source["read"], source["emitted"] + sum(source["skipped"].values()))
            self.assertGreater(source["skipped"]["no_email"], 0)
            self.assertGreater(source["skipped"]["invalid_email"], 0)
            state = world.state()
            contacts = {c["email"]: c for c in state["contacts"]}
            self.assertEqual(run.json["contacts"]["delivered"], len(contacts))
            self.assertEqual(state["owner_mails"], 0)
            self.assertEqual(state["resubscribed"], 0)
            for contact in contacts.values():
                self.assertIn(20, contact["listIds"])
                if contact["attributes"].get("EMAIL_VERIFIED") is True:
                    self.assertIn(21, contact["listIds"])
            # Of two users with one address the leader gives the attributes, both give lists.
            unverified = [c for c in contacts.values() if 21 in c["listIds"]
                          and c["attributes"].get("EMAIL_VERIFIED") is not True]
            self.assertLess(len(unverified), 60)

            world.reset_counts()
            again = world.sync()
            self.assertEqual(again.code, 0, again)
            counts = world.counts()
            for endpoint, n in counts["brevo"].items():
                if endpoint != "total":
                    self.assertTrue(endpoint in ("GET /contacts/attributes", "GET /contacts/lists"),
                                    counts)
            self.assertEqual(again.json["contacts"]["delivered"], 0)
            self.assertLessEqual(total(counts, "auth0"), 2, counts)

            world.sandbox.call("POST", "/__users/touch?count=10&seed=3", "")
            world.reset_counts()
            third = world.sync()
            self.assertEqual(third.code, 0, third)
            self.assertLessEqual(third.json["contacts"]["delivered"], 10)
            self.assertGreaterEqual(third.json["contacts"]["delivered"], 8)  # some have no address

    def test_attributes_and_lists_are_right(self):
        with World(users=0) as world:
            world.users(
                user(1, nickname="n1", picture="https://example.com/1.png", logins_count=7,
                     last_login="2026-03-04T05:06:07.000Z",
                     user_metadata={"phone": "+49 (151) 1234-5678", "company": "ACME"},
                     app_metadata={"plan": "gold", "role": "owner"}),
                user(2, email="Person2@Example.COM", email_verified=False, given_name="Zoë",
                     identities=[{"connection": "google-oauth2", "user_id": "1",
                                  "provider": "google-oauth2", "isSocial": True}]))
            run = world.sync()
            self.assertEqual(run.code, 0, run)
            contacts = world.contacts()
            one = contacts["person1@example.com"]
            self.assertEqual(one["listIds"], [20, 21])
            attributes = one["attributes"]
            self.assertEqual(attributes["FIRSTNAME"], "Given1")
            self.assertEqual(attributes["LOGIN_COUNT"], 7)
            self.assertEqual(attributes["LAST_LOGIN_DATE"], "2026-03-04")
            self.assertEqual(attributes["SIGNUP_DATE"], "2026-01-01")
            self.assertIs(attributes["EMAIL_VERIFIED"], True)
            self.assertEqual(attributes["SMS"].lstrip("+"), "4915112345678")
            self.assertEqual(attributes["COMPANY"], "ACME")
            self.assertEqual(attributes["SUBSCRIPTION_PLAN"], "gold")
            self.assertEqual(attributes["USER_ROLE"], "owner")
            two = contacts["person2@example.com"]
            self.assertEqual(two["listIds"], [20, 22])
            self.assertEqual(two["attributes"]["FIRSTNAME"], "Zoë")

    def test_unknown_attributes_are_reported_and_created_on_request(self):
        with World(users=20, sandbox=("--bare",)) as world:
            run = world.sync()
            self.assertEqual(run.code, 0, run)
            self.assertIn("attribute=COMPANY", run.err)
            self.assertIn("create_attributes", run.err)
            self.assertNotIn("COMPANY", str(world.contacts()))
            world.write_config(brevo="  create_attributes: true")
            run = world.sync("--full")
            self.assertEqual(run.code, 0, run)
            self.assertNotIn("attribute=COMPANY", run.err)
            some = [c["attributes"] for c in world.contacts().values()]
            self.assertTrue(any("LOGIN_COUNT" in a for a in some))
            self.assertTrue(all(isinstance(a.get("EMAIL_VERIFIED", True), bool) for a in some))

    def test_an_attribute_that_brevo_gains_reaches_everybody(self):
        with World(users=0, sandbox=("--bare",)) as world:
            world.users(*[user(n, logins_count=n) for n in range(1, 4)])
            self.assertEqual(world.sync().code, 0)
            self.assertNotIn("LOGIN_COUNT", str(world.contacts()))
            request = urllib.request.Request(
                world.sandbox.base + "/brevo/v3/contacts/attributes/normal/LOGIN_COUNT",
                data=b'{"type":"float"}', method="POST",
                headers={"api-key": "sandbox-key", "content-type": "application/json"})
            urllib.request.urlopen(request, timeout=60).close()
            run = world.sync()
            self.assertEqual(run.code, 0, run)
            self.assertEqual(run.json["sources"]["auth0.users"]["mode"], "full")
            self.assertEqual(world.contacts()["person3@example.com"]["attributes"]["LOGIN_COUNT"],
                             3)
            self.assertEqual(world.sync().json["sources"]["auth0.users"]["mode"], "incremental")

    def test_one_user(self):
        with World(users=50) as world:
            self.assertEqual(world.sync().code, 0)
            world.users(user(1))
            run = world.sync("--user", f"auth0|{1:024x}", "--user", "auth0|nobody")
            self.assertEqual(run.code, 0, run)
            self.assertEqual(run.json["sources"]["auth0.users"]["mode"], "refresh")
            self.assertEqual(run.json["contacts"]["delivered"], 1)
            self.assertIn("person1@example.com", world.contacts())

    def test_modes_pages_and_export_agree(self):
        digests = []
        for mode in ("pages", "export"):
            with World(users=300, options=f"{{mode: {mode}}}") as world:
                self.assertEqual(world.sync().code, 0)
                digests.append(world.digest()["digest"])
        self.assertEqual(digests[0], digests[1])


class Telling(unittest.TestCase):
    def test_the_summary_says_what_was_chosen(self):
        with World(users=0) as world:
            world.users(*[user(n) for n in range(1, 201)])
            run = world.run("sync")
            self.assertEqual(run.code, 0, run)
            self.assertRegex(run.err, r"200 contacts delivered \(1 import, 0 single calls\), "
                                      r"0 unchanged")
            world.users(user(1, given_name="Other"), user(2, given_name="Other"))
            run = world.run("sync")
            self.assertRegex(run.err, r"2 contacts delivered \(0 imports, 2 single calls\)")
            run = world.run("sync")
            self.assertRegex(run.err, r"brevo +0 contacts delivered, ")

    def on_terminal(self, world, *args):
        """Exit code and what a terminal on stderr is given."""
        ours, theirs = os.openpty()
        process = subprocess.Popen(world.command("sync", *args), env=world.env, stderr=theirs,
                                   stdout=subprocess.DEVNULL)
        os.close(theirs)
        text = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # nobody writes any more
                break
            if not chunk:
                break
            text += chunk
        os.close(ours)
        return process.wait(60), text.decode()

    def test_a_terminal_gets_a_bar_and_no_lines_that_tear_it(self):
        with World(users=50) as world:
            code, text = self.on_terminal(world)
            self.assertEqual(code, 0, text)
            self.assertIn("contacts delivered", text)
            self.assertNotIn("level=info", text)
            code, text = self.on_terminal(world, "--log-level", "info")
            self.assertIn("level=info", text)
            self.assertIn("level=info", world.run("sync").err)  # a pipe: as ever
            world.write_config(connector="    log_level: debug")
            code, text = self.on_terminal(world)
            self.assertIn("level=debug", text)

    def test_global_options_before_the_command(self):
        with World(users=3) as world:
            for options in ([f"--config={world.config}", f"--state-dir={world.dir / 'state'}"],
                            ["--config", str(world.config), f"--state-dir={world.dir / 'state'}"]):
                done = subprocess.run([str(BIN / "tajo-connect"), *options, "--log-level=error",
                                       "sync"], env=world.env, capture_output=True, text=True,
                                      timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("level=info", done.stderr)
            for wrong in ("--config", "--confi=x", "--help=x", "--full"):
                done = subprocess.run([str(BIN / "tajo-connect"), wrong], capture_output=True,
                                      text=True, timeout=60)
                self.assertEqual(done.returncode, 2, (wrong, done.stderr))
                self.assertIn(wrong, done.stderr)


class WriteNothing(unittest.TestCase):
    """What only looks changes nothing at Brevo."""

    def looked_only(self, world):
        calls = {name: n for name, n in world.counts()["brevo"].items() if name != "total"}
        self.assertTrue(calls)
        for name in calls:
            self.assertTrue(name.startswith("GET "), calls)
        world.reset_counts()

    def test_check_and_dry_run(self):
        with World(users=40, sandbox=("--bare",), brevo="  create_attributes: true") as world:
            before = world.state()
            run = world.run("check")
            self.assertEqual(run.code, 0, run)
            self.looked_only(world)
            run = world.sync("--dry-run")
            self.assertEqual(run.code, 0, run)
            self.looked_only(world)
            self.assertEqual(world.state(), before)
            # Nor here: the sync that follows has everything still to do.
            run = world.sync()
            self.assertEqual(run.code, 0, run)
            self.assertEqual(run.json["sources"]["auth0.users"]["mode"], "full")
            self.assertEqual(run.json["contacts"]["delivered"], len(world.contacts()))
            digest = world.digest()["digest"]
            world.users(user(1))
            world.reset_counts()
            self.assertEqual(world.sync("--dry-run", "--full").code, 0)
            self.looked_only(world)
            self.assertEqual(world.digest()["digest"], digest)


class DryRun(unittest.TestCase):
    def test_shows_and_sends_nothing(self):
        with World(users=0) as world:
            world.users(user(1), user(2))
            run = world.sync("--dry-run")
            self.assertEqual(run.code, 0, run)
            self.assertEqual(run.json["would_create"], 2)
            self.assertNotIn("person1@example.com", run.err)
            self.assertIn("FIRSTNAME", run.err)
            self.assertEqual(world.contacts(), {})
            shown = world.sync("--dry-run", "--unmask")
            self.assertIn("person1@example.com", shown.err)
            self.assertIn("Given1", shown.err)
            self.assertEqual(world.sync().json["contacts"]["delivered"], 2)
            world.users(user(1, given_name="Other"))
            change = world.sync("--dry-run", "--unmask")
            self.assertEqual(change.json["would_change"], 1)
            self.assertIn("FIRSTNAME: Given1 -> Other", change.err)
            self.assertEqual(world.contacts()["person1@example.com"]["attributes"]["FIRSTNAME"],
                             "Given1")


if __name__ == "__main__":
    unittest.main()
