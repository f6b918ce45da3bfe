/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "cli/host.h"

#include <stdio.h>
#include <string.h>

static int no_option(void *arg, int id, const char *value)
{
    (void)arg;
    (void)id;
    (void)value;
    return 0;
}

static int config_command(struct cli *cli, int argc, char **argv)
{
    static const struct cli_option options[] = {{NULL, 0, 0}};
    int first = 0;
    int code = cli_parse(cli, &CLI_CONFIG, options, no_option, NULL, argc, argv, &first);
    if (code >= 0)
        return code;
    if (argc - first != 1 || strcmp(argv[first], "show") != 0) {
        fputs("tajo-connect config: write `tajo-connect config show`\n", stderr);
        return CLI_USAGE;
    }
    struct host host = {0};
    code = host_load(&host, cli, HOST_TELL_ALL);
    if (host.config != NULL) {
        struct strbuf text = STRBUF_INIT;
        config_show(host.config, &text);
        fputs(text.data != NULL ? text.data : "", stdout);
        strbuf_release(&text);
    }
    host_close(&host);
    return code;
}

const struct cli_command CLI_CONFIG = {
    .name = "config",
    .summary = "show the effective settings",
    .help = "Usage: tajo-connect config show [OPTION...]\n"
            "\n"
            "Prints the settings that hold, defaults included, as YAML that can be used again;\n"
            "secrets are masked. Problems of the file go to stderr, and the exit code is 2 then.\n",
    .run = config_command,
};
