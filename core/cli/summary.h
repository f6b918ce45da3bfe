/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/summary.h: what a sync did: for a person on stderr, as one JSON object on stdout.
 */
#ifndef TAJO_CLI_SUMMARY_H
#define TAJO_CLI_SUMMARY_H

#include "cli/host.h"
#include "schedule/run.h"

struct summary_source {
    const char *name;
    struct run_result result;
};

struct summary {
    const char *result; /* "done", "failed", "interrupted" */
    int64_t milliseconds;
    const struct summary_source *sources;
    size_t source_count;
    uint64_t unchanged; /* contacts that needed no call */
    int64_t waiting;    /* contacts that are still to be delivered */
    int64_t worker_peak_kb;
};

/* Per source: read, skipped by reason, why it failed. Part of the other two; alone for a dry run.
 */
void summary_tell_sources(const struct summary_source *sources, size_t count);
json_t *summary_sources_json(const struct summary_source *sources, size_t count); /* caller's */

void summary_tell(const struct summary *summary, const struct host *host);
void summary_print_json(const struct summary *summary, const struct host *host);

#endif
