/* SPDX-License-Identifier: Apache-2.0
 *
 * ingress/ingress.h: incoming HTTP: GET /healthz and GET /metrics.
 *
 *   ingress_start(listen) -> ingress_publish(metrics) every few seconds -> ingress_stop
 *
 * Requests are answered on libmicrohttpd's own threads from what was last published, so a busy
 * loop cannot make a probe wait. /healthz answers 200 "ok" while the loop publishes, and 503 once
 * it has been silent for 15 seconds. Only GET and HEAD; at most 64 connections, 16 from one
 * address, 10 seconds each; no request body is read.
 * start, publish and stop on the loop's thread.
 */
#ifndef TAJO_INGRESS_INGRESS_H
#define TAJO_INGRESS_INGRESS_H

#include "base/error.h"

struct ingress;

/* listen: "127.0.0.1:8686", "[::1]:8686", port 0 takes a free one. ERR_CONFIG: not an address;
 * ERR_SYSTEM: taken, or not permitted. */
int ingress_start(const char *listen, struct ingress **ret, struct err_info *e);
int ingress_port(const struct ingress *ingress);

/* Prometheus text, copied. */
void ingress_publish(struct ingress *ingress, const char *metrics);

struct ingress *ingress_stop(struct ingress *ingress);

#endif
