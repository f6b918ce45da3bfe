/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP server: one thread a connection, on 127.0.0.1 only.
 *
 * server_start() after sandbox_create(); server_stop() after sandbox_stop(). For each request the
 * server reads the body, finds side and route, counts, applies a fault if one matches, and runs
 * guard and handler with the sandbox's lock held. A thread a connection (not a pool) lets a fault
 * hang or delay one connection without holding up the others.
 */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include "sandbox.h"

struct MHD_Daemon;

/* NULL when the port cannot be had; the reason is printed. */
struct MHD_Daemon *server_start(struct sandbox *sandbox, uint16_t *ret_port);
void server_stop(struct MHD_Daemon *daemon);

#endif
