"""`tajo-connect run`: schedules, health, metrics, signals."""
import socket
import unittest
import urllib.request

from tajo import World, signal, time, total, user


def wait_for(check, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if check():
            return True
        time.sleep(0.1)
    return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=5) as response:
        return response.status, response.read().decode()


class Serve(unittest.TestCase):
    def serve(self, world, port):
        text = world.config.read_text().replace('listen: ""', f'listen: "127.0.0.1:{port}"')
        world.config.write_text(text)
        return world.start("run")

    def test_first_run_starts_at_once_and_figures_are_served(self):
        with World(users=200) as world:
            port = free_port()
            process = self.serve(world, port)
            try:
                self.assertTrue(wait_for(lambda: world.digest()["count"] > 180), process)
                status, text = get(f"http://127.0.0.1:{port}/healthz")
                self.assertEqual((status, text), (200, "ok\n"))

                def delivered():
                    _, metrics = get(f"http://127.0.0.1:{port}/metrics")
                    return ('tajo_source_up{source="auth0.users"} 1' in metrics
                            and "tajo_contacts_pending 0" in metrics
                            and "tajo_contacts_delivered_total 0" not in metrics)
                self.assertTrue(wait_for(delivered))
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    get(f"http://127.0.0.1:{port}/nothing")
                self.assertEqual(refused.exception.code, 404)
            finally:
                process.send_signal(signal.SIGTERM)
                out, err = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 0, err)
            self.assertIn("stopping", err)

    def test_what_a_sync_left_is_delivered_at_start(self):
        with World(users=0) as world:
            world.users(user(1), user(2))
            world.fault(match="POST /contacts", side="brevo", status=503, times=1000)
            self.assertEqual(world.sync().code, 1)
            world.clear_faults()
            time.sleep(0.1)
            process = world.start("run")
            try:
                self.assertTrue(wait_for(lambda: len(world.contacts()) == 2, 100))
            finally:
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 0, err)

    def test_wrong_credentials_end_it_or_pause_the_source(self):
        with World(users=5) as world:
            world.env["BREVO_API_KEY"] = "wrong-key-wrong-key"
            run = world.run("run", timeout=30)
            self.assertEqual(run.code, 3, run)
            world.env["BREVO_API_KEY"] = "sandbox-key"
            world.env["AUTH0_CLIENT_SECRET"] = "wrong-client-secret"
            process = world.start("run")
            time.sleep(3)
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 0, err)
            self.assertIn("source paused", err)
            self.assertIn("client_secret", err)

    def test_a_signal_while_brevo_hangs_ends_it_at_once(self):
        with World(users=5, brevo="  create_attributes: true") as world:
            world.fault(match="*", side="brevo", action="hang", times=1000)
            for command, wanted, code in (("sync", signal.SIGINT, 130),
                                          ("run", signal.SIGTERM, 0)):
                world.reset_counts()
                process = world.start(command)
                self.assertTrue(wait_for(lambda: total(world.counts(), "brevo") > 0), command)
                begun = time.monotonic()
                process.send_signal(wanted)
                _, err = process.communicate(timeout=30)
                self.assertEqual(process.returncode, code, err)  # a sanitizer counts what is left
                self.assertLess(time.monotonic() - begun, 1)

    def test_sighup_is_told_and_changes_nothing(self):
        with World(users=5) as world:
            process = world.start("run")
            try:
                self.assertTrue(wait_for(lambda: world.digest()["count"] > 0), process)
                process.send_signal(signal.SIGHUP)
                time.sleep(0.5)
                self.assertIsNone(process.poll())
            finally:
                process.send_signal(signal.SIGTERM)
                _, err = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 0, err)
            self.assertIn("restart to apply a changed configuration", err)

    def test_run_after_one_user_reads_everybody_at_once(self):
        with World(users=0) as world:
            world.users(user(1), user(2), user(3))
            self.assertEqual(world.sync("--user", f"auth0|{1:024x}").code, 0)
            self.assertEqual(len(world.contacts()), 1)
            process = world.start("run")
            try:
                self.assertTrue(wait_for(lambda: len(world.contacts()) == 3), process)
            finally:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=30)

    def test_interrupted_sync_goes_on_where_it_was(self):
        with World(users=3000) as world:
            world.fault(match="*", side="storage", action="slow", delay_ms=2000, times=1)
            process = world.start("sync")
            time.sleep(1.5)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 130, err)
            world.clear_faults()
            run = world.sync()
            self.assertEqual(run.code, 0, run)
            with World(users=3000) as other:
                self.assertEqual(other.sync().code, 0)
                self.assertEqual(other.digest()["digest"], world.digest()["digest"])


if __name__ == "__main__":
    unittest.main()
