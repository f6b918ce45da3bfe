/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/dryrun.h: what a sync would have delivered: counts, who is skipped and why, and up to ten
 * contacts as a difference against what Brevo has now (read, never written), masked unless asked.
 */
#ifndef TAJO_CLI_DRYRUN_H
#define TAJO_CLI_DRYRUN_H

#include "cli/summary.h"

struct dryrun_options {
    int unmask;                           /* personal data as it is in the examples */
    int json;                             /* also one object on stdout */
    const struct summary_source *sources; /* borrowed until done */
    size_t source_count;
};

/* The host works on a scratch store whose runs have ended. done once. */
void dryrun_report(struct host *host, const struct dryrun_options *options,
                   void (*done)(void *arg, int result, const struct err_info *e), void *arg);

#endif
