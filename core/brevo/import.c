/* SPDX-License-Identifier: Apache-2.0
 *
 * One import: rows are taken and spooled in one work, posted, waited for. One that Brevo fails is
 * posted once more, then the next ones are half as large; at a hundred rows they go one by one. A
 * completed one is believed only as far as its own report, and a sample that is read back, allow.
 */
#include "brevo/import.h"

#include "base/clock.h"
#include "base/mem.h"
#include "log/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_POLL_MS 700
#define MAX_POLL_MS   40000 /* 90 an hour: leaves 10 of the smallest plan's 100 */
#define SCARCE        10    /* calls left to the hour: as slow as can be */
#define PATIENCE_MS   3600000
#define SMALL_ROWS    100
#define ENDPOINT_POST "POST /contacts/import"
#define ENDPOINT_POLL "GET /processes/{id}"

static void post(struct import *import);

static void end_import(struct import *import)
{
    struct delivery *d = import->d;
    step_done done = import->done;
    if (import->fd >= 0)
        close(import->fd);
    strbuf_release(&import->buffer);
    id_set_clear(&import->lists);
    spool_forget_samples(import);
    import_info_clear(&import->info);
    addresses_clear(&import->missing);
    free(import->after);
    free(import);
    d->step = NULL;
    if (done != NULL)
        done(d);
}

/* The rows go on in singles, which take over the rest of the chain. */
static void hand_over(struct import *import)
{
    import->done = NULL;
    end_import(import);
}

static void fail_import(struct import *import, const struct err_info *e)
{
    delivery_fail(import->d, e);
    end_import(import);
}

/* ---- What becomes of the rows ---- */

static void send_rest(struct import *import)
{
    if (delivery_ends(import->d) || import->missing.count == 0) {
        end_import(import);
        return;
    }
    log_line(LOG_LEVEL_INFO, "brevo", "rows the import dropped go one by one", "contacts=%zu",
             import->missing.count);
    single_run_batch(import->d, import->batch, import->done);
    hand_over(import);
}

static int forget_process(struct store_tx *tx, void *arg, struct err_info *e)
{
    (void)arg;
    return recover_forget_import(tx, e);
}

static void send_all(void *arg, int result, const struct err_info *e)
{
    struct import *import = arg;
    if (result < 0) {
        fail_import(import, e);
        return;
    }
    single_run_batch(import->d, import->batch, import->done);
    hand_over(import);
}

/* The process is over and nothing of it is trusted: every row for itself. */
static void distrust(struct import *import)
{
    store_submit(import->d->brevo->store, forget_process, send_all, import);
}

static void read_back(struct import *import)
{
    if (delivery_ends(import->d)) {
        end_import(import);
    } else if (import->lost) {
        log_line(LOG_LEVEL_WARN, "brevo",
                 "an import lost what it had taken: its contacts go one by one",
                 "process=%" PRId64 " contacts=%" PRId64, import->process, import->rows);
        distrust(import);
    } else {
        settle_run(import, send_rest);
    }
}

static void missing_known(struct import *import)
{
    if (delivery_ends(import->d))
        end_import(import);
    else
        readback_run(import, read_back);
}

/* ---- What Brevo made of the import ---- */

static int release_rows(struct store_tx *tx, void *arg, struct err_info *e)
{
    (void)arg;
    int r = recover_forget_import(tx, e);
    return r < 0 ? r : contact_release_all(tx, e);
}

static void rows_released(void *arg, int result, const struct err_info *e)
{
    struct import *import = arg;
    if (result < 0)
        delivery_fail(import->d, e);
    else
        import->d->group_left += import->rows;
    end_import(import);
}

static void not_imported(struct import *import)
{
    if (import->rows <= SMALL_ROWS) {
        distrust(import);
        return;
    }
    import->d->import_rows = import->rows / 2;
    store_submit(import->d->brevo->store, release_rows, rows_released, import);
}

static void process_failed(struct import *import)
{
    log_line(LOG_LEVEL_WARN, "brevo", "an import failed at Brevo",
             "process=%" PRId64 " contacts=%" PRId64 " try=%d", import->process, import->rows,
             import->tries);
    if (delivery_ends(import->d))
        end_import(import);
    else if (import->tries < 2)
        post(import);
    else
        not_imported(import);
}

static void process_completed(struct import *import)
{
    import->d->brevo->counts.imports++;
    if (import->info.dropped == 0 && import->info.url_count == 0) {
        missing_known(import);
        return;
    }
    log_line(LOG_LEVEL_INFO, "brevo", "an import dropped rows",
             "process=%" PRId64 " contacts=%" PRId64, import->process, import->rows);
    missing_run(import, missing_known);
}

static void poll_later(struct import *import);

static void process_came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct import *import = arg;
    struct err_info wrong = {0};
    if (response == NULL && e->code != ERR_TRANSIENT && e->code != ERR_RATE) {
        fail_import(import, e);
        return;
    }
    if (response == NULL || reply_is_transient(response)) {
        poll_later(import);
        return;
    }
    if (reply_stops(response)) {
        reply_error(response, ENDPOINT_POLL, &wrong);
        fail_import(import, &wrong);
        return;
    }
    _cleanup_json_ json_t *json = response->status == 200 ? reply_json(response) : NULL;
    import_info_clear(&import->info);
    import_info_read(json, &import->info);
    if (import->info.state == PROCESS_COMPLETED)
        process_completed(import);
    else if (import->info.state == PROCESS_FAILED || response->status != 200)
        process_failed(import);
    else
        poll_later(import);
}

static void poll(struct delivery *d)
{
    struct import *import = d->step;
    if (delivery_ends(d)) {
        end_import(import);
        return;
    }
    char path[48];
    snprintf(path, sizeof(path), "/processes/%" PRId64, import->process);
    const struct call call = {
        .method = "GET", .path = path, .endpoint = ENDPOINT_POLL, .rate_class = CLASS_OTHER};
    call_send(d->brevo, &call, process_came, import);
}

