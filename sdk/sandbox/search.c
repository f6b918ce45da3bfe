/* SPDX-License-Identifier: Apache-2.0 */
#include "search.h"
#include "moment.h"
#include "path.h"
#include "query.h"
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>

/* No search shows more, whatever the page size. */
#define RESULT_MAX 1000
#define QUERY_MAX  8000
#define KEY_SIZE   72

/* A user that matched, with what he is sorted by. */
struct hit {
    uint64_t slot;
    int64_t number;
    char text[KEY_SIZE];
};

struct search {
    struct query *query; /* NULL: everybody */
    const char *sort;    /* NULL: by slot */
    enum { SORT_SLOT, SORT_TIME, SORT_NUMBER, SORT_TEXT } kind;
    bool descending;
    struct hit *hits; /* twice RESULT_MAX: the better half survives each sorting */
    size_t hit_count;
    uint64_t matched;
};

static const char *sort_names[] = {"created_at", "updated_at", "last_login"};

static bool has_projection(const char *fields, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = fields; (at = strstr(at, name)); at += size) {
        if ((at == fields || at[-1] == ',') && (at[size] == ',' || !at[size])) {
            return true;
        }
    }
    return false;
}

static int compare_hits(const void *left, const void *right, void *context)
{
    const struct hit *a = left;
    const struct hit *b = right;
    const struct search *search = context;
    int order = (a->number > b->number) - (a->number < b->number);
    if (!order) {
        order = strcmp(a->text, b->text);
    }
    if (search->descending) {
        order = -order;
    }
    return order ? order : (a->slot > b->slot) - (a->slot < b->slot);
}

static void sort_hits(struct search *search)
{
    if (search->kind != SORT_SLOT) {
        qsort_r(search->hits, search->hit_count, sizeof(*search->hits), compare_hits, search);
    }
    if (search->hit_count > RESULT_MAX) {
        search->hit_count = RESULT_MAX;
    }
}

static const json_t *sort_value(const struct tenant *tenant, const struct user_view *view,
                                const char *path, json_t **ret_owned)
{
    if (view->object) {
        return path_get(view->object, path);
    }
    struct user user;
    BUFFER_AUTO text = {0};
    user_field_writer *write = user_find_field(path);
    user_generate(tenant->seed, view->index, &user);
    if (write && write(&user, false, &text)) {
        *ret_owned = json_loadb(text.data, text.used, JSON_DECODE_ANY, NULL);
    }
    return *ret_owned;
}

static int64_t generated_time(const struct tenant *tenant, uint64_t index, const char *name)
{
    struct user_times times = user_generate_times(tenant->seed, index);
    if (name == sort_names[0]) {
        return times.created_ms;
    }
    return name == sort_names[1] ? times.updated_ms : times.last_login_ms;
}

static void set_key(const struct search *search, const struct tenant *tenant,
                    const struct user_view *view, struct hit *hit)
{
    if (search->kind == SORT_TIME && view->generated) {
        hit->number = generated_time(tenant, view->index, search->sort);
        return;
    }
    SANDBOX_JSON json_t *owned = NULL;
    const json_t *value = sort_value(tenant, view, search->sort, &owned);
    const char *text = json_string_value(value);
    if (search->kind == SORT_TIME) {
        if (!text || !moment_parse(text, &hit->number)) {
            hit->number = 0;
        }
    } else if (text) {
        size_t size = strnlen(text, KEY_SIZE - 1);
        memcpy(hit->text, text, size);
    } else {
        hit->number = (int64_t)json_number_value(value);
    }
}

static void run_search(struct search *search, const struct tenant *tenant)
{
    uint64_t slots = tenant_count_slots(tenant);
    for (uint64_t slot = 0; slot < slots; slot++) {
        struct user_view view;
        if (!tenant_get_slot(tenant, slot, true, &view) ||
            (search->query && !query_matches(search->query, tenant, &view))) {
            continue;
        }
        search->matched++;
        if (search->kind == SORT_SLOT && search->hit_count == RESULT_MAX) {
            continue;
        }
        if (search->hit_count == (size_t)RESULT_MAX * 2) {
            sort_hits(search);
        }
        struct hit *hit = &search->hits[search->hit_count++];
        *hit = (struct hit){.slot = slot};
        if (search->kind != SORT_SLOT) {
            set_key(search, tenant, &view, hit);
        }
    }
    sort_hits(search);
}

static bool read_sort(struct search *search, const char *text, char *name, struct reply *reply)
{
    if (!text) {
        return true;
    }
    const char *colon = strrchr(text, ':');
    if (!colon || (strcmp(colon, ":1") != 0 && strcmp(colon, ":-1") != 0) || colon - text >= 64 ||
        strstr(text, "metadata")) {
        reply_set_auth0_error(reply, 400, "invalid_query_string",
                              "Query validation error: 'String does not match pattern "
                              "^(((field:1)|(field:-1)),?)+$: %s' on property sort.",
                              text);
        return false;
    }
    memcpy(name, text, (size_t)(colon - text));
    search->descending = colon[1] == '-';
    search->sort = name;
    search->kind = strcmp(name, "logins_count") == 0 ? SORT_NUMBER : SORT_TEXT;
    for (size_t i = 0; i < SANDBOX_COUNT(sort_names); i++) {
        if (strcmp(sort_names[i], name) == 0) {
            search->sort = sort_names[i];
            search->kind = SORT_TIME;
        }
    }
    return true;
}

