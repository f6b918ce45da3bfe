/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/cli.h: the command line: one file a command, chosen here.
 *
 * cli_main parses the global options, finds the command and returns the process's exit code:
 * 0 done, 1 failed, 2 usage or configuration, 3 credentials or permission, 4 done with dead
 * letters, 130 interrupted. What a person reads goes to stderr, what a program reads to stdout.
 */
#ifndef TAJO_CLI_CLI_H
#define TAJO_CLI_CLI_H

#include "base/error.h"

#include <getopt.h>

enum cli_exit {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_AUTH = 3,
    CLI_DEAD_LETTERS = 4,
    CLI_INTERRUPTED = 130
};

/* Options that every command takes. */
struct cli {
    const char *config_file; /* NULL: ./tajo.yaml, then /etc/tajo-connect/tajo.yaml */
    const char *state_dir;
    const char *log_level;
    const char *command; /* for sentences: "sync" */
};

struct cli_command {
    const char *name;
    const char *summary;                                /* one line */
    const char *help;                                   /* the whole text of --help */
    int (*run)(struct cli *cli, int argc, char **argv); /* argv[0] is the command's name */
};

extern const struct cli_command CLI_SYNC, CLI_CHECK, CLI_RUN, CLI_PLUGIN, CLI_CONFIG, CLI_SOURCES;

int cli_main(int argc, char **argv);

/* An option of a command: long name, takes a value or not. */
struct cli_option {
    const char *name;
    int has_value;
    int id; /* > 0, given to take */
};

/* Parses a command's options and the global ones, in any order with the arguments, which end up
 * at argv[*ret_first]. take returns 0, or a negative enum err after a message. Answers -1 to go
 * on, otherwise the exit code (--help, or a mistake that was told). */
int cli_parse(struct cli *cli, const struct cli_command *command, const struct cli_option *options,
              int (*take)(void *arg, int id, const char *value), void *arg, int argc, char **argv,
              int *ret_first);

/* "tajo-connect: where: what. mend" to stderr; returns the exit code that fits. */
int cli_report(const struct err_info *e);

#endif
