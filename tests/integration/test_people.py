"""Who is who: addresses, leaders, consent, deletions. Nobody who left is subscribed again."""
import unittest

from tajo import World, user


def delete_user(world, number):
    world.sandbox.call("DELETE", f"/__users/auth0%7C{number:024x}")


class People(unittest.TestCase):
    def test_two_users_with_one_address(self):
        with World(users=0) as world:
            world.users(
                user(1, email="same@example.com", given_name="Older",
                     last_login="2026-01-01T00:00:00.000Z", family_name="OnlyOlder"),
                user(2, email="Same@Example.com", given_name="Newer", family_name=None,
                     email_verified=False, last_login="2026-02-01T00:00:00.000Z",
                     identities=[{"connection": "g", "user_id": "2", "provider": "google-oauth2",
                                  "isSocial": True}]))
            self.assertEqual(world.sync().code, 0)
            contact = world.contacts()["same@example.com"]
            self.assertEqual(contact["attributes"]["FIRSTNAME"], "Newer")
            self.assertNotIn("LASTNAME", contact["attributes"])
            self.assertEqual(contact["listIds"], [20, 21, 22])

    def test_vanished_users_leave_the_lists_with_the_last_of_them(self):
        with World(users=0) as world:
            world.users(user(1, email="same@example.com"), user(2, email="same@example.com"),
                        user(3))
            self.assertEqual(world.sync().code, 0)
            delete_user(world, 1)
            delete_user(world, 3)
            run = world.sync("--full")
            self.assertEqual(run.code, 0, run)
            self.assertEqual(run.json["sources"]["auth0.users"]["gone"], 2)
            contacts = world.contacts()
            self.assertEqual(contacts["person3@example.com"]["listIds"], [])
            self.assertIn(20, contacts["same@example.com"]["listIds"])
            delete_user(world, 2)
            self.assertEqual(world.sync("--full").code, 0)
            self.assertEqual(world.contacts()["same@example.com"]["listIds"], [])

    def test_an_empty_answer_removes_nobody_unless_asked(self):
        for nobody in ('{"start":0,"limit":100,"length":0,"total":0,"users":[]}', "[]"):
            with World(users=60, connector="    delete_behavior: hard") as world:
                self.assertEqual(world.sync().code, 0)
                before = world.digest()
                world.fault(match="GET /users", side="auth0", status=200, body=nobody, times=100)
                run = world.sync("--full")
                self.assertEqual(run.code, 1, run)
                self.assertIn("--allow-removals", run.err)
                self.assertEqual(world.digest()["digest"], before["digest"])
                run = world.sync("--full", "--allow-removals")
                self.assertEqual(run.code, 0, run)
                self.assertEqual(world.digest()["count"], 0)

    def test_a_refused_opt_out_is_tried_again(self):
        consent = "    consent: {field: user_metadata.marketing_opt_in}"
        with World(users=0, connector=consent) as world:
            world.users(user(1, user_metadata={"marketing_opt_in": True}))
            self.assertEqual(world.sync().code, 0)
            world.users(user(1, user_metadata={"marketing_opt_in": False}))
            for call in ("POST /contacts", "PUT /contacts/{identifier}"):
                world.fault(match=call, side="brevo", status=400, times=10,
                            body='{"code":"invalid_parameter","message":"no"}')
            self.assertEqual(world.sync().code, 4)
            self.assertFalse(world.contacts()["person1@example.com"]["emailBlacklisted"])
            self.assertEqual(world.sync().code, 4)
            world.clear_faults()
            self.assertEqual(world.sync().code, 0)
            self.assertTrue(world.contacts()["person1@example.com"]["emailBlacklisted"])

    def test_keep_and_hard_delete(self):
        for behavior, left in (("keep", True), ("hard", False)):
            with World(users=0, connector=f"    delete_behavior: {behavior}") as world:
                world.users(user(1), user(2))
                self.assertEqual(world.sync().code, 0)
                delete_user(world, 1)
                self.assertEqual(world.sync("--full").code, 0)
                contacts = world.contacts()
                self.assertEqual("person1@example.com" in contacts, left)
                if left:
                    self.assertIn(20, contacts["person1@example.com"]["listIds"])

    def test_hard_delete_never_forgets_an_opt_out(self):
        with World(users=0, connector="    delete_behavior: hard") as world:
            world.users(user(1), user(2))
            self.assertEqual(world.sync().code, 0)
            world.flags("person1@example.com", emailBlacklisted=True)
            delete_user(world, 1)
            self.assertEqual(world.sync("--full").code, 0)
            contact = world.contacts()["person1@example.com"]
            self.assertTrue(contact["emailBlacklisted"])
            self.assertEqual(contact["listIds"], [])

    def test_unsubscribed_people_stay_unsubscribed(self):
        with World(users=0) as world:
            world.users(*[user(n) for n in range(1, 61)])
            self.assertEqual(world.sync().code, 0)
            world.flags("person1@example.com", emailBlacklisted=True)
            world.flags("person2@example.com", unsubscribe_list=20)
            world.flags("person3@example.com", emailBlacklisted=True)
            changed = [user(n, given_name="Changed") for n in range(1, 61) if n != 3]
            world.users(*changed, user(3, email="moved3@example.com"))
            self.assertEqual(world.sync("--full").code, 0)  # many: by import
            world.users(user(1, given_name="Again"), user(2, given_name="Again"))
            self.assertEqual(world.sync().code, 0)  # few: singly
            state = world.state()
            self.assertEqual(state["resubscribed"], 0)
            contacts = {c["email"]: c for c in state["contacts"]}
            self.assertTrue(contacts["person1@example.com"]["emailBlacklisted"])
            self.assertEqual(contacts["person1@example.com"]["attributes"]["FIRSTNAME"], "Again")
            self.assertNotIn(20, contacts["person2@example.com"]["listIds"])
            self.assertTrue(contacts["person3@example.com"]["emailBlacklisted"])
            self.assertEqual(contacts["person3@example.com"]["listIds"], [])
            self.assertTrue(contacts["moved3@example.com"]["emailBlacklisted"])

    def test_changed_address(self):
        with World(users=0) as world:
            world.users(user(1), user(2), user(3, email="taken@example.com"))
            self.assertEqual(world.sync().code, 0)
            world.users(user(1, email="new1@example.com"),
                        user(2, email="taken@example.com", last_login="2026-09-01T00:00:00.000Z"))
            self.assertEqual(world.sync().code, 0)
            contacts = world.contacts()
            self.assertEqual(set(contacts), {"new1@example.com", "taken@example.com",
                                             "person2@example.com"})
            self.assertEqual(contacts["new1@example.com"]["listIds"], [20, 21])
            self.assertEqual(contacts["person2@example.com"]["listIds"], [])
            self.assertEqual(contacts["taken@example.com"]["attributes"]["FIRSTNAME"], "Given2")

    def test_swapped_addresses(self):
        for opted_out in (None, "person1@example.com", "person2@example.com"):
            with World(users=0) as world:
                world.users(user(1, last_login="2026-01-01T00:00:00.000Z"),
                            user(2, email_verified=False, last_login="2026-02-01T00:00:00.000Z"))
                self.assertEqual(world.sync().code, 0)
                if opted_out:
                    world.flags(opted_out, emailBlacklisted=True)
                world.users(user(1, email="person2@example.com",
                                 last_login="2026-01-01T00:00:00.000Z"),
                            user(2, email="person1@example.com", email_verified=False,
                                 last_login="2026-02-01T00:00:00.000Z"))
                for _ in range(2):  # the second reads who was to be read again, if anybody is left
                    run = world.sync()
                    self.assertEqual(run.code, 0, run)
                state = world.state()
                self.assertEqual(state["resubscribed"], 0)
                contacts = {c["email"]: c for c in state["contacts"]}
                self.assertEqual(set(contacts), {"person1@example.com", "person2@example.com"})
                one, two = contacts["person1@example.com"], contacts["person2@example.com"]
                self.assertEqual(one["attributes"]["FIRSTNAME"], "Given2")
                self.assertEqual(two["attributes"]["FIRSTNAME"], "Given1")
                self.assertEqual((one["listIds"], two["listIds"]), ([20], [20, 21]))
                self.assertEqual(one["emailBlacklisted"], opted_out is not None)
                self.assertEqual(two["emailBlacklisted"], opted_out is not None)

    def test_consent_goes_one_way(self):
        consent = "    consent: {field: user_metadata.marketing_opt_in}"
        with World(users=0, connector=consent) as world:
            world.users(user(1, user_metadata={"marketing_opt_in": True}),
                        user(2, user_metadata={"marketing_opt_in": False}), user(3))
            run = world.sync()
            self.assertEqual(run.json["sources"]["auth0.users"]["skipped"], {"no_consent": 2})
            self.assertEqual(set(world.contacts()), {"person1@example.com"})
            world.users(user(1, user_metadata={"marketing_opt_in": False}))
            self.assertEqual(world.sync().code, 0)
            self.assertTrue(world.contacts()["person1@example.com"]["emailBlacklisted"])
            world.users(user(1, user_metadata={"marketing_opt_in": True}))
            self.assertEqual(world.sync().code, 0)
            self.assertTrue(world.contacts()["person1@example.com"]["emailBlacklisted"])
            self.assertEqual(world.state()["resubscribed"], 0)

    def test_skips_are_counted_by_reason(self):
        with World(users=0, options="{verified_only: true}") as world:
            world.users(user(1), user(2, email=None), user(3, email="not an address"),
                        user(4, email_verified=False))
            run = world.sync()
            self.assertEqual(run.code, 0, run)
            source = run.json["sources"]["auth0.users"]
            self.assertEqual(source["emitted"], 1)
            self.assertEqual(source["skipped"],
                             {"no_email": 1, "invalid_email": 1, "not_verified": 1})
            self.assertEqual(set(world.contacts()), {"person1@example.com"})

    def test_who_turns_unverified_leaves_in_an_incremental_run(self):
        for behavior in ("soft", "hard"):
            with World(users=0, options="{verified_only: true}",
                       connector=f"    delete_behavior: {behavior}") as world:
                world.users(user(1), user(2))
                self.assertEqual(world.sync().code, 0)
                world.users(user(1, email_verified=False))
                run = world.sync()
                self.assertEqual(run.code, 0, run)
                source = run.json["sources"]["auth0.users"]
                self.assertEqual(source["mode"], "incremental")
                self.assertEqual(source["skipped"], {"not_verified": 1})
                contacts = world.contacts()
                self.assertEqual(contacts["person2@example.com"]["listIds"], [20, 21])
                if behavior == "hard":
                    self.assertNotIn("person1@example.com", contacts)
                    continue
                self.assertEqual(contacts["person1@example.com"]["listIds"], [])
                self.assertFalse(contacts["person1@example.com"]["emailBlacklisted"])
                world.users(user(1))
                self.assertEqual(world.sync().code, 0)
                self.assertEqual(world.contacts()["person1@example.com"]["listIds"], [20, 21])

    def test_opt_out_survives_an_unverified_change_of_address(self):
        meanwhile = ({"email": "new@example.com", "email_verified": False}, {"email": None},
                     {"email": "not an address"})
        for behavior in ("soft", "hard"):
            for lost in meanwhile:
                with World(users=0, options="{verified_only: true}",
                           connector=f"    delete_behavior: {behavior}") as world:
                    world.users(user(1), user(2), user(3))
                    self.assertEqual(world.sync().code, 0)
                    world.flags("person1@example.com", emailBlacklisted=True)
                    world.users(user(1, **lost), user(2, **{**lost, "email": lost["email"] and
                                                            "2" + lost["email"]}))
                    self.assertEqual(world.sync().code, 0)
                    self.assertEqual(world.sync("--full").code, 0)
                    world.users(user(1, email="new@example.com"),
                                user(2, email="2new@example.com"))
                    self.assertEqual(world.sync().code, 0)
                    state = world.state()
                    self.assertEqual(state["resubscribed"], 0)
                    contacts = {c["email"]: c for c in state["contacts"]}
                    self.assertTrue(contacts["new@example.com"]["emailBlacklisted"])
                    self.assertFalse(contacts["2new@example.com"]["emailBlacklisted"])
                    self.assertEqual(contacts["2new@example.com"]["listIds"], [20, 21])

    def test_phone_numbers(self):
        with World(users=0) as world:
            phone = {"phone": "+4915112345678"}
            world.users(user(1, user_metadata=phone, last_login="2026-01-01T00:00:00.000Z"),
                        user(2, user_metadata=phone, last_login="2026-02-01T00:00:00.000Z"),
                        user(3, user_metadata={"phone": "call me"}))
            run = world.sync()
            self.assertEqual(run.code, 0, run)
            lost = run.json["sources"]["auth0.users"]["lost_values"]
            self.assertEqual(lost, {"invalid_phone": 1, "shared_phone": 1})
            contacts = world.contacts()
            self.assertEqual(set(contacts), {f"person{n}@example.com" for n in (1, 2, 3)})
            self.assertIn("SMS", contacts["person2@example.com"]["attributes"])
            self.assertNotIn("SMS", contacts["person1@example.com"]["attributes"])


if __name__ == "__main__":
    unittest.main()
