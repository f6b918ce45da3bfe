/* SPDX-License-Identifier: Apache-2.0
 *
 * What a delivery does before its first round: rows that an interrupted delivery left under way go
 * back into the queue. When that delivery may have had an import running, Brevo is asked and the
 * import waited for: it could overwrite what is delivered meanwhile with older values. The rows
 * themselves are simply sent again, an import being an upsert.
 */
#include "base/mem.h"
#include "brevo/import_info.h"
#include "brevo/internal.h"
#include "log/log.h"

#define FIRST_DELAY_MS 1000
#define MAX_DELAY_MS   40000
#define PATIENCE_MS    3600000

struct recover {
    struct delivery *d;
    int interrupted; /* an import may be under way */
    int64_t delay_ms;
    int64_t waited_ms;
    step_done done;
};

static void ask(struct recover *r);

static void end_recover(struct recover *r)
{
    struct delivery *d = r->d;
    step_done done = r->done;
    d->step = NULL;
    free(r);
    done(d);
}

int recover_forget_import(struct store_tx *tx, struct err_info *e)
{
    int r = meta_delete(tx, META_STARTED, e);
    return r < 0 ? r : meta_delete(tx, META_PROCESS, e);
}

static int forget_import(struct store_tx *tx, void *arg, struct err_info *e)
{
    (void)arg;
    return recover_forget_import(tx, e);
}

static void import_forgotten(void *arg, int result, const struct err_info *e)
{
    struct recover *r = arg;
    if (result < 0)
        delivery_fail(r->d, e);
    end_recover(r);
}

static void ask_again(struct delivery *d)
{
    struct recover *r = d->step;
    if (delivery_ends(d))
        end_recover(r);
    else
        ask(r);
}

static int is_running_import(const json_t *process)
{
    const char *name = json_string_value(json_object_get(process, "name"));
    struct import_info info;
    if (name == NULL || strcasestr(name, "import") == NULL)
        return 0;
    import_info_read(process, &info);
    int running = info.state == PROCESS_RUNNING;
    import_info_clear(&info);
    return running;
}

static int any_running(const json_t *answer)
{
    size_t index = 0;
    json_t *process = NULL;
    json_array_foreach(json_object_get(answer, "processes"), index, process)
    {
        if (is_running_import(process))
            return 1;
    }
    return 0;
}

static void processes_came(void *arg, const struct http_response *response,
                           const struct err_info *e)
{
    struct recover *r = arg;
    struct err_info wrong = {0};
    if (response == NULL || response->status != 200) {
        if (response != NULL)
            reply_error(response, "GET /processes", &wrong);
        delivery_fail(r->d, response != NULL ? &wrong : e);
        end_recover(r);
        return;
    }
    _cleanup_json_ json_t *json = reply_json(response);
    if (!any_running(json) || r->waited_ms >= PATIENCE_MS) {
        store_submit(r->d->brevo->store, forget_import, import_forgotten, r);
        return;
    }
    log_line(LOG_LEVEL_INFO, "brevo", "waiting for the import of an interrupted delivery", NULL);
    delivery_wait(r->d, r->delay_ms, ask_again);
    r->waited_ms += r->delay_ms;
    r->delay_ms = r->delay_ms * 2 > MAX_DELAY_MS ? MAX_DELAY_MS : r->delay_ms * 2;
}

static void ask(struct recover *r)
{
    const struct tajo_parameter query[] = {parameter("limit", "50"), parameter("sort", "desc")};
    const struct call call = {.method = "GET",
                              .path = "/processes",
                              .endpoint = "GET /processes",
                              .rate_class = CLASS_OTHER,
                              .query = query,
                              .query_count = 2};
    call_send(r->d->brevo, &call, processes_came, r);
}

static int release_rows(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct recover *r = arg;
    _cleanup_free_ char *started = NULL;
    int result = meta_get(tx, META_STARTED, &started, e);
    if (result < 0 && result != ERR_NOT_FOUND)
        return result;
    r->interrupted = result == 0;
    return contact_release_all(tx, e);
}

static void rows_released(void *arg, int result, const struct err_info *e)
{
    struct recover *r = arg;
    if (result < 0)
        delivery_fail(r->d, e);
    if (delivery_ends(r->d) || !r->interrupted)
        end_recover(r);
    else
        ask(r);
}

void recover_run(struct delivery *delivery, step_done done)
{
    struct recover *r = mem_alloc(sizeof(*r));
    r->d = delivery;
    r->done = done;
    r->delay_ms = FIRST_DELAY_MS;
    delivery->step = r;
    store_submit(delivery->brevo->store, release_rows, rows_released, r);
}
