/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule/probe.h: asks a source's plugin to prove that a run would work, for `check`.
 *
 * Starts a worker, creates the instance with the configured options, calls the plugin's check and
 * ends the worker; done is called once, never from inside probe_source. Loop thread only.
 */
#ifndef TAJO_SCHEDULE_PROBE_H
#define TAJO_SCHEDULE_PROBE_H

#include "schedule/source.h"

void probe_source(struct loop *loop, const struct source *source, const struct config_host *host,
                  void (*done)(void *arg, int result, const struct err_info *e), void *arg);

/* The instance's options as plugin_create takes them: the connector's settings, then the source's
 * own. Borrowed texts; caller frees the array. */
struct plugin_setting *source_settings(const struct source *source, size_t *ret_count);

#endif
