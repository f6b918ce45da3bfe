/* SPDX-License-Identifier: Apache-2.0
 *
 * The routes of the Auth0 tenant and what each request to it has to pass: limits, token, scope.
 */
#include "job.h"
#include "moment.h"
#include "sandbox.h"
#include "search.h"
#include "tenant.h"
#include "token.h"

#include <string.h>

/* Headers speak of the bucket that has less left; the tenant-wide one is asked first. */
static bool pass_limits(struct tenant *tenant, int family, struct reply *reply)
{
    int64_t now_ms = moment_now();
    struct limit_state state = {.allowed = true};
    bool counted = false;
    if (family != AUTH0_LOGIN && tenant->overall.burst > 0) {
        state = bucket_take(&tenant->overall, now_ms);
        counted = true;
    }
    if (state.allowed && (!counted || tenant->families[family].burst > 0)) {
        state = bucket_take(&tenant->families[family], now_ms);
    }
    reply_add_header(reply, "x-ratelimit-limit", "%u", state.limit);
    reply_add_header(reply, "x-ratelimit-remaining", "%u", state.remaining);
    reply_add_header(reply, "x-ratelimit-reset", "%lld", (long long)(state.reset_ms + 999) / 1000);
    if (!state.allowed) {
        reply_set_auth0_error(reply, 429, "too_many_requests", "Global limit has been reached");
    }
    return state.allowed;
}

static bool guard_api(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    const struct route *route = request->route;
    if (!pass_limits(sandbox->tenant, route ? route->family : AUTH0_OTHER, reply) ||
        !token_check(sandbox->tenant, request, reply)) {
        return false;
    }
    if (route && !token_has_scope(sandbox->tenant, route->scopes)) {
        reply_set_auth0_error(reply, 403, "insufficient_scope",
                              "Insufficient scope, expected any of: %s", route->scopes);
        return false;
    }
    return true;
}

static bool guard_login(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    (void)request;
    if (pass_limits(sandbox->tenant, AUTH0_LOGIN, reply)) {
        return true;
    }
    reply_set_json(reply, 429,
                   json_pack("{s:s, s:s}", "error", "too_many_requests", "error_description",
                             "Rate limit exceeded."));
    return false;
}

static void refuse_unknown(struct sandbox *sandbox, const struct request *request,
                           struct reply *reply)
{
    (void)sandbox;
    (void)request;
    reply_set_auth0_error(reply, 404, NULL, "Not Found");
}

static const struct route api_routes[] = {
    {"GET /users", search_get_users, "read:users", AUTH0_READ_USERS},
    {"GET /users/{id}", search_get_user, "read:users,read:current_user,read:user_idp_tokens",
     AUTH0_READ_USERS},
    {"POST /jobs/users-exports", job_post_export, "read:users", AUTH0_OTHER},
    {"GET /jobs/{id}", job_get, "create:users,read:users", AUTH0_OTHER},
};

static const struct route login_routes[] = {
    {"POST /oauth/token", token_post, "", AUTH0_LOGIN},
};

const struct side auth0_api_side = {
    .name = "auth0",
    .prefix = "/auth0/api/v2",
    .routes = api_routes,
    .route_count = SANDBOX_COUNT(api_routes),
    .guard = guard_api,
    .unknown = refuse_unknown,
};

const struct side auth0_login_side = {
    .name = "auth0",
    .prefix = "/auth0",
    .routes = login_routes,
    .route_count = SANDBOX_COUNT(login_routes),
    .guard = guard_login,
    .unknown = refuse_unknown,
};
