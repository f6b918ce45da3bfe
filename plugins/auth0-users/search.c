/* SPDX-License-Identifier: Apache-2.0 */
#include "users.h"

#include "auth0/api.h"
#include "auth0/json.h"
#include "auth0/platform.h"
#include "auth0/text.h"
#include "auth0/when.h"

#define ENDPOINT           "GET /users"
#define FALLBACK_PAGE_SIZE 50

/* Joins the conditions with AND; NULL when there is none. */
static char *build_query(const struct users *users, const struct users_search *search)
{
    char when[AUTH0_WHEN_SIZE] = "";
    AUTH0_FREE_TEXT char *bound = NULL;
    if (search->bound_ms >= 0) {
        auth0_when_format_iso(search->bound_ms, when);
        bound = auth0_text_format("%s:[%s TO *]", search->field, when);
    }
    AUTH0_FREE_TEXT char *query =
        users->query.len > 0 ? auth0_text_format("(%.*s)", (int)users->query.len, users->query.data)
                             : NULL;
    AUTH0_FREE_TEXT char *also =
        search->also.len > 0 ? auth0_text_format("(%.*s)", (int)search->also.len, search->also.data)
                             : NULL;
    const char *parts[] = {query, also, bound};
    char *joined = NULL;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i] == NULL)
            continue;
        AUTH0_FREE_TEXT char *before = joined;
        joined = before == NULL ? auth0_text_format("%s", parts[i])
                                : auth0_text_format("%s AND %s", before, parts[i]);
    }
    return joined;
}

static int32_t send(struct users_run *run, const struct users_search *search, const char *query,
                    const struct tajo_http_response **ret)
{
    AUTH0_FREE_TEXT char *page =
        auth0_text_format("%lld", (long long)(search->offset / search->per_page));
    AUTH0_FREE_TEXT char *per_page = auth0_text_format("%lld", (long long)search->per_page);
    AUTH0_FREE_TEXT char *sort = auth0_text_format("%s:1", search->field);
    struct tajo_parameter parameters[] = {
        {TAJO_STR("page"), tajo_str_from(page)},
        {TAJO_STR("per_page"), tajo_str_from(per_page)},
        {TAJO_STR("include_totals"), TAJO_STR("true")},
        {TAJO_STR("search_engine"), TAJO_STR("v3")},
        {TAJO_STR("sort"), tajo_str_from(sort)},
        {TAJO_STR("q"), tajo_str_from(query)},
    };
    struct tajo_http_request request = {
        .size = sizeof(request),
        .method = TAJO_STR("GET"),
        .path = TAJO_STR("/api/v2/users"),
        .endpoint = TAJO_STR(ENDPOINT),
        .rate_class = TAJO_STR(AUTH0_RATE_USERS_READ),
        .query = parameters,
        .query_count = query != NULL ? 6 : 5,
    };
    int32_t r = tajo_http(&run->users->sdk, &request, ret);
    if (r == TAJO_OK)
        users_run_note_answer(run, *ret);
    return r;
}

static int32_t read_page(struct users_run *run, const struct users_search *search,
                         const struct tajo_http_response *response, struct users_search_page *ret)
{
    json_t *root = NULL;
    struct auth0_json_page page = {0};
    int32_t r = auth0_api_read_json(&run->users->sdk, response, ENDPOINT, &root);
    if (r < 0)
        return r;
    if (!auth0_json_read_page(root, "users", &page)) {
        json_decref(root);
        return tajo_fail(&run->users->sdk, TAJO_E_TRANSIENT, "bad_json",
                         "Auth0 answered " ENDPOINT " with JSON that holds no list of users. The "
                         "run is tried again");
    }
    ret->root = root;
    ret->items = page.items;
    ret->offset = search->offset / search->per_page * search->per_page;
    ret->limit = page.limit > 0 ? page.limit : search->per_page;
    ret->total = page.total;
    /* A tenant may cut pages without a refusal; numbered pages are counted in its size then. */
    if (ret->limit < search->per_page && ret->limit < run->users->page_size)
        run->users->page_size = ret->limit;
    return TAJO_OK;
}

/* What HTTP 400 asks for: smaller pages (then *search is changed), another way, or a person. */
static bool takes_smaller_pages(struct users *users, struct users_search *search,
                                const struct auth0_api_error *error)
{
    if (search->per_page <= FALLBACK_PAGE_SIZE || strstr(error->message, "per_page") == NULL)
        return false;
    tajo_log(&users->sdk, TAJO_LOG_INFO, "the tenant refuses pages of %lld users: taking %d",
             (long long)search->per_page, FALLBACK_PAGE_SIZE);
    search->per_page = FALLBACK_PAGE_SIZE;
    users->page_size = FALLBACK_PAGE_SIZE;
    return true;
}

static int32_t fail(const struct users *users, const struct users_search *search,
                    const struct tajo_http_response *response)
{
    /* `also` holds ids. */
    return auth0_api_fail(&users->sdk, response, ENDPOINT,
                          search->also.len > 0 ? AUTH0_QUOTE_CODE : AUTH0_QUOTE_MESSAGE,
                          users->query.len > 0
                              ? "Check the option query (sync.users.query): it must be in the "
                                "Lucene syntax of Auth0's search engine v3, and short"
                              : "No query option is set, so this is not a matter of the "
                                "configuration: report it");
}

int32_t users_search_read(struct users_run *run, const struct users_search *search,
                          struct users_search_page *ret)
{
    struct users *users = run->users;
    struct users_search now = *search;
    AUTH0_FREE_TEXT char *query = build_query(users, search);
    for (;;) {
        struct auth0_api_error error = {0};
        AUTH0_RELEASE struct auth0_api_answer answer = {.sdk = &users->sdk};
        int32_t r = send(run, &now, query, &answer.response);
        if (r < 0)
            return r;
        if (auth0_api_is_success(answer.response))
            return read_page(run, &now, answer.response, ret);
        if (answer.response->status != 400)
            return fail(users, search, answer.response);
        auth0_api_read_error(answer.response, &error);
        if (strcmp(error.code, "invalid_paging") == 0 ||
            strstr(error.message, "first 1000 records") != NULL)
            return USERS_CAPPED;
        if (!takes_smaller_pages(users, &now, &error))
            return fail(users, search, answer.response);
    }
}
