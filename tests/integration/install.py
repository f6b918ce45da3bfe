"""What `cmake --install` leaves works from any prefix, and is enough to build a plugin against."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from tajo import BIN, json

BUILD = BIN.parent
PLUGIN = """\
#include "tajo/sdk.h"

static int instance;

static int32_t create(const struct tajo_host *host, struct tajo_ctx *ctx, void **ret)
{
    (void)host;
    (void)ctx;
    *ret = &instance;
    return TAJO_OK;
}

static void destroy(void *which)
{
    (void)which;
}

static int32_t run(void *which, const struct tajo_run_request *request)
{
    (void)which;
    (void)request;
    return TAJO_OK;
}

static const struct tajo_ops ops = {
    .size = sizeof(ops), .create = create, .destroy = destroy, .run = run};
static const struct tajo_auth auth = {.size = sizeof(auth)};
static const struct tajo_descriptor descriptor = {
    .size = sizeof(descriptor),
    .abi_major = TAJO_ABI_MAJOR,
    .abi_minor_built = TAJO_ABI_MINOR,
    .abi_minor_needed = 1,
    .capabilities = TAJO_CAN_FULL,
    .platform = TAJO_STR("mine"),
    .source = TAJO_STR("users"),
    .version = TAJO_STR("1.0.0"),
    .summary = TAJO_STR("One file."),
    .licence = TAJO_STR("MIT"),
    .auth = &auth,
    .ops = &ops,
};

const struct tajo_descriptor *tajo_plugin_entry_v1(void)
{
    return &descriptor;
}
"""


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="tajo-install-"))
        cls.dir.chmod(0o755)
        cls.prefix = cls.dir / "else where"  # not where it was built for, and with a blank
        before = os.umask(0o002)  # the host refuses plugins that a group may write
        try:
            subprocess.run(["cmake", "--install", BUILD, "--prefix", cls.prefix], check=True,
                           stdout=subprocess.DEVNULL)
        finally:
            os.umask(before)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir, ignore_errors=True)

    def tajo(self, *args):
        # cwd: a build tree or a tajo.yaml beside it must not help.
        return subprocess.run([self.prefix / "bin/tajo-connect", *args], cwd=self.dir, text=True,
                              capture_output=True, timeout=60)

    def test_everything_is_there(self):
        for path in ("bin/tajo-connect", "bin/tajo-sandbox", "include/tajo/plugin.h",
                     "include/tajo/sdk.h", "share/tajo-connect/tajo.yaml",
                     "lib/tajo-connect/plugins/auth0-users.so"):
            self.assertTrue((self.prefix / path).is_file(), path)
        for program in ("tajo-connect", "tajo-sandbox"):
            done = subprocess.run([self.prefix / "bin" / program, "--help"], capture_output=True,
                                  timeout=60)
            self.assertEqual(done.returncode, 0, done)

    def test_plugins_are_found_beside_the_binary(self):
        done = self.tajo("plugin", "list", "--json")
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        found = json.loads(done.stdout)
        self.assertEqual(found["refused"], [])
        self.assertEqual([(p["platform"], p["source"]) for p in found["plugins"]],
                         [("auth0", "users")])
        self.assertEqual(found["plugins"][0]["file"],
                         str(self.prefix / "lib/tajo-connect/plugins/auth0-users.so"))

    def test_a_plugin_builds_against_the_headers(self):
        folder = self.dir / "mine"
        folder.mkdir(mode=0o755)
        source = folder / "mine.c"
        source.write_text(PLUGIN)
        subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
                        "-fvisibility=hidden", f"-I{self.prefix}/include", source, "-o",
                        folder / "mine.so"], check=True)
        (folder / "mine.so").chmod(0o755)
        done = self.tajo("plugin", "list", "--json", "--plugin-dir", str(folder))
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assertIn("mine", [p["platform"] for p in json.loads(done.stdout)["plugins"]])


if __name__ == "__main__":
    unittest.main()
