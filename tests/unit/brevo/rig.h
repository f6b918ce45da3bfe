/* SPDX-License-Identifier: Apache-2.0
 *
 * A real sandbox, a real store and a brevo in between, for one test. rig_start, put contacts,
 * rig_deliver, look at the sandbox, rig_end.
 */
#ifndef TESTS_BREVO_RIG_H
#define TESTS_BREVO_RIG_H

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "brevo/brevo.h"
#include "log/log.h"

#include <check.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct rig {
    char dir[64];
    pid_t sandbox;
    int port;
    struct loop *loop;
    struct store *store;
    struct http *http;
    struct brevo *brevo;
    struct brevo_options options;
    char base_url[64];
    int result;
    struct err_info error;
};

/* ---- The sandbox ---- */

static inline void rig_sandbox_path(char path[1024])
{
    const char *given = getenv("TAJO_SANDBOX");
    if (given != NULL) {
        snprintf(path, 1024, "%s", given);
        return;
    }
    char self[900];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    ck_assert_int_gt(len, 0);
    self[len] = '\0';
    for (int i = 0; i < 2; i++)
        *strrchr(self, '/') = '\0';
    snprintf(path, 1024, "%s/bin/tajo-sandbox", self);
}

/* arguments: separated by blanks, or NULL. */
static inline void rig_start_sandbox(struct rig *rig, const char *arguments)
{
    char path[1024], port_file[128], text[256];
    char *argv[24] = {path,
                      (char *)(uintptr_t) "--port",
                      (char *)(uintptr_t) "0",
                      (char *)(uintptr_t) "--quiet",
                      (char *)(uintptr_t) "--port-file",
                      port_file};
    int argc = 6;
    rig_sandbox_path(path);
    snprintf(port_file, sizeof(port_file), "%s/port", rig->dir);
    snprintf(text, sizeof(text), "%s", arguments != NULL ? arguments : "");
    for (char *word = strtok(text, " "); word != NULL && argc < 23; word = strtok(NULL, " "))
        argv[argc++] = word;
    rig->sandbox = fork();
    if (rig->sandbox == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execv(path, argv);
        _exit(127);
    }
    for (int i = 0; i < 500 && rig->port == 0; i++) {
        usleep(10000);
        FILE *file = fopen(port_file, "r");
        if (file != NULL) {
            if (fscanf(file, "%d", &rig->port) != 1)
                rig->port = 0;
            fclose(file);
        }
    }
    ck_assert_msg(rig->port > 0, "%s did not start", path);
    snprintf(rig->base_url, sizeof(rig->base_url), "http://127.0.0.1:%d/brevo/v3", rig->port);
}

static inline size_t rig_collect(char *data, size_t size, size_t count, void *arg)
{
    strbuf_add(arg, data, size * count);
    return size * count;
}

/* A request to the sandbox itself; the answer's JSON belongs to the caller. */
static inline json_t *rig_call(const struct rig *rig, const char *method, const char *path,
                               const char *body)
{
    struct strbuf answer = STRBUF_INIT;
    _cleanup_free_ char *url = mem_printf("http://127.0.0.1:%d%s", rig->port, path);
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "api-key: sandbox-key");
    headers = curl_slist_append(headers, "content-type: application/json");
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (body != NULL)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, rig_collect);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    ck_assert_int_eq(curl_easy_perform(easy), CURLE_OK);
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    json_t *json =
        answer.len > 0 ? json_loadb(answer.data, answer.len, JSON_DECODE_ANY, NULL) : NULL;
    strbuf_release(&answer);
    return json;
}

static inline void rig_fault(const struct rig *rig, const char *fault)
{
    json_t *answer = rig_call(rig, "POST", "/__faults", fault);
    ck_assert_msg(json_object_get(answer, "error") == NULL, "fault %s", fault);
    json_decref(answer);
}

static inline int64_t rig_figure(const struct rig *rig, const char *name)
{
    _cleanup_json_ json_t *state = rig_call(rig, "GET", "/__state?summary=1", NULL);
    ck_assert(json_is_integer(json_object_get(state, name)));
    return json_integer_value(json_object_get(state, name));
}

static inline int64_t rig_calls(const struct rig *rig, const char *endpoint)
{
    _cleanup_json_ json_t *counts = rig_call(rig, "GET", "/__counts", NULL);
    return json_integer_value(json_object_get(json_object_get(counts, "brevo"), endpoint));
}

