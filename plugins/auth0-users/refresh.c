/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads single users by id. GET /users/{id} shows a change at once, unlike the search. With the
 * option query set, a search tells which of the ids match it: that alone cannot be seen by id.
 */
#include "users.h"

#include "auth0/api.h"
#include "auth0/json.h"
#include "auth0/platform.h"
#include "auth0/text.h"

#define ENDPOINT     "GET /users/{id}"
#define IN_FLIGHT    8u
#define MATCHED_ONCE 20u /* ids in one search: the address stays below 4 KiB */

/* Requests under way, in order: the oldest is number `waited`. */
struct flight {
    uint64_t tickets[IN_FLIGHT];
    size_t submitted, waited;
};

static int32_t submit(struct users_run *run, struct flight *flight)
{
    AUTH0_FREE_TEXT char *id = auth0_text_encode_segment(run->request->subjects[flight->submitted]);
    AUTH0_FREE_TEXT char *path = auth0_text_format("/api/v2/users/%s", id);
    const struct tajo_http_request request = {
        .size = sizeof(request),
        .method = TAJO_STR("GET"),
        .path = tajo_str_from(path),
        .endpoint = TAJO_STR(ENDPOINT),
        .rate_class = TAJO_STR(AUTH0_RATE_USERS_READ),
    };
    const struct tajo_sdk *sdk = &run->users->sdk;
    int32_t r =
        sdk->host->http_submit(sdk->ctx, &request, &flight->tickets[flight->submitted % IN_FLIGHT]);
    if (r == TAJO_OK)
        flight->submitted++;
    return r;
}

static int32_t wait(struct users_run *run, struct flight *flight,
                    const struct tajo_http_response **ret)
{
    const struct tajo_sdk *sdk = &run->users->sdk;
    uint64_t ticket = flight->tickets[flight->waited % IN_FLIGHT];
    flight->waited++;
    return sdk->host->http_wait(sdk->ctx, ticket, ret);
}

static int32_t emit_gone(struct users_run *run, struct tajo_str subject)
{
    const struct tajo_record record = {
        .size = sizeof(record), .kind = TAJO_RECORD_PERSON_GONE, .subject = subject};
    run->read++;
    int32_t r = tajo_emit(&run->users->sdk, &record);
    if (r == TAJO_OK)
        run->emitted++;
    return r;
}

static int32_t take_refusal(struct users_run *run, struct tajo_str subject,
                            const struct tajo_http_response *response)
{
    struct auth0_api_error error;
    auth0_api_read_error(response, &error);
    /* Only Auth0's own 404 is believed: a proxy's would remove everybody that was asked for. */
    if (response->status == 404 && error.is_auth0)
        return emit_gone(run, subject);
    if (response->status == 400 && error.is_auth0) {
        run->read++;
        users_person_reject(run, "Auth0 does not take its id");
        return TAJO_OK;
    }
    return auth0_api_fail(&run->users->sdk, response, ENDPOINT, AUTH0_QUOTE_CODE,
                          "This is not a matter of the configuration: report it");
}

static int32_t take_answer(struct users_run *run, size_t index, const json_t *matching,
                           const struct tajo_http_response *response)
{
    struct tajo_str subject = run->request->subjects[index];
    json_auto_t *user = NULL;
    if (!auth0_api_is_success(response))
        return take_refusal(run, subject, response);
    int32_t r = auth0_api_read_json(&run->users->sdk, response, ENDPOINT, &user);
    if (r < 0)
        return r;
    if (matching != NULL && json_object_getn(matching, subject.data, subject.len) == NULL) {
        run->read++;
        run->filtered++;
        return TAJO_OK;
    }
    return users_person_emit(run, user);
}

/* The host must get back what was submitted, even when the run has failed. */
static void drain(struct users_run *run, struct flight *flight)
{
    while (flight->waited < flight->submitted) {
        const struct tajo_http_response *response = NULL;
        if (wait(run, flight, &response) == TAJO_OK)
            tajo_http_release(&run->users->sdk, response);
    }
}

static int32_t read_next(struct users_run *run, struct flight *flight, const json_t *matching)
{
    AUTH0_RELEASE struct auth0_api_answer answer = {.sdk = &run->users->sdk};
    int32_t r = users_run_pause(run);
    while (r == TAJO_OK && flight->submitted < run->request->subject_count &&
           flight->submitted - flight->waited < IN_FLIGHT)
        r = submit(run, flight);
    size_t index = flight->waited;
    if (r == TAJO_OK)
        r = wait(run, flight, &answer.response);
    return r == TAJO_OK ? take_answer(run, index, matching, answer.response) : r;
}

static int32_t search_matching(struct users_run *run, size_t from, size_t count, json_t *matching)
{
    AUTH0_FREE_TEXT char *condition = NULL;
    for (size_t i = from; i < from + count; i++) {
        AUTH0_FREE_TEXT char *before = condition;
        AUTH0_FREE_TEXT char *phrase = auth0_text_quote_phrase(run->request->subjects[i]);
        condition = before == NULL ? auth0_text_format("user_id:%s", phrase)
                                   : auth0_text_format("%s OR user_id:%s", before, phrase);
    }
    const struct users_search search = {.field = "created_at",
                                        .bound_ms = -1,
                                        .per_page = MATCHED_ONCE,
                                        .also = tajo_str_from(condition)};
    struct users_search_page page = {0};
    int32_t r = users_search_read(run, &search, &page);
    if (r != USERS_OK)
        return r;
    const json_t *user;
    size_t index;
    json_array_foreach(page.items, index, user)
    {
        struct tajo_str id = auth0_json_get_text(user, "user_id");
        if (id.len > 0)
            json_object_setn_new(matching, id.data, id.len, json_true());
    }
    json_decref(page.root);
    return USERS_OK;
}

/* The ids that match the query; NULL when there is none to match. */
static int32_t find_matching(struct users_run *run, json_t **ret)
{
    if (run->users->query.len == 0)
        return TAJO_OK;
    json_t *matching = json_object();
    for (size_t i = 0; i < run->request->subject_count; i += MATCHED_ONCE) {
        size_t left = run->request->subject_count - i;
        int32_t r = users_run_pause(run);
        if (r == TAJO_OK)
            r = search_matching(run, i, left < MATCHED_ONCE ? left : MATCHED_ONCE, matching);
        if (r != TAJO_OK) {
            json_decref(matching);
            return r;
        }
    }
    *ret = matching;
    return TAJO_OK;
}

int32_t users_refresh_run(struct users_run *run)
{
    struct flight flight = {.submitted = 0};
    json_auto_t *matching = NULL;
    run->total = run->request->subject_count;
    int32_t r = find_matching(run, &matching);
    while (r == TAJO_OK && flight.waited < run->request->subject_count)
        r = read_next(run, &flight, matching);
    drain(run, &flight);
    return r == TAJO_OK ? users_run_finish(run) : r;
}
