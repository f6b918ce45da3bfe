/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/dryrun.h: what a sync would have delivered: counts, and up to ten contacts as a difference
 * against what Brevo has now (read, never written), masked unless asked.
 */
#ifndef TAJO_CLI_DRYRUN_H
#define TAJO_CLI_DRYRUN_H

#include "cli/host.h"

/* The host works on a scratch store whose runs have ended. done once. */
void dryrun_report(struct host *host, int unmask, int json,
                   void (*done)(void *arg, int result, const struct err_info *e), void *arg);

#endif