static bool read_query(struct search *search, const struct request *request, struct reply *reply)
{
    const char *engine = request_get_query(request, "search_engine");
    const char *text = request_get_query(request, "q");
    char message[160];
    if (engine && strcmp(engine, "v3") != 0) {
        reply_set_auth0_error(reply, 400, "operation_not_supported",
                              "You are not allowed to use search_engine=%s. Use search_engine=v3 "
                              "instead.",
                              engine);
        return false;
    }
    if (text && *text && !engine) {
        reply_set_auth0_error(reply, 400, "operation_not_supported",
                              "The 'q' parameter is available only if you specify "
                              "'search_engine=v2|v3'.");
        return false;
    }
    if (text && *text && !query_parse(text, &search->query, message)) {
        reply_set_auth0_error(reply, 400, "invalid_query_string", "%s", message);
        return false;
    }
    return true;
}

static bool read_page(const struct request *request, int64_t *ret_page, int64_t *ret_size,
                      struct reply *reply)
{
    if (!request_get_number(request, "page", 0, 0, INT32_MAX, ret_page)) {
        reply_set_auth0_error(reply, 400, "invalid_query_string",
                              "Query validation error: 'Expected type integer' on property page "
                              "(Page index of the results to return. First page is 0).");
        return false;
    }
    if (!request_get_number(request, "per_page", 50, 0, 100, ret_size)) {
        reply_set_auth0_error(reply, 400, "invalid_query_string",
                              "Query validation error: 'Value %s is greater than maximum 100' on "
                              "property per_page (Number of results per page).",
                              request_get_query(request, "per_page"));
        return false;
    }
    if (*ret_page * *ret_size >= RESULT_MAX) {
        reply_set_auth0_error(reply, 400, "invalid_paging",
                              "You can only page through the first 1000 records. See "
                              "https://auth0.com/docs/users/search/v3/"
                              "view-search-results-by-page#limitation");
        return false;
    }
    return true;
}

static void project(json_t *user, const char *fields, bool include)
{
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(user, next, name, value)
    {
        if (has_projection(fields, name) != include) {
            json_object_del(user, name);
        }
    }
}

static void write_user(const struct sandbox *sandbox, const struct request *request,
                       const struct user_view *view, struct buffer *buffer)
{
    const struct tenant *tenant = sandbox->tenant;
    const char *fields = request_get_query(request, "fields");
    const char *include = request_get_query(request, "include_fields");
    if (!fields || !*fields) {
        tenant_write_view(tenant, view, buffer);
        return;
    }
    BUFFER_AUTO text = {0};
    tenant_write_view(tenant, view, &text);
    SANDBOX_JSON json_t *user = json_loadb(text.data, text.used, 0, NULL);
    project(user, fields, !include || strcmp(include, "false") != 0);
    buffer_add_json(buffer, user);
}

static void write_hits(const struct sandbox *sandbox, const struct request *request,
                       const struct search *search, int64_t page, int64_t size,
                       struct buffer *buffer)
{
    size_t start = (size_t)(page * size);
    size_t end = start + (size_t)size;
    end = end < search->hit_count ? end : search->hit_count;
    bool totals = request_is_true(request, "include_totals");
    if (totals) {
        uint64_t total = search->matched < RESULT_MAX ? search->matched : RESULT_MAX;
        buffer_add_format(buffer, "{\"start\":%zu,\"limit\":%lld,\"length\":%zu,\"total\":%llu,",
                          start, (long long)size, end > start ? end - start : 0,
                          (unsigned long long)total);
        buffer_add_text(buffer, "\"users\":");
    }
    buffer_add_char(buffer, '[');
    for (size_t i = start; i < end; i++) {
        struct user_view view;
        tenant_get_slot(sandbox->tenant, search->hits[i].slot, true, &view);
        if (i > start) {
            buffer_add_char(buffer, ',');
        }
        write_user(sandbox, request, &view, buffer);
    }
    buffer_add_text(buffer, totals ? "]}" : "]");
}

void search_get_users(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    struct search search = {0};
    int64_t page, size;
    char sort_name[65] = "";
    if (request->query_size > QUERY_MAX) {
        reply->status = 414;
        reply->content_type = "text/html";
        buffer_add_text(&reply->body, "<html><body>Request-URI Too Large</body></html>");
        return;
    }
    if (!read_page(request, &page, &size, reply) ||
        !read_sort(&search, request_get_query(request, "sort"), sort_name, reply) ||
        !read_query(&search, request, reply)) {
        return;
    }
    search.hits = mem_alloc((size_t)RESULT_MAX * 2 * sizeof(*search.hits));
    run_search(&search, sandbox->tenant);
    reply->status = 200;
    reply->content_type = "application/json; charset=utf-8";
    write_hits(sandbox, request, &search, page, size, &reply->body);
    free(search.hits);
    query_release(search.query);
}

void search_get_user(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    struct user_view view;
    if (!tenant_find_user(sandbox->tenant, request->params[0], &view)) {
        reply_set_auth0_error(reply, 404, "inexistent_user", "The user does not exist.");
        return;
    }
    reply->status = 200;
    reply->content_type = "application/json; charset=utf-8";
    write_user(sandbox, request, &view, &reply->body);
}
