/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads everybody. Below 1,000 users a search shows them all; above, an export job does. A search
 * in windows of created_at takes the job's place where a query must be honoured, which exports
 * cannot, where pages were asked for, and where the application may not export.
 */
#include "users.h"

#define DAMAGED_PERCENT_MAX 1u

static int32_t fail_crowded(const struct users_run *run)
{
    return tajo_fail(&run->users->sdk, TAJO_E_CONFIG, "search_cap",
                     "1,000 or more users that match share one created_at, and Auth0's search "
                     "shows no more of them. Narrow the option query (sync.users.query) or, "
                     "without one, grant the application export jobs and set mode: auto");
}

static int32_t read_windows(struct users_run *run)
{
    const struct users_walk windows = {.field = "created_at", .from_ms = -1};
    return users_walk_read(run, &windows);
}

static int32_t read_export(struct users_run *run)
{
    int32_t r = users_export_read(run);
    if (r != USERS_DENIED)
        return r;
    tajo_log(&run->users->sdk, TAJO_LOG_WARN,
             "the application may not export users: searching in windows of created_at instead, "
             "which takes a request for every %lld users",
             (long long)run->users->page_size);
    r = read_windows(run);
    return r == USERS_CAPPED ? fail_crowded(run) : r;
}

static int32_t read_listing(struct users_run *run)
{
    const struct users *users = run->users;
    bool can_export = users->query.len == 0;
    bool prefers_export = can_export && users->mode != USERS_PAGES;
    if (can_export && users->mode == USERS_EXPORT)
        return read_export(run);
    const struct users_walk walk = {
        .field = "created_at", .from_ms = -1, .small_only = prefers_export};
    int32_t r = users_walk_read(run, &walk);
    if (r != USERS_CAPPED)
        return r;
    if (!can_export)
        return fail_crowded(run);
    tajo_log(&users->sdk, TAJO_LOG_INFO,
             prefers_export ? "1,000 users or more: reading them with an export job"
                            : "1,000 users or more share one created_at: reading everybody with "
                              "an export job");
    return read_export(run);
}

/* A few odd users are left out; more than that is no list of a tenant's users, and a success
 * would move the cursor past everybody whom it should have shown. */
static int32_t fail_damaged(const struct users_run *run)
{
    return tajo_fail(&run->users->sdk, TAJO_E_TRANSIENT, "export_damaged",
                     "the list of users that Auth0 gave is damaged: %llu of its %llu entries are "
                     "no users. What was committed is kept, nobody counts as gone, and the run is "
                     "tried again",
                     (unsigned long long)run->damaged, (unsigned long long)run->read);
}

int32_t users_full_read(struct users_run *run)
{
    int32_t r = read_listing(run);
    if (r == USERS_OK && run->damaged > run->read * DAMAGED_PERCENT_MAX / 100)
        return fail_damaged(run);
    return r;
}

int32_t users_full_run(struct users_run *run)
{
    int32_t r = users_full_read(run);
    return r == USERS_OK ? users_run_finish(run) : r;
}
