/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /users and GET /users/{id}. Handlers: the caller holds the sandbox's lock.
 */
#ifndef SANDBOX_SEARCH_H
#define SANDBOX_SEARCH_H

#include "http.h"

route_handler search_get_users;
route_handler search_get_user;

#endif
