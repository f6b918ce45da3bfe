/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sync_options.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

#define SUBJECT_BYTES_MOST 255 /* of the ABI */

enum { OPT_FULL = 1, OPT_SINCE, OPT_USER, OPT_DRY_RUN, OPT_UNMASK, OPT_JSON, OPT_QUIET, OPT_ALLOW };

/* Who to read is asked for in one way, or the last one would win in silence. */
static int take_mode(struct sync_options *options, enum run_mode mode)
{
    if (options->run.mode != RUN_AUTO && options->run.mode != mode) {
        fputs("tajo-connect sync: --full, --since and --user exclude each other: everybody, what "
              "changed, or named users; give one of them\n",
              stderr);
        return ERR_USAGE;
    }
    options->run.mode = mode;
    return 0;
}

static int take_since(struct sync_options *options, const char *value)
{
    if (clock_parse_iso(value, strlen(value), &options->run.since_ms) == 0)
        return take_mode(options, RUN_SINCE);
    fprintf(stderr,
            "tajo-connect sync: --since: '%s' is no time; write it as 2026-11-23 or "
            "2026-11-23T10:00:00Z\n",
            value);
    return ERR_USAGE;
}

/* What no worker could be asked for is refused here: queued, it would fail every later run. */
static int take_user(struct sync_options *options, const char *value)
{
    size_t len = strlen(value);
    if (len == 0 || len > SUBJECT_BYTES_MOST || !utf8_valid(value, len)) {
        fprintf(stderr, "tajo-connect sync: --user: a user id has 1 to %d bytes of UTF-8\n",
                SUBJECT_BYTES_MOST);
        return ERR_USAGE;
    }
    if (options->run.subject_count == SYNC_SUBJECTS_MOST) {
        fprintf(stderr, "tajo-connect sync: at most %d --user; use --full\n", SYNC_SUBJECTS_MOST);
        return ERR_USAGE;
    }
    options->subjects[options->run.subject_count++] = value;
    return take_mode(options, RUN_SUBJECTS);
}

static int take_option(void *arg, int id, const char *value)
{
    struct sync_options *options = arg;
    switch (id) {
    case OPT_FULL:
        return take_mode(options, RUN_FULL);
    case OPT_SINCE:
        return take_since(options, value);
    case OPT_USER:
        return take_user(options, value);
    case OPT_DRY_RUN:
        options->dry_run = 1;
        return 0;
    case OPT_ALLOW:
        options->run.allow_removals = 1;
        return 0;
    case OPT_UNMASK:
        options->unmask = 1;
        return 0;
    case OPT_JSON:
        options->json = 1;
        return 0;
    default:
        options->quiet = 1;
        return 0;
    }
}

int sync_options_parse(struct cli *cli, const struct cli_command *command,
                       struct sync_options *options, int argc, char **argv, int *ret_first)
{
    static const struct cli_option known[] = {
        {"full", 0, OPT_FULL},       {"since", 1, OPT_SINCE},          {"user", 1, OPT_USER},
        {"dry-run", 0, OPT_DRY_RUN}, {"unmask", 0, OPT_UNMASK},        {"json", 0, OPT_JSON},
        {"quiet", 0, OPT_QUIET},     {"allow-removals", 0, OPT_ALLOW}, {NULL, 0, 0},
    };
    options->run.subjects = options->subjects;
    return cli_parse(cli, command, known, take_option, options, argc, argv, ret_first);
}
