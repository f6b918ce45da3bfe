/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/sync_options.h: what `sync` was asked for.
 *
 * sync_options_parse fills zeroed options, which borrow from argv and from themselves: they are
 * not copied. Every mistake is told here.
 */
#ifndef TAJO_CLI_SYNC_OPTIONS_H
#define TAJO_CLI_SYNC_OPTIONS_H

#include "cli/cli.h"
#include "schedule/run.h"

#define SYNC_SUBJECTS_MOST 1000

struct sync_options {
    struct run_options run;
    const char *subjects[SYNC_SUBJECTS_MOST];
    int dry_run;
    int unmask;
    int json;
    int quiet;
};

/* As cli_parse: -1 to go on, otherwise the exit code. */
int sync_options_parse(struct cli *cli, const struct cli_command *command,
                       struct sync_options *options, int argc, char **argv, int *ret_first);

#endif