/* The contact at Brevo, or NULL. */
static inline json_t *rig_contact(const struct rig *rig, const char *email)
{
    _cleanup_free_ char *path = mem_printf("/brevo/v3/contacts/%s?identifierType=email_id", email);
    json_t *contact = rig_call(rig, "GET", path, NULL);
    if (json_object_get(contact, "email") != NULL)
        return contact;
    json_decref(contact);
    return NULL;
}

static inline void rig_expect_text(const struct rig *rig, const char *email, const char *attribute,
                                   const char *value)
{
    _cleanup_json_ json_t *contact = rig_contact(rig, email);
    ck_assert_msg(contact != NULL, "%s is not at Brevo", email);
    const char *found =
        json_string_value(json_object_get(json_object_get(contact, "attributes"), attribute));
    ck_assert_msg(value == NULL ? found == NULL : found != NULL && strcmp(found, value) == 0,
                  "%s of %s is %s", attribute, email, found != NULL ? found : "not there");
}

static inline int rig_blacklisted(const struct rig *rig, const char *email)
{
    _cleanup_json_ json_t *contact = rig_contact(rig, email);
    ck_assert_msg(contact != NULL, "%s is not at Brevo", email);
    return json_is_true(json_object_get(contact, "emailBlacklisted"));
}

static inline int rig_on_list(const struct rig *rig, const char *email, int64_t list)
{
    size_t index = 0;
    json_t *id = NULL;
    _cleanup_json_ json_t *contact = rig_contact(rig, email);
    ck_assert_msg(contact != NULL, "%s is not at Brevo", email);
    json_array_foreach(json_object_get(contact, "listIds"), index, id)
    {
        if (json_integer_value(id) == list)
            return 1;
    }
    return 0;
}

static inline void rig_unsubscribe(const struct rig *rig, const char *email)
{
    _cleanup_free_ char *path = mem_printf("/__brevo/contacts/%s", email);
    json_decref(rig_call(rig, "POST", path, "{\"emailBlacklisted\":true}"));
    ck_assert_int_eq(rig_blacklisted(rig, email), 1);
}

/* ---- The host's side ---- */

static inline void rig_open(struct rig *rig)
{
    struct err_info e = {0};
    const struct store_options store = {.state_dir = rig->dir};
    rig->loop = loop_new();
    ck_assert_msg(store_open(&rig->store, rig->loop, &store, &e) == 0, "%s", e.what);
    rig->http = http_new(rig->loop, rig->store);
    rig->options.base_url = rig->base_url;
    if (rig->options.spool_dir == NULL)
        rig->options.spool_dir = rig->dir;
    ck_assert_msg(brevo_new(rig->loop, rig->http, rig->store, &rig->options, &rig->brevo, &e) == 0,
                  "%s", e.what);
}

static inline void rig_close(struct rig *rig)
{
    rig->brevo = brevo_free(rig->brevo);
    rig->http = http_free(rig->http);
    rig->store = store_close(rig->store);
    rig->loop = loop_free(rig->loop);
}

