/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/mem.h"
#include "worker/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_command *const COMMANDS[] = {
    &CLI_SYNC, &CLI_RUN, &CLI_CHECK, &CLI_SOURCES, &CLI_PLUGIN, &CLI_CONFIG,
};
#define COMMAND_COUNT (sizeof(COMMANDS) / sizeof(COMMANDS[0]))

#define OPTION_HELP            1001
#define OPTION_CONFIG          1002
#define OPTION_STATE_DIR       1003
#define OPTION_LOG_LEVEL       1004
#define OPTIONS_OF_ONE_COMMAND 16

static const struct option GLOBAL_OPTIONS[] = {
    {"help", no_argument, NULL, OPTION_HELP},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"state-dir", required_argument, NULL, OPTION_STATE_DIR},
    {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
};
#define GLOBAL_COUNT (sizeof(GLOBAL_OPTIONS) / sizeof(GLOBAL_OPTIONS[0]))

static const char GLOBAL_HELP[] =
    "Options of every command:\n"
    "  --config FILE      configuration (default ./tajo.yaml, then /etc/tajo-connect/tajo.yaml)\n"
    "  --state-dir DIR    where the store lives (default: host.state_dir of the configuration)\n"
    "  --log-level LEVEL  error, warn, info, debug (default info;\n"
    "                     warn for sync on a terminal, beside the progress bar)\n"
    "  --help             this text\n"
    "\n"
    "Exit codes: 0 done; 1 failed; 2 usage or configuration; 3 credentials or permission;\n"
    "4 done, with dead letters; 130 interrupted.\n";

static void print_help(FILE *out)
{
    fputs("tajo-connect keeps Brevo true to what customer-identity platforms know.\n\n"
          "Usage: tajo-connect COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-9s %s\n", COMMANDS[i]->name, COMMANDS[i]->summary);
    fputs("  version   print the version\n"
          "\n`tajo-connect COMMAND --help` says more about one.\n\n",
          out);
    fputs(GLOBAL_HELP, out);
}

int cli_report(const struct err_info *e)
{
    char text[1400];
    fprintf(stderr, "tajo-connect: %s\n", err_format(e, text, sizeof(text)));
    return err_exit_code(e->code);
}

static int take_global(struct cli *cli, int id, const char *value)
{
    switch (id) {
    case OPTION_CONFIG:
        cli->config_file = value;
        return 1;
    case OPTION_STATE_DIR:
        cli->state_dir = value;
        return 1;
    case OPTION_LOG_LEVEL:
        cli->log_level = value;
        return 1;
    default:
        return 0;
    }
}

int cli_parse(struct cli *cli, const struct cli_command *command, const struct cli_option *options,
              int (*take)(void *arg, int id, const char *value), void *arg, int argc, char **argv,
              int *ret_first)
{
    struct option all[GLOBAL_COUNT + OPTIONS_OF_ONE_COMMAND + 1];
    size_t n = GLOBAL_COUNT;
    memcpy(all, GLOBAL_OPTIONS, sizeof(GLOBAL_OPTIONS));
    for (size_t i = 0; options[i].name != NULL && i < OPTIONS_OF_ONE_COMMAND; i++)
        all[n++] =
            (struct option){options[i].name, options[i].has_value ? required_argument : no_argument,
                            NULL, options[i].id};
    all[n] = (struct option){0};
    cli->command = command->name;
    optind = 0;
    opterr = 0;
    for (;;) {
        int id = getopt_long(argc, argv, ":", all, NULL);
        if (id == -1)
            break;
        if (id == OPTION_HELP) {
            printf("%s\n%s", command->help, GLOBAL_HELP);
            return CLI_DONE;
        }
        if (id == '?' || id == ':') {
            fprintf(stderr, "tajo-connect %s: %s '%s'; see tajo-connect %s --help\n", command->name,
                    id == '?' ? "unknown option" : "a value is missing after", argv[optind - 1],
                    command->name);
            return CLI_USAGE;
        }
        if (!take_global(cli, id, optarg) && take(arg, id, optarg) < 0)
            return CLI_USAGE;
    }
    *ret_first = optind;
    return -1;
}

static const struct cli_command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(COMMANDS[i]->name, name) == 0)
            return COMMANDS[i];
    return NULL;
}

/* --NAME VALUE or --NAME=VALUE of a global option: how many arguments it takes, 0 when it is none.
 */
static int leading_option(struct cli *cli, int left, char **argv)
{
    const char *text = argv[0];
    size_t len = strcspn(text, "=");
    for (size_t i = 0; i < GLOBAL_COUNT; i++) {
        const struct option *option = &GLOBAL_OPTIONS[i];
        if (option->has_arg == no_argument || strncmp(text, "--", 2) != 0 ||
            len != strlen(option->name) + 2 || strncmp(text + 2, option->name, len - 2) != 0)
            continue;
        if (text[len] == '=')
            return take_global(cli, option->val, text + len + 1);
        return left > 1 && take_global(cli, option->val, argv[1]) ? 2 : 0;
    }
    return 0;
}

/* Global options may also stand before the command: moves past them. */
static int leading_options(struct cli *cli, int argc, char **argv)
{
    int at = 1;
    int taken = 1;
    while (at < argc && taken > 0) {
        taken = leading_option(cli, argc - at, argv + at);
        at += taken;
    }
    return at;
}

int cli_main(int argc, char **argv)
{
    struct cli cli = {0};
    if (argc == 3 && strcmp(argv[1], "worker") == 0)
        return worker_main(argv[2]);
    int at = leading_options(&cli, argc, argv);
    const char *name = at < argc ? argv[at] : NULL;
    if (name == NULL) {
        print_help(stderr);
        return CLI_USAGE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return CLI_DONE;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
        puts("tajo-connect " TAJO_VERSION);
        return CLI_DONE;
    }
    const struct cli_command *command = find_command(name);
    if (command == NULL) {
        fprintf(stderr, "tajo-connect: unknown %s '%s'; see tajo-connect --help\n",
                name[0] == '-' ? "option" : "command", name);
        return CLI_USAGE;
    }
    return command->run(&cli, argc - at, argv + at);
}
