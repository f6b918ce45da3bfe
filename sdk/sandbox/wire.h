/* SPDX-License-Identifier: Apache-2.0
 *
 * From a struct reply to bytes on the connection, with the faults that strike on the way out.
 *
 * wire_send() takes the reply's body or stream over; what stays in the reply is the caller's to
 * release. Called by the connection's thread, without the sandbox's lock.
 */
#ifndef SANDBOX_WIRE_H
#define SANDBOX_WIRE_H

#include "sandbox.h"

#include <microhttpd.h>

enum MHD_Result wire_send(struct sandbox *sandbox, struct MHD_Connection *connection,
                          struct reply *reply, const struct fault *fault);

#endif
