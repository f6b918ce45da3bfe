/* SPDX-License-Identifier: Apache-2.0 */
#include "users.h"

#include "auth0/text.h"

#define HOST_MAX 253u /* bytes of a name in DNS */

static int32_t read_mode(const struct users *users, enum users_mode *ret)
{
    static const char *const words[] = {"auto", "pages", "export"};
    struct tajo_str word = TAJO_STR("auto");
    tajo_option_string(&users->sdk, "mode", &word);
    for (int i = 0; i < 3; i++) {
        if (tajo_str_equals(word, words[i])) {
            *ret = (enum users_mode)i;
            return TAJO_OK;
        }
    }
    return tajo_fail(&users->sdk, TAJO_E_CONFIG, "bad_option",
                     "sync.users.mode must be auto, pages or export");
}

static int32_t read_number(const struct users *users, const char *name, const int64_t range[2],
                           int64_t *value)
{
    tajo_option_integer(&users->sdk, name, value);
    if (*value >= range[0] && *value <= range[1])
        return TAJO_OK;
    return tajo_fail(&users->sdk, TAJO_E_CONFIG, "bad_option",
                     "sync.users.%s must be a number from %lld to %lld", name, (long long)range[0],
                     (long long)range[1]);
}

/* One label of a host name after the other, and a port perhaps. */
static bool is_host(struct tajo_str text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t len = 0, port = 0;
    char before = '.';
    for (; len < text.len && text.data[len] != ':'; before = text.data[len++]) {
        bool ok = text.data[len] != '\0' && strchr(letters, text.data[len]) != NULL;
        bool joins = (text.data[len] == '-' || text.data[len] == '.') && before != '.' &&
                     (before != '-' || text.data[len] == '-');
        if (!ok && !joins)
            return false;
    }
    for (size_t i = len + 1; i < text.len; i++, port++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return len > 0 && len <= HOST_MAX && before != '.' && before != '-' &&
           (len == text.len || (port > 0 && port <= 5));
}

/* The host puts it into "https://${domain}": a path or '@' in it would send the secret elsewhere.
 * That it is there at all is the host's to check. */
static int32_t check_domain(const struct users *users)
{
    struct tajo_str domain = TAJO_STR("");
    tajo_option_string(&users->sdk, "domain", &domain);
    if (domain.len == 0 || is_host(domain))
        return TAJO_OK;
    return tajo_fail(&users->sdk, TAJO_E_CONFIG, "bad_domain",
                     "domain must be the tenant's bare host name, without https://, path, spaces "
                     "or @. Write domain: acme.eu.auth0.com");
}

static int32_t read_options(struct users *users)
{
    int64_t page_size = 100, overlap = 60, timeout = 3600;
    int32_t r = check_domain(users);
    if (r == TAJO_OK)
        r = read_mode(users, &users->mode);
    if (r == TAJO_OK)
        r = read_number(users, "page_size", (const int64_t[]){1, 100}, &page_size);
    if (r == TAJO_OK)
        r = read_number(users, "overlap_seconds", (const int64_t[]){0, 86400}, &overlap);
    if (r == TAJO_OK)
        r = read_number(users, "export_timeout_seconds", (const int64_t[]){10, 86400}, &timeout);
    if (r != TAJO_OK)
        return r;
    tajo_option_string(&users->sdk, "query", &users->query);
    users->page_size = page_size;
    users->overlap_ms = overlap * 1000;
    users->export_timeout_ms = timeout * 1000;
    return TAJO_OK;
}

static int32_t create(const struct tajo_host *host, struct tajo_ctx *ctx, void **ret_instance)
{
    struct users users = {.sdk = {host, ctx}};
    int32_t r = read_options(&users);
    if (r != TAJO_OK)
        return r;
    /* Where the process may open nothing, the JSON library could not seed itself. The place of
     * the stack is random; a seed that the host has set already stays. */
    json_object_seed((size_t)(uintptr_t)&users ^ (size_t)tajo_now_ms(&users.sdk));
    struct users *instance = auth0_text_allocate(sizeof(*instance));
    *instance = users;
    *ret_instance = instance;
    return TAJO_OK;
}

static void destroy(void *instance)
{
    free(instance);
}

static int32_t check(void *instance)
{
    struct tajo_run_request request = {.size = sizeof(request), .mode = TAJO_MODE_FULL};
    struct users_search search = {.field = "created_at", .bound_ms = -1, .per_page = 1};
    struct users_search_page page = {0};
    struct users_run run;
    users_run_begin(&run, instance, &request);
    int32_t r = users_search_read(&run, &search, &page);
    if (r == USERS_OK)
        json_decref(page.root);
    users_run_end(&run);
    return r;
}

static int32_t run_incremental(struct users_run *run)
{
    int64_t since_ms = 0;
    if (users_cursor_parse(run->request->cursor, &since_ms)) {
        run->cursor_ms = since_ms;
        return users_changes_run(run, since_ms);
    }
    tajo_log(&run->users->sdk, TAJO_LOG_WARN,
             "the stored cursor (%zu bytes) is none that this version writes: reading everybody",
             run->request->cursor.len);
    return users_full_run(run);
}

static int32_t dispatch(struct users_run *run)
{
    switch (run->request->mode) {
    case TAJO_MODE_FULL:
        return users_full_run(run);
    case TAJO_MODE_INCREMENTAL:
        return run_incremental(run);
    case TAJO_MODE_SINCE:
        return users_changes_run(run, run->request->since_ms);
    case TAJO_MODE_REFRESH:
        return users_refresh_run(run);
    default:
        return tajo_fail(&run->users->sdk, TAJO_E_UNSUPPORTED, "unknown_mode",
                         "auth0-users cannot run in mode %u: the host is newer, update the plugin",
                         run->request->mode);
    }
}

static int32_t run(void *instance, const struct tajo_run_request *request)
{
    struct users_run state;
    users_run_begin(&state, instance, request);
    int32_t r = dispatch(&state);
    tajo_log(&state.users->sdk, TAJO_LOG_INFO,
             "read %llu users: %llu emitted, %llu filtered, %llu malformed",
             (unsigned long long)state.read, (unsigned long long)state.emitted,
             (unsigned long long)state.filtered, (unsigned long long)state.malformed);
    users_run_end(&state);
    return r;
}

const struct tajo_ops users_ops = {
    .size = sizeof(struct tajo_ops),
    .create = create,
    .destroy = destroy,
    .check = check,
    .run = run,
};
