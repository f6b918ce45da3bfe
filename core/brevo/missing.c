/* SPDX-License-Identifier: Apache-2.0
 *
 * Which rows of a completed import Brevo dropped. Its report either links CSV files that name
 * them, or gives only numbers; then everybody on the list who was changed since the import was
 * accepted is counted as there, and whoever is left is missing. A row that Brevo had no reason to
 * change looks missing too: it costs a single call, no more.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "brevo/import.h"
#include "log/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE      500
#define PAGE_ROWS 1000
#define MAX_CSV   (64u * 1024 * 1024)

static void ask_page(struct import *import);

/* ---- By list ---- */

static int read_batch(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct import *import = arg;
    _cleanup_free_ char *after = NULL;
    size_t count = PAGE_ROWS;
    while (count == PAGE_ROWS) {
        struct contact_row *rows = NULL;
        int r = contact_batch_rows(tx, import->batch, after, PAGE_ROWS, &rows, &count, e);
        if (r < 0)
            return r;
        for (size_t i = 0; i < count; i++)
            addresses_add(&import->missing, rows[i].email, strlen(rows[i].email));
        if (count > 0) {
            free(after);
            after = mem_strdup(rows[count - 1].email);
        }
        contact_list_free(rows, count);
    }
    return 0;
}

/* More than the import can have changed: others change the list too, but not without end. */
static int64_t max_offset(const struct import *import)
{
    return import->rows * 4 + 100000;
}

static void page_came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct import *import = arg;
    struct err_info wrong = {0};
    if (response == NULL || response->status != 200) {
        if (response != NULL &&
            reply_error(response, "GET /contacts/lists/{id}/contacts", &wrong) == ERR_DATA)
            wrong.code = ERR_TRANSIENT;
        delivery_fail(import->d, response != NULL ? &wrong : e);
        import->then(import);
        return;
    }
    _cleanup_json_ json_t *json = reply_json(response);
    const json_t *contacts = json_object_get(json, "contacts");
    size_t index = 0;
    json_t *contact = NULL;
    json_array_foreach(contacts, index, contact)
    {
        const char *email = json_string_value(json_object_get(contact, "email"));
        if (email != NULL)
            addresses_remove(&import->missing, email, strlen(email));
    }
    import->offset += PAGE;
    if (json_array_size(contacts) < PAGE || import->missing.count == 0 ||
        import->offset > max_offset(import) || delivery_ends(import->d))
        import->then(import);
    else
        ask_page(import);
}

static void ask_page(struct import *import)
{
    char path[64], limit[24], offset[24], since[CLOCK_ISO_SIZE];
    snprintf(path, sizeof(path), "/contacts/lists/%" PRId64 "/contacts", import->list);
    snprintf(limit, sizeof(limit), "%d", PAGE);
    snprintf(offset, sizeof(offset), "%" PRId64, import->offset);
    const struct tajo_parameter query[] = {
        parameter("limit", limit),
        parameter("offset", offset),
        parameter("modifiedSince", clock_format_iso(import->since_ms, since)),
    };
    const struct call call = {.method = "GET",
                              .path = path,
                              .endpoint = "GET /contacts/lists/{id}/contacts",
                              .query = query,
                              .query_count = 3};
    call_send(import->d->brevo, &call, page_came, import);
}

static void batch_read(void *arg, int result, const struct err_info *e)
{
    struct import *import = arg;
    if (result < 0) {
        delivery_fail(import->d, e);
        import->then(import);
        return;
    }
    import->offset = 0;
    ask_page(import);
}

static void compare_list(struct import *import)
{
    addresses_clear(&import->missing);
    store_submit(import->d->brevo->store, read_batch, batch_read, import);
}

/* ---- By file ---- */

static void ask_file(struct import *import);

static void file_came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct import *import = arg;
    if (response == NULL || response->status != 200) {
        log_line(LOG_LEVEL_INFO, "brevo", "the report of an import cannot be read",
                 "process=%" PRId64 " status=%d error=%s", import->process,
                 response != NULL ? response->status : 0,
                 response != NULL ? "ok" : err_name(e->code));
        compare_list(import);
        return;
    }
    size_t before = import->missing.count;
    addresses_add_csv(&import->missing, response->body, response->body_len);
    /* A file that names nobody says no more than a number. */
    if (import->missing.count == before) {
        compare_list(import);
        return;
    }
    import->next_url++;
    ask_file(import);
}

static void ask_file(struct import *import)
{
    if (import->next_url == import->info.url_count) {
        import->then(import);
        return;
    }
    const struct http_request request = {
        .method = "GET",
        .path = import->info.urls[import->next_url],
        .endpoint = "GET import report",
        .flags = HTTP_NO_AUTH | HTTP_IDEMPOTENT,
        .max_body = MAX_CSV,
    };
    call_request(import->d->brevo, &request, file_came, import);
}

void missing_run(struct import *import, import_step then)
{
    import->then = then;
    if (import->info.dropped > 0)
        compare_list(import);
    else
        ask_file(import);
}