static void poll_later(struct import *import)
{
    struct err_info late;
    if (import->waited_ms >= PATIENCE_MS) {
        err_set(&late, ERR_TRANSIENT, ENDPOINT_POLL,
                "nothing to do: the contacts are sent again; ask Brevo when it stays so",
                "an import was not done within an hour");
        fail_import(import, &late);
        return;
    }
    int64_t delay = delivery_hourly_left(import->d) <= SCARCE ? MAX_POLL_MS : import->delay_ms;
    import->waited_ms += delay;
    import->delay_ms = import->delay_ms * 8 / 5;
    if (import->delay_ms > MAX_POLL_MS)
        import->delay_ms = MAX_POLL_MS;
    delivery_wait(import->d, delay, poll);
}

/* ---- Posting it ---- */

static int note_process(struct store_tx *tx, void *arg, struct err_info *e)
{
    const struct import *import = arg;
    char id[24];
    snprintf(id, sizeof(id), "%" PRId64, import->process);
    return meta_put(tx, META_PROCESS, id, e);
}

static void process_noted(void *arg, int result, const struct err_info *e)
{
    struct import *import = arg;
    if (result < 0) {
        fail_import(import, e);
        return;
    }
    import->delay_ms = FIRST_POLL_MS;
    poll_later(import);
}

static void accepted(struct import *import, const struct http_response *response)
{
    _cleanup_json_ json_t *json = reply_json(response);
    const json_t *id = json_object_get(json, "processId");
    const char *text = json_string_value(id);
    import->process =
        json_is_integer(id) ? json_integer_value(id) : (text != NULL ? strtoll(text, NULL, 10) : 0);
    if (import->process <= 0) {
        struct err_info wrong;
        err_set(&wrong, ERR_TRANSIENT, ENDPOINT_POST, "nothing to do: it is tried again",
                "Brevo accepted an import without saying its process id");
        fail_import(import, &wrong);
        return;
    }
    import->since_ms = reply_time_ms(response, clock_unix_ms() - 60000);
    log_line(LOG_LEVEL_INFO, "brevo", "import accepted",
             "process=%" PRId64 " contacts=%" PRId64 " bytes=%" PRId64, import->process,
             import->rows, import->size);
    store_submit(import->d->brevo->store, note_process, process_noted, import);
}

static void posted(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct import *import = arg;
    struct err_info wrong = {0};
    if (response != NULL && response->status >= 200 && response->status < 300) {
        accepted(import, response);
        return;
    }
    if (response == NULL || reply_stops(response) || reply_is_transient(response)) {
        if (response != NULL)
            reply_error(response, ENDPOINT_POST, &wrong);
        fail_import(import, response != NULL ? &wrong : e);
        return;
    }
    log_line(LOG_LEVEL_WARN, "brevo", "Brevo refused an import", "status=%d contacts=%" PRId64,
             response->status, import->rows);
    not_imported(import);
}

static void post(struct import *import)
{
    import->tries++;
    import->waited_ms = 0;
    const struct http_request request = {
        .method = "POST",
        .path = "/contacts/import",
        .endpoint = ENDPOINT_POST,
        .rate_class = CLASS_CONTACTS,
        .content_type = "application/json",
        .has_body_fd = 1,
        .body_fd = import->fd,
        .body_size = import->size,
        .flags = HTTP_IDEMPOTENT,
    };
    call_request(import->d->brevo, &request, posted, import);
}

/* ---- Taking the rows ---- */

static int take_rows(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct import *import = arg;
    int64_t now = clock_unix_ms(), taken = 0;
    char started[CLOCK_ISO_SIZE];
    int r = spool_open(import, e);
    if (r < 0)
        return r;
    r = contact_take(tx, import->key, import->batch, now, (size_t)import->d->import_rows, spool_add,
                     import, &taken, e);
    if (r < 0)
        return r;
    r = spool_close(import, e);
    if (r < 0 || taken == 0)
        return r;
    return meta_put(tx, META_STARTED, clock_format_iso(now, started), e);
}

static void rows_taken(void *arg, int result, const struct err_info *e)
{
    struct import *import = arg;
    struct delivery *d = import->d;
    if (result < 0) {
        fail_import(import, e);
        return;
    }
    d->group_left -= import->rows;
    d->round_taken += import->rows;
    if (import->rows > 0) {
        post(import);
        return;
    }
    /* Not even one row fits: a single call says what is wrong with it. */
    single_run(d, &d->groups[d->group_next], import->done);
    hand_over(import);
}

static void start_import(struct delivery *d)
{
    struct import *import = d->step;
    struct brevo *brevo = d->brevo;
    if (delivery_ends(d)) {
        end_import(import);
        return;
    }
    import->list = import->lists.count > 0 ? import->lists.ids[0] : brevo->carrier_list;
    if (import->list <= 0) {
        single_run(d, &d->groups[d->group_next], import->done);
        hand_over(import);
        return;
    }
    import->batch = ++brevo->last_batch;
    store_submit(brevo->store, take_rows, rows_taken, import);
}

void import_run(struct delivery *delivery, const struct contact_group *group, step_done done)
{
    struct import *import = mem_alloc(sizeof(*import));
    import->d = delivery;
    import->fd = -1;
    import->key = group->key;
    import->blocklist = group->blocklist == 1;
    id_set_copy(&import->lists, &group->lists);
    import->done = done;
    delivery->step = import;
    if (import->lists.count == 0 && delivery->brevo->carrier_list == 0)
        carrier_run(delivery, start_import);
    else
        start_import(delivery);
}
