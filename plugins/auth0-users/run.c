/* SPDX-License-Identifier: Apache-2.0 */
#include "users.h"

#include "auth0/api.h"
#include "auth0/when.h"

#define NOTABLE_SKEW_MS INT64_C(60000)

void users_run_begin(struct users_run *run, struct users *users,
                     const struct tajo_run_request *request)
{
    memset(run, 0, sizeof(*run));
    run->users = users;
    run->request = request;
    run->roots = users_person_list_roots(request);
    run->began_ms = tajo_now_ms(&users->sdk);
    run->moves_cursor = request->mode == TAJO_MODE_FULL || request->mode == TAJO_MODE_INCREMENTAL;
    run->complete = request->mode == TAJO_MODE_FULL;
    run->cursor_ms = -1;
}

void users_run_end(struct users_run *run)
{
    json_decref(run->roots);
}

void users_run_note_answer(struct users_run *run, const struct tajo_http_response *response)
{
    int64_t auth0_ms = 0;
    if (run->clock_read)
        return;
    run->clock_read = true;
    if (!auth0_when_parse_http(auth0_api_find_header(response, "date"), &auth0_ms))
        return;
    /* The header tells when the answer was made; the run began earlier. Its whole seconds are
     * cut off, which errs on the early side, where reading again costs nothing. */
    int64_t skew = auth0_ms - tajo_now_ms(&run->users->sdk);
    run->began_ms += skew;
    if (skew > NOTABLE_SKEW_MS || skew < -NOTABLE_SKEW_MS)
        tajo_log(&run->users->sdk, TAJO_LOG_WARN,
                 "this machine's clock differs from Auth0's by %lld seconds; Auth0's is used",
                 (long long)(skew / 1000));
}

static int32_t commit(struct users_run *run, int64_t cursor_ms, uint32_t flags)
{
    char text[USERS_CURSOR_SIZE] = "";
    if (cursor_ms >= 0)
        users_cursor_format(cursor_ms, text);
    int32_t r = tajo_commit(&run->users->sdk, tajo_str_from(text), flags);
    if (r < 0)
        return r;
    run->pending = 0;
    if (cursor_ms >= 0)
        run->cursor_ms = cursor_ms;
    return TAJO_OK;
}

int32_t users_run_pause(struct users_run *run)
{
    tajo_progress(&run->users->sdk, run->read, run->total);
    if (tajo_should_stop(&run->users->sdk))
        return TAJO_E_STOPPED;
    return run->pending >= USERS_COMMIT_EVERY ? commit(run, -1, 0) : TAJO_OK;
}

int32_t users_run_commit_until(struct users_run *run, int64_t ms)
{
    if (!run->moves_cursor)
        return run->pending > 0 ? commit(run, -1, 0) : TAJO_OK;
    /* A time that lies ahead of Auth0's clock would skip what is still to come. */
    int64_t cursor_ms = ms < run->began_ms ? ms : run->began_ms;
    if (cursor_ms <= run->cursor_ms)
        return run->pending > 0 ? commit(run, -1, 0) : TAJO_OK;
    return commit(run, cursor_ms, 0);
}

int32_t users_run_finish(struct users_run *run)
{
    int64_t cursor_ms = -1;
    if (run->moves_cursor)
        cursor_ms = run->began_ms > run->cursor_ms ? run->began_ms : run->cursor_ms;
    tajo_progress(&run->users->sdk, run->read, run->total);
    return commit(run, cursor_ms, run->complete ? TAJO_COMMIT_SNAPSHOT_COMPLETE : 0);
}
