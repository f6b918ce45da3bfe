"""A plugin that breaks the contract costs its own run; the one beside it delivers everything."""
import shutil
import unittest

from tajo import TEST_PLUGINS, World, json, re

CONNECTOR = """\
  probe:
    enabled: true
    base_url: "{base}"
    sync:
      hostile: {{act: {act}}}
    field_mapping: {{email: email}}
"""


class BadPlugins(unittest.TestCase):
    # What the plugin does, and what the operator reads.
    CASES = {
        "crash": r"(?i)segmentation fault",
        "abort": r"(?i)abort",
        "exit": r"status 7",
        "kill": r"(?i)killed",
        "loop": r"(?i)said nothing for 2 s",
        "flood": r"(?i)said nothing for 2 s",  # the host table refuses; it goes on alone
        "raw_log_flood": r"logged without end",
        "raw_metric_flood": r"(?i)metric|figure",
        "garbage": r"(?i)frame",
        "too_long": r"(?i)frame",
        "malformed_records": r"(?i)frame|malformed",
        "unknown_frame": r"(?i)frame",
        "half_frame": r"(?i)said nothing for 2 s",
        "commit_then_die": r"(?i)killed",
        "fail_without_words": r"(?i)did not say why",
    }

    def with_probe(self, world, act, plugin="hostile.so"):
        folder = world.dir / "plugins"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        shutil.copy(TEST_PLUGINS / plugin, folder / plugin)
        (folder / plugin).chmod(0o644)
        world.write_config(host=f'  plugin_dirs: ["{folder}"]\n  plugin_silence_seconds: 2')
        text = world.config.read_text()
        probe = CONNECTOR.format(base=world.sandbox.base + "/auth0", act=act)
        world.config.write_text(text.replace("brevo:\n", probe + "brevo:\n", 1))

    def test_each_way_of_breaking_costs_one_run(self):
        with World(users=40) as world:
            expected = None
            for act, sentence in self.CASES.items():
                with self.subTest(act):
                    self.with_probe(world, act)
                    run = world.sync(state=world.dir / f"state-{act}", timeout=60)
                    self.assertEqual(run.code, 1, run)
                    sources = run.json["sources"]
                    self.assertEqual(sources["auth0.users"]["result"], "done")
                    self.assertNotEqual(sources["probe.hostile"]["result"], "done")
                    self.assertRegex(sources["probe.hostile"]["error"], sentence)
                    expected = expected or world.digest()["digest"]
                    self.assertEqual(world.digest()["digest"], expected)

    def test_a_credential_error_of_a_plugin_is_exit_code_3(self):
        with World(users=3) as world:
            self.with_probe(world, "fail_with_words")
            run = world.sync()
            self.assertEqual(run.code, 3, run)
            self.assertIn("read:users is missing", run.err)

    def test_refused_plugins_are_told_and_do_not_hinder(self):
        with World(users=10) as world:
            for plugin, sentence in (("other_major.so", r"(?i)abi"), ("no_entry.so", "entry"),
                                     ("crash_at_load.so", r"(?i)segmentation|signal"),
                                     ("newer_minor.so", r"(?i)newer|needs")):
                with self.subTest(plugin):
                    shutil.rmtree(world.dir / "plugins", ignore_errors=True)
                    self.with_probe(world, "x", plugin)
                    world.config.write_text(re.sub(r"  probe:.*?(?=brevo:)", "",
                                                   world.config.read_text(), flags=re.S))
                    run = world.sync()
                    self.assertEqual(run.code, 0, run)
                    self.assertRegex(run.err, sentence)
            listed = world.run("plugin", "list", "--json", "--plugin-dir",
                               str(world.dir / "plugins"))
            self.assertEqual(listed.code, 1, listed)
            self.assertEqual(len(json.loads(listed.out)["refused"]), 1)

    def test_a_file_that_others_may_write_is_refused(self):
        with World(users=3) as world:
            self.with_probe(world, "x")
            (world.dir / "plugins" / "hostile.so").chmod(0o666)
            listed = world.run("plugin", "list", "--plugin-dir", str(world.dir / "plugins"))
            self.assertEqual(listed.code, 1, listed)
            self.assertIn("chmod", listed.err)


if __name__ == "__main__":
    unittest.main()
