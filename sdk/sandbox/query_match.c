/* SPDX-License-Identifier: Apache-2.0 */
#include "query_node.h"

#include "moment.h"
#include "path.h"

#include <stdlib.h>
#include <string.h>

/* One user while a query looks at him; the full data is generated when the first term needs it. */
struct subject {
    const struct tenant *tenant;
    const struct user_view *view;
    struct user user;
    bool complete;
};

static bool text_fits(const struct query *query, const char *text)
{
    size_t size = query->kind == QUERY_PREFIX ? strlen(query->value) : SIZE_MAX;
    return (query->ignore_case ? strncasecmp(text, query->value, size)
                               : strncmp(text, query->value, size)) == 0;
}

/* -1, 0, 1 as the value lies below, at or above the bound. */
static int compare_bound(const json_t *value, const struct query_bound *bound)
{
    int64_t ms;
    if (json_is_number(value) && bound->is_number) {
        double number = json_number_value(value);
        return (number > bound->number) - (number < bound->number);
    }
    const char *text = json_string_value(value);
    if (!text) {
        return -1;
    }
    if (bound->is_time && moment_parse(text, &ms)) {
        return (ms > bound->ms) - (ms < bound->ms);
    }
    return strcmp(text, bound->text);
}

static bool within(int below, int above, const struct query *query)
{
    bool low = query->low.open || below > 0 || (below == 0 && query->low.inclusive);
    bool high = query->high.open || above < 0 || (above == 0 && query->high.inclusive);
    return low && high;
}

static bool value_fits(const json_t *value, const void *context)
{
    const struct query *query = context;
    if (json_is_null(value)) {
        return false;
    }
    if (query->kind == QUERY_EXISTS) {
        return true;
    }
    if (query->kind == QUERY_RANGE) {
        return within(compare_bound(value, &query->low), compare_bound(value, &query->high), query);
    }
    if (json_is_string(value)) {
        return text_fits(query, json_string_value(value));
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    bool fits = text && text_fits(query, text);
    free(text);
    return fits;
}

static int64_t time_of(struct user_times times, enum query_time which)
{
    switch (which) {
    case TIME_CREATED:
        return times.created_ms;
    case TIME_UPDATED:
        return times.updated_ms;
    default:
        return times.last_login_ms;
    }
}

static int compare_ms(int64_t ms, const struct query_bound *bound)
{
    return (ms > bound->ms) - (ms < bound->ms);
}

static bool generated_fits(const struct query *query, struct subject *subject)
{
    uint64_t seed = subject->tenant->seed;
    uint64_t index = subject->view->index;
    if (query->kind == QUERY_RANGE && query->time != TIME_NONE) {
        int64_t ms = time_of(user_generate_times(seed, index), query->time);
        return ms && within(compare_ms(ms, &query->low), compare_ms(ms, &query->high), query);
    }
    if (!query->write) {
        return false;
    }
    if (!subject->complete) {
        user_generate(seed, index, &subject->user);
        subject->complete = true;
    }
    BUFFER_AUTO text = {0};
    if (!query->write(&subject->user, false, &text)) {
        return false;
    }
    SANDBOX_JSON json_t *value = json_loadb(text.data, text.used, JSON_DECODE_ANY, NULL);
    return value_fits(value, query);
}

static bool fits(const struct query *query, struct subject *subject)
{
    switch (query->kind) {
    case QUERY_ALL:
        return true;
    case QUERY_AND:
        return fits(query->left, subject) && fits(query->right, subject);
    case QUERY_OR:
        return fits(query->left, subject) || fits(query->right, subject);
    case QUERY_NOT:
        return !fits(query->left, subject);
    default:
        break;
    }
    if (subject->view->generated) {
        return generated_fits(query, subject);
    }
    return path_any(subject->view->object, query->field, value_fits, query);
}

bool query_matches(const struct query *query, const struct tenant *tenant,
                   const struct user_view *view)
{
    struct subject subject = {.tenant = tenant, .view = view};
    return fits(query, &subject);
}