static inline void rig_start(struct rig *rig, const char *sandbox_arguments)
{
    memset(rig, 0, sizeof(*rig));
    log_start(LOG_LOGFMT, getenv("RIG_LOG") != NULL ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
    snprintf(rig->dir, sizeof(rig->dir), "/tmp/tajo-brevo-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(rig->dir));
    rig_start_sandbox(rig, sandbox_arguments);
    rig->options = (struct brevo_options){
        .api_key = "sandbox-key",
        .requests_per_second = 400,
        .burst = 400,
        .retry_base_ms = 20,
    };
}

static inline int rig_remove_entry(const char *path, const struct stat *st, int type,
                                   struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void rig_end(struct rig *rig)
{
    rig_close(rig);
    kill(rig->sandbox, SIGTERM);
    waitpid(rig->sandbox, NULL, 0);
    nftw(rig->dir, rig_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void rig_done(void *arg, int result, const struct err_info *e)
{
    struct rig *rig = arg;
    rig->result = result;
    rig->error = e != NULL ? *e : (struct err_info){0};
    loop_quit(rig->loop);
}

static inline int rig_prepare(struct rig *rig)
{
    brevo_prepare(rig->brevo, 0, rig_done, rig);
    ck_assert_int_eq(loop_run(rig->loop), 0);
    return rig->result;
}

static inline int rig_deliver(struct rig *rig)
{
    brevo_deliver(rig->brevo, rig_done, rig);
    ck_assert_int_eq(loop_run(rig->loop), 0);
    return rig->result;
}

#define rig_counts(rig) brevo_counts_of((rig)->brevo)

/* ---- Contacts ---- */

struct rig_edit {
    const char *email;
    const char *pending; /* "": none; NULL: as it is, or a name and a boolean for many */
    int64_t lists[4];
    int set_lists;
    int blocklist;
    int remove;
    int idle; /* 1: nothing is left to be delivered, as far as the mapping can see */
    const char *rename_from;
    int first, count; /* many: u<n>@example.com */
};

/* As the mapping would: the wish changes, the revision grows, the contact is due. */
static inline int rig_edit_one(struct store_tx *tx, const struct rig_edit *edit, const char *email,
                               const char *pending, struct err_info *e)
{
    struct contact_row row = {0};
    int r = contact_get(tx, edit->rename_from != NULL ? edit->rename_from : email, &row, e);
    if (r < 0 && r != ERR_NOT_FOUND)
        return r;
    if (edit->rename_from != NULL) {
        r = contact_delete(tx, edit->rename_from, e);
        row.rename_from = mem_strdup(edit->rename_from);
    }
    free(row.email);
    row.email = mem_strdup(email);
    if (pending != NULL) {
        free(row.pending);
        row.pending = pending[0] != '\0' ? mem_strdup(pending) : NULL;
    }
    if (edit->set_lists) {
        id_set_clear(&row.lists_wanted);
        for (int i = 0; i < 4; i++) {
            if (edit->lists[i] != 0)
                id_set_add(&row.lists_wanted, edit->lists[i]);
        }
    }
    if (edit->blocklist)
        row.blocklist = 1;
    row.remove = edit->remove;
    row.due_ms = !edit->idle;
    row.rev++;
    r = contact_put(tx, &row, e);
    contact_clear(&row);
    return r;
}

static inline int rig_edit_work(struct store_tx *tx, void *arg, struct err_info *e)
{
    const struct rig_edit *edit = arg;
    if (edit->count == 0)
        return rig_edit_one(tx, edit, edit->email, edit->pending, e);
    for (int i = edit->first; i < edit->first + edit->count; i++) {
        char email[64], pending[160];
        snprintf(email, sizeof(email), "u%d@example.com", i);
        if (edit->pending != NULL)
            snprintf(pending, sizeof(pending), "%s", edit->pending);
        else
            snprintf(pending, sizeof(pending),
                     "{\"EMAIL_VERIFIED\":true,\"FIRSTNAME\":\"User %d\"}", i);
        int r = rig_edit_one(tx, edit, email, pending, e);
        if (r < 0)
            return r;
    }
    return 0;
}

static inline void rig_edit(struct rig *rig, const struct rig_edit *edit)
{
    struct err_info e = {0};
    int r = store_call(rig->store, rig_edit_work, (void *)(uintptr_t)edit, &e);
    ck_assert_msg(r == 0, "%s", e.what);
}

#define RIG_EDIT(rig, ...) rig_edit((rig), &(const struct rig_edit){__VA_ARGS__})

struct rig_look {
    const char *email;
    struct contact_row row;
    struct contact_totals totals;
    int64_t dead;
    struct dead_row *letters;
    size_t letter_count;
    int found;
};

static inline int rig_look_work(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct rig_look *look = arg;
    if (look->email != NULL)
        look->found = contact_get(tx, look->email, &look->row, e) == 0;
    int r = contact_totals(tx, clock_unix_ms(), &look->totals, e);
    if (r == 0)
        r = dead_count(tx, &look->dead, e);
    return r < 0 ? r : dead_list(tx, 10, &look->letters, &look->letter_count, e);
}

/* The row of an address (NULL: none), the totals and the dead letters. */
static inline struct rig_look rig_look(struct rig *rig, const char *email)
{
    struct rig_look look = {.email = email};
    ck_assert_int_eq(store_call(rig->store, rig_look_work, &look, NULL), 0);
    return look;
}

static inline void rig_look_end(struct rig_look *look)
{
    contact_clear(&look->row);
    dead_list_free(look->letters, look->letter_count);
}

static inline int64_t rig_pending(struct rig *rig)
{
    struct rig_look look = rig_look(rig, NULL);
    rig_look_end(&look);
    return look.totals.pending;
}

static inline int rig_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
