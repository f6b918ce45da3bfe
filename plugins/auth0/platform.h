/* SPDX-License-Identifier: Apache-2.0
 *
 * auth0/platform.h: what every Auth0 plugin's descriptor says alike: how to authenticate, and the
 * published limits of the Management API.
 */
#ifndef AUTH0_PLATFORM_H
#define AUTH0_PLATFORM_H

#include "tajo/plugin.h"

#define AUTH0_RATE_COUNT 7u

#define AUTH0_RATE_USERS_READ "users_read"
#define AUTH0_RATE_OTHER      "other" /* roles, jobs, stats, streams */

/* Where a person grants a permission to the application. */
#define AUTH0_GRANT_PLACE                                                                          \
    "Auth0 Dashboard > Applications > APIs > Auth0 Management API > Machine to Machine "           \
    "Applications"

extern const struct tajo_auth auth0_auth;
extern const struct tajo_rate *const auth0_rates[AUTH0_RATE_COUNT];

#endif
