/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/metrics.h: the host's figures as Prometheus text. Loop thread.
 */
#ifndef TAJO_CLI_METRICS_H
#define TAJO_CLI_METRICS_H

#include "base/strbuf.h"
#include "cli/host.h"
#include "schedule/scheduler.h"

void metrics_write(const struct host *host, const struct scheduler *scheduler,
                   const struct contact_totals *totals, struct strbuf *out);

#endif
