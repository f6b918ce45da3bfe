/* SPDX-License-Identifier: Apache-2.0 */
#include "users.h"

int32_t users_changes_run(struct users_run *run, int64_t since_ms)
{
    /* A time in the future, written by hand or by a wrong clock, must not hide what comes. */
    int64_t from_ms = since_ms < run->began_ms ? since_ms : run->began_ms;
    from_ms -= run->users->overlap_ms;
    const struct users_walk walk = {
        .field = "updated_at", .from_ms = from_ms > 0 ? from_ms : 0, .checkpoints = true};
    int32_t r = users_walk_read(run, &walk);
    if (r == USERS_CAPPED) {
        tajo_log(&run->users->sdk, TAJO_LOG_WARN,
                 "1,000 users or more share one updated_at (a bulk change?) and Auth0's search "
                 "shows no more of them: reading everybody");
        run->total = 0;
        r = users_full_read(run);
    }
    return r == USERS_OK ? users_run_finish(run) : r;
}
