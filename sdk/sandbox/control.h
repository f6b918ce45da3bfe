/* SPDX-License-Identifier: Apache-2.0
 *
 * The control API, by the file that holds it. Handlers: the caller holds the sandbox's lock.
 */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include "http.h"

/* control_users.c */
route_handler control_post_users;
route_handler control_touch_users;
route_handler control_get_user;
route_handler control_delete_user;

/* control_state.c */
route_handler control_get_state;

void control_refuse(struct reply *reply, unsigned status, const char *format, ...)
    SANDBOX_FORMAT(3, 4);

#endif
