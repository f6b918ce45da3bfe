/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/progress.h: how far a sync is, on stderr: one bar that redraws itself on a terminal, a plain
 * line every five seconds otherwise. Log lines and the bar do not tear each other (log_hook).
 *
 * progress_start, progress_phase for each phase, progress_update as often as wanted (it draws at
 * most ten times a second), progress_end. Loop thread.
 */
#ifndef TAJO_CLI_PROGRESS_H
#define TAJO_CLI_PROGRESS_H

#include <stdint.h>

struct progress;

/* quiet: shows nothing. */
struct progress *progress_start(int quiet);
void progress_phase(struct progress *progress, const char *name); /* "reading", "delivering" */
void progress_update(struct progress *progress, uint64_t done, uint64_t total);
struct progress *progress_end(struct progress *progress); /* the last state stays on the screen */

/* The line that would be drawn: rate and time left from done, total, elapsed. columns: width of the
 * terminal; 0: no bar. */
void progress_format(char *buf, unsigned long size, const char *phase, uint64_t done,
                     uint64_t total, int64_t elapsed_ms, unsigned columns);

#endif
