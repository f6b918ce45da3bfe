/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/dryrun.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "log/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXAMPLES 10

struct dryrun {
    struct host *host;
    struct dryrun_options options;
    void (*done)(void *arg, int result, const struct err_info *e);
    void *arg;
    struct contact_totals totals;
    struct contact_row *rows;
    size_t row_count;
    size_t next; /* row whose present state is being read */
};

static const char *shown(const struct dryrun *dryrun, const char *text)
{
    return dryrun->options.unmask ? text : log_mask(text);
}

/* A value for a person's eye: strings masked, numbers and booleans as they are. */
static const char *shown_value(const struct dryrun *dryrun, const json_t *value, struct strbuf *buf)
{
    strbuf_clear(buf);
    if (value == NULL || json_is_null(value))
        strbuf_add_text(buf, "(nothing)");
    else if (json_is_string(value))
        strbuf_add_text(buf, shown(dryrun, json_string_value(value)));
    else
        json_write(value, buf);
    return buf->data;
}

static void tell_lists(const struct contact_row *row)
{
    for (size_t i = 0; i < row->lists_wanted.count; i++)
        if (!id_set_has(&row->lists_delivered, row->lists_wanted.ids[i]))
            fprintf(stderr, "    + list %" PRId64 "\n", row->lists_wanted.ids[i]);
    for (size_t i = 0; i < row->lists_delivered.count; i++)
        if (!id_set_has(&row->lists_wanted, row->lists_delivered.ids[i]))
            fprintf(stderr, "    - list %" PRId64 "\n", row->lists_delivered.ids[i]);
}

/* present: the contact as Brevo has it, NULL when it has none. */
static void tell_example(struct dryrun *dryrun, const struct contact_row *row,
                         const json_t *present)
{
    struct strbuf old = STRBUF_INIT, new = STRBUF_INIT;
    json_t *wish _cleanup_json_ =
        row->pending != NULL ? json_loads(row->pending, 0, NULL) : json_object();
    const json_t *now = json_object_get(present, "attributes");
    fprintf(stderr, "  %s (%s)\n", shown(dryrun, row->email),
            row->remove                ? "would be deleted"
            : present != NULL          ? "exists in Brevo, would be changed"
            : row->rename_from != NULL ? "would get a new address"
                                       : "would be created");
    const char *name;
    json_t *value;
    json_object_foreach(wish, name, value)
    {
        const json_t *before = json_object_get(now, name);
        if (before != NULL && json_equal(before, value))
            continue;
        if (before == NULL)
            fprintf(stderr, "    + %s: %s\n", name, shown_value(dryrun, value, &new));
        else
            fprintf(stderr, "    ~ %s: %s -> %s\n", name, shown_value(dryrun, before, &old),
                    shown_value(dryrun, value, &new));
    }
    tell_lists(row);
    if (row->blocklist == 1)
        fputs("    + blocklisted (consent withdrawn)\n", stderr);
    strbuf_release(&old);
    strbuf_release(&new);
}

static void finish(struct dryrun *dryrun, int result, const struct err_info *e)
{
    dryrun->done(dryrun->arg, result, e);
    contact_list_free(dryrun->rows, dryrun->row_count);
    free(dryrun);
}

static void read_next(struct dryrun *dryrun);

static void on_read(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct dryrun *dryrun = arg;
    json_t *present _cleanup_json_ = NULL;
    if (response == NULL) {
        finish(dryrun, e->code, e);
        return;
    }
    if (response->status == 200)
        json_parse(response->body, response->body_len, 1 << 20, &present, NULL);
    tell_example(dryrun, &dryrun->rows[dryrun->next], present);
    dryrun->next++;
    read_next(dryrun);
}

static void read_next(struct dryrun *dryrun)
{
    if (dryrun->next == dryrun->row_count) {
        finish(dryrun, 0, NULL);
        return;
    }
    const struct contact_row *row = &dryrun->rows[dryrun->next];
    struct strbuf path = STRBUF_INIT;
    strbuf_add_text(&path, "/contacts/");
    strbuf_add_percent(&path, row->email, strlen(row->email));
    static const struct tajo_parameter by_email = {TAJO_STR("identifierType"),
                                                   TAJO_STR("email_id")};
    struct http_request request = {
        .path = path.data,
        .endpoint = "GET /contacts/{identifier}",
        .rate_class = "contacts",
        .query = &by_email,
        .query_count = 1,
    };
    http_send(brevo_http(dryrun->host->brevo), &request, on_read, dryrun);
    strbuf_release(&path);
}

static int work_look(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct dryrun *dryrun = arg;
    int r = contact_totals(tx, clock_unix_ms(), &dryrun->totals, e);
    return r < 0 ? r : contact_pending_rows(tx, EXAMPLES, &dryrun->rows, &dryrun->row_count, e);
}

static void tell_counts(const struct dryrun *dryrun)
{
    const struct dryrun_options *options = &dryrun->options;
    int64_t fresh = dryrun->totals.fresh;
    int64_t changed = dryrun->totals.pending - fresh;
    summary_tell_sources(options->sources, options->source_count);
    fprintf(stderr,
            "dry run: %" PRId64 " contacts would be created, or changed where Brevo has them from "
            "elsewhere; %" PRId64 " changed; nothing was sent\n",
            fresh, changed);
    if (!options->json)
        return;
    json_t *root _cleanup_json_ =
        json_pack("{s:b, s:I, s:I, s:o}", "dry_run", 1, "would_create", (json_int_t)fresh,
                  "would_change", (json_int_t)changed, "sources",
                  summary_sources_json(options->sources, options->source_count));
    json_dumpf(root, stdout, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(6));
    putchar('\n');
}

static void done_look(void *arg, int result, const struct err_info *e)
{
    struct dryrun *dryrun = arg;
    if (result < 0) {
        finish(dryrun, result, e);
        return;
    }
    tell_counts(dryrun);
    if (dryrun->row_count > 0)
        fprintf(stderr, "the first %zu%s:\n", dryrun->row_count,
                dryrun->options.unmask ? "" : " (personal data masked; --unmask shows it)");
    read_next(dryrun);
}

void dryrun_report(struct host *host, const struct dryrun_options *options,
                   void (*done)(void *arg, int result, const struct err_info *e), void *arg)
{
    struct dryrun *dryrun = mem_alloc(sizeof(*dryrun));
    *dryrun = (struct dryrun){.host = host, .options = *options, .done = done, .arg = arg};
    store_submit(host->store, work_look, done_look, dryrun);
}
