/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a search page by page. Always the first page, from a bound that moves to the last row's
 * time: rows that appear or vanish meanwhile cannot shift others past the reader, as they would
 * between page 1 and page 2, and there is no end at 1,000. Only while a whole page shares one
 * time do page numbers step.
 */
#include "users.h"

#include "auth0/json.h"
#include "auth0/when.h"

struct place {
    int64_t bound_ms; /* -1: none yet */
    int64_t offset;   /* inside the bound */
    json_t *edge;     /* ids already read of those whose time is the bound */
    int64_t last_ms;  /* time of the last row; -1: it has none */
    int64_t fresh;    /* rows read that were not read before */
    int64_t first_total;
    bool ended;
};

static int64_t read_time(const json_t *user, const char *field)
{
    int64_t ms = -1;
    auth0_when_parse_iso(auth0_json_get_text(user, field), &ms);
    return ms;
}

static bool was_read(const struct place *place, const json_t *user, int64_t ms)
{
    struct tajo_str id = auth0_json_get_text(user, "user_id");
    return (ms == place->bound_ms || ms < 0) && id.len > 0 &&
           json_object_getn(place->edge, id.data, id.len) != NULL;
}

static int32_t emit_rows(struct users_run *run, const struct users_walk *walk, struct place *place,
                         const json_t *items)
{
    place->last_ms = -1;
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *user = json_array_get(items, i);
        int64_t ms = read_time(user, walk->field);
        place->last_ms = ms;
        if (was_read(place, user, ms))
            continue;
        place->fresh++;
        int32_t r = users_person_emit(run, user);
        if (r < 0)
            return r;
    }
    return TAJO_OK;
}

/* Remembers the rows that the next request shows again. */
static void remember_edge(struct place *place, const char *field, const json_t *items,
                          bool every_row)
{
    const json_t *user;
    size_t index;
    json_array_foreach(items, index, user)
    {
        struct tajo_str id = auth0_json_get_text(user, "user_id");
        if (id.len > 0 && (every_row || read_time(user, field) == place->bound_ms))
            json_object_setn_new(place->edge, id.data, id.len, json_true());
    }
}

/* Without a total, a short page can be one that the tenant cut: the end is where nothing new
 * comes any more. */
static bool is_last(const struct users_search_page *page, int64_t fresh)
{
    int64_t rows = (int64_t)json_array_size(page->items);
    if (rows == 0)
        return true;
    if (page->total >= 0 && page->total < USERS_SEARCH_CAP)
        return page->offset + rows >= page->total;
    return rows < page->limit && (page->total >= 0 || fresh == 0);
}

static int32_t advance(struct place *place, const struct users_walk *walk,
                       const struct users_search_page *page)
{
    if (place->last_ms > place->bound_ms) {
        place->bound_ms = place->last_ms;
        place->offset = 0;
        json_object_clear(place->edge);
        remember_edge(place, walk->field, page->items, false);
        return USERS_OK;
    }
    remember_edge(place, walk->field, page->items, true);
    place->offset = page->offset + page->limit;
    return place->offset >= USERS_SEARCH_CAP ? USERS_CAPPED : USERS_OK;
}

static bool is_too_large(const struct users_walk *walk, const struct place *place, int64_t total)
{
    return walk->small_only && (total >= USERS_SEARCH_CAP || place->fresh >= USERS_SEARCH_CAP);
}

/* An answer that counts users and shows none would pass for an empty tenant, or for no changes. */
static bool hides_everybody(const struct place *place, const struct users_search_page *page)
{
    return page->total > 0 && place->fresh == 0 && page->offset == 0 &&
           json_array_size(page->items) == 0;
}

static int32_t fail_hidden(const struct users_run *run, int64_t total)
{
    return tajo_fail(&run->users->sdk, TAJO_E_TRANSIENT, "users_missing",
                     "Auth0 says %lld users and lists none (GET /users). The run is tried again",
                     (long long)total);
}

static int32_t take_page(struct users_run *run, const struct users_walk *walk, struct place *place,
                         const struct users_search_page *page)
{
    if (is_too_large(walk, place, page->total))
        return USERS_CAPPED;
    if (hides_everybody(place, page))
        return fail_hidden(run, page->total);
    if (place->first_total < 0 && page->total >= 0) {
        place->first_total = page->total;
        run->total = page->total < USERS_SEARCH_CAP ? (uint64_t)page->total : 0;
    }
    int64_t fresh = place->fresh;
    int32_t r = emit_rows(run, walk, place, page->items);
    if (r < 0)
        return r;
    place->ended = is_last(page, place->fresh - fresh);
    if (place->ended)
        return USERS_OK;
    int32_t outcome = advance(place, walk, page);
    r = walk->checkpoints && place->last_ms >= 0 ? users_run_commit_until(run, place->last_ms)
                                                 : TAJO_OK;
    return r < 0 ? r : outcome;
}

static int32_t step(struct users_run *run, const struct users_walk *walk, struct place *place)
{
    struct users_search search = {.field = walk->field,
                                  .bound_ms = place->bound_ms,
                                  .offset = place->offset,
                                  .per_page = run->users->page_size};
    struct users_search_page page = {0};
    int32_t r = users_run_pause(run);
    if (r < 0)
        return r;
    r = users_search_read(run, &search, &page);
    if (r != USERS_OK)
        return r;
    r = take_page(run, walk, place, &page);
    json_decref(page.root);
    return r;
}

/* The search lags behind and can leave somebody out; then nobody may count as gone. */
static void compare_total(struct users_run *run, const struct place *place)
{
    if (!run->complete || place->first_total >= USERS_SEARCH_CAP ||
        place->fresh >= place->first_total)
        return;
    run->complete = false;
    tajo_log(&run->users->sdk, TAJO_LOG_WARN,
             "Auth0 counted %lld users at first and listed %lld: this run removes nobody",
             (long long)place->first_total, (long long)place->fresh);
}

int32_t users_walk_read(struct users_run *run, const struct users_walk *walk)
{
    struct place place = {
        .bound_ms = walk->from_ms, .edge = json_object(), .first_total = -1, .last_ms = -1};
    int32_t r = USERS_OK;
    while (r == USERS_OK && !place.ended)
        r = step(run, walk, &place);
    json_decref(place.edge);
    if (r == USERS_OK)
        compare_total(run, &place);
    return r;
}
