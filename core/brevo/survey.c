/* SPDX-License-Identifier: Apache-2.0
 *
 * Who left lists by his own wish: an import would put him back, and has no way to leave a list out
 * for one row. So the account's contacts are paged through before the first import that adds to
 * lists, and later those that were modified since. That leaving a list counts as a modification is
 * not documented by Brevo. What a page tells is stored with the page; the time up to which all is
 * known only with the last one, so that an interrupted survey starts over.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "brevo/attributes.h"
#include "brevo/internal.h"
#include "brevo/verdict.h"
#include "log/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ENDPOINT  "GET /contacts"
#define PAGE      1000
#define OVERLAP   20 /* pages overlap: whoever is deleted meanwhile moves the others forward */
#define MARGIN_MS 600000
#define RECENT_MS 600000

struct leaver {
    char *email;
    struct id_set lists;
};

struct survey {
    struct delivery *d;
    char *since;                 /* NULL: everybody */
    int64_t until_ms;            /* by Brevo's clock; 0: Brevo did not say */
    int64_t offset;              /* of the page under way */
    int64_t seen;                /* so many contacts were paged through */
    char *last;                  /* the last one of them */
    int ends;                    /* the page was the last one */
    struct leaver leavers[PAGE]; /* of the page */
    size_t count;
    uint64_t kept_off; /* of the page: were to be put back on a list */
    uint64_t kept_off_total;
    step_done done;
};

static void ask(struct survey *s);

int survey_is_recent(const struct delivery *delivery)
{
    return delivery->surveyed && clock_monotonic_ms() - delivery->surveyed_ms < RECENT_MS;
}

static void forget_page(struct survey *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->leavers[i].email);
        id_set_clear(&s->leavers[i].lists);
    }
    s->count = 0;
}

static void end_survey(struct survey *s)
{
    struct delivery *d = s->d;
    step_done done = s->done;
    forget_page(s);
    free(s->since);
    free(s->last);
    free(s);
    done(d);
}

static void fail_survey(struct survey *s, const struct err_info *e)
{
    delivery_fail(s->d, e);
    end_survey(s);
}

/* ---- Storing a page ---- */

static int note_until(struct store_tx *tx, const struct survey *s, struct err_info *e)
{
    char until[CLOCK_ISO_SIZE];
    return meta_put(tx, META_SURVEY, clock_format_iso(s->until_ms - MARGIN_MS, until), e);
}

static int store_page(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct survey *s = arg;
    s->kept_off = 0;
    for (size_t i = 0; i < s->count; i++) {
        int kept_off = 0;
        int r = verdict_leaver(tx, s->leavers[i].email, &s->leavers[i].lists, &kept_off, e);
        if (r < 0)
            return r;
        s->kept_off += (uint64_t)kept_off;
    }
    return s->ends && s->until_ms > 0 ? note_until(tx, s, e) : 0;
}

static void page_stored(void *arg, int result, const struct err_info *e)
{
    struct survey *s = arg;
    struct delivery *d = s->d;
    if (result < 0) {
        fail_survey(s, e);
        return;
    }
    d->brevo->counts.kept_off_lists += s->kept_off;
    s->kept_off_total += s->kept_off;
    forget_page(s);
    if (!s->ends && !delivery_ends(d)) {
        ask(s);
        return;
    }
    if (s->ends) {
        d->surveyed = 1;
        d->surveyed_ms = clock_monotonic_ms();
        log_line(LOG_LEVEL_INFO, "brevo", "contacts surveyed for lists they left",
                 "contacts=%" PRId64 " full=%d kept_off=%" PRIu64, s->seen, s->since == NULL,
                 s->kept_off_total);
    }
    end_survey(s);
}

/* ---- Reading a page ---- */

static void add_leaver(struct survey *s, const char *email, struct id_set *lists)
{
    struct leaver *leaver = &s->leavers[s->count++];
    leaver->email = mem_strdup(email);
    for (char *c = leaver->email; *c != '\0'; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c);
    leaver->lists = *lists;
}

/* 0, or ERR_DATA: the page does not tell. A contact without an address is none of ours. */
static int read_contact(struct survey *s, const json_t *contact)
{
    const char *email = json_string_value(json_object_get(contact, "email"));
    struct id_set lists = {0};
    int r = contact_left_lists(contact, &lists);
    if (r == 0 && email != NULL && lists.count > 0)
        add_leaver(s, email, &lists);
    else
        id_set_clear(&lists);
    return r;
}

/* Who ends the page: an id is there in any case. */
static char *name_last(const json_t *contact)
{
    const json_t *id = json_object_get(contact, "id");
    const char *email = json_string_value(json_object_get(contact, "email"));
    return json_is_integer(id) ? mem_printf("%" JSON_INTEGER_FORMAT, json_integer_value(id))
                               : mem_strdup(email != NULL ? email : "");
}

/* Pages end with one that shows nobody new; `count` may be wrong. A full page that shows nobody new
 * is one that Brevo did not move to: ERR_DATA. */
static int move_on(struct survey *s, const json_t *contacts)
{
    size_t count = json_array_size(contacts);
    _cleanup_free_ char *last = count > 0 ? name_last(json_array_get(contacts, count - 1)) : NULL;
    int same = last != NULL && s->last != NULL && strcmp(last, s->last) == 0;
    int64_t seen = s->offset + (int64_t)count;
    s->ends = count == 0 || same || seen <= s->seen;
    if (same && count >= PAGE)
        return ERR_DATA;
    if (s->ends)
        return 0;
    free(s->last);
    s->last = take_ptr(last);
    s->seen = seen;
    s->offset = seen > OVERLAP ? seen - OVERLAP : 0;
    return 0;
}

static int read_page(struct survey *s, const json_t *page)
{
    const json_t *contacts = json_object_get(page, "contacts");
    size_t index = 0;
    json_t *contact = NULL;
    if (!json_is_array(contacts) || json_array_size(contacts) > PAGE)
        return ERR_DATA;
    json_array_foreach(contacts, index, contact)
    {
        if (read_contact(s, contact) < 0)
            return ERR_DATA;
    }
    return move_on(s, contacts);
}

static void fail_page(struct survey *s)
{
    struct err_info wrong = {0};
    err_set(&wrong, ERR_TRANSIENT, ENDPOINT,
            "nothing to do: it is asked again; tell Brevo when it stays so",
            "Brevo's list of contacts cannot be read, so nobody knows who left a list");
    fail_survey(s, &wrong);
}

static void page_came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct survey *s = arg;
    struct err_info wrong = {0};
    if (response == NULL || response->status != 200) {
        if (response != NULL && reply_error(response, ENDPOINT, &wrong) == ERR_DATA)
            wrong.code = ERR_TRANSIENT;
        fail_survey(s, response != NULL ? &wrong : e);
        return;
    }
    if (s->last == NULL)
        s->until_ms = reply_time_ms(response, 0);
    _cleanup_json_ json_t *page = reply_json(response);
    if (read_page(s, page) < 0)
        fail_page(s);
    else
        store_submit(s->d->brevo->store, store_page, page_stored, s);
}

static void ask(struct survey *s)
{
    char limit[24], offset[24];
    snprintf(limit, sizeof(limit), "%d", PAGE);
    snprintf(offset, sizeof(offset), "%" PRId64, s->offset);
    const struct tajo_parameter query[] = {
        parameter("limit", limit),
        parameter("offset", offset),
        parameter("sort", "asc"),
        parameter("modifiedSince", s->since != NULL ? s->since : ""),
    };
    const struct call call = {.method = "GET",
                              .path = "/contacts",
                              .endpoint = ENDPOINT,
                              .query = query,
                              .query_count = s->since != NULL ? 4 : 3};
    call_send(s->d->brevo, &call, page_came, s);
}

static int read_since(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct survey *s = arg;
    int r = meta_get(tx, META_SURVEY, &s->since, e);
    return r == ERR_NOT_FOUND ? 0 : r;
}

static void since_came(void *arg, int result, const struct err_info *e)
{
    struct survey *s = arg;
    if (result < 0)
        fail_survey(s, e);
    else
        ask(s);
}

void survey_run(struct delivery *delivery, step_done done)
{
    struct survey *s = mem_alloc(sizeof(*s));
    s->d = delivery;
    s->done = done;
    store_submit(delivery->brevo->store, read_since, since_came, s);
}
