/* SPDX-License-Identifier: Apache-2.0
 *
 * A store of its own for each test of map/people.h, and short ways to say who is applied and what
 * the contact should be. The body of a test runs as one work on the store thread.
 */
#ifndef TAJO_TEST_MAP_PEOPLE_FIXTURE_H
#define TAJO_TEST_MAP_PEOPLE_FIXTURE_H

#include "base/hash.h"
#include "base/mem.h"
#include "map/fingerprint.h"
#include "map/people.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define NOW INT64_C(1000)

struct fixture {
    struct store_tx *tx;
    struct people_context context;
    struct people_counts counts;
    struct contact_row contact; /* the last one that was looked at */
    void (*body)(struct fixture *f);
};

static inline int run_body(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct fixture *f = arg;
    (void)e;
    f->tx = tx;
    f->body(f);
    contact_clear(&f->contact);
    return 0;
}

static inline void run_in_store(void (*body)(struct fixture *f))
{
    char dir[] = "/tmp/tajo-people-XXXXXX";
    char command[64];
    struct store *store = NULL;
    struct err_info e = {0};
    struct fixture f = {.body = body,
                        .context = {.connector = "auth0",
                                    .source = "auth0.users",
                                    .delete_behavior = PEOPLE_SOFT,
                                    .now_ms = NOW}};
    ck_assert_ptr_nonnull(mkdtemp(dir));
    struct store_options options = {.state_dir = dir, .min_free_bytes = 1};
    ck_assert_msg(store_open(&store, NULL, &options, &e) == 0, "%s", e.what);
    ck_assert_msg(store_call(store, run_body, &f, &e) == 0, "%s", e.what);
    store_close(store);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

#define PEOPLE_TEST(name)                                                                          \
    static void name##_body(struct fixture *f);                                                    \
    START_TEST(name)                                                                               \
    {                                                                                              \
        run_in_store(name##_body);                                                                 \
    }                                                                                              \
    END_TEST                                                                                       \
    static void name##_body(struct fixture *f)

/* A mapped person, as mapping_apply would give it. */
struct who {
    const char *id;
    const char *email;
    const char *attributes; /* JSON; NULL: {} */
    int64_t last_ms;
    int64_t created_ms;
    int64_t lists[3]; /* up to the first 0 */
    enum mapping_skip skip;
    enum mapping_consent consent;
    unsigned invalid_phones;
};

static const char *const DECIDED[] = {"FIRSTNAME", "LASTNAME", "CITY", "SMS"};

static inline void map_who(const struct who *who, struct mapped_person *p)
{
    int is_contact = who->skip == SKIP_NONE;
    _cleanup_free_ char *text =
        mem_printf("%s|%s|%d|%d|%d|%d|%d", who->email != NULL ? who->email : "-",
                   who->attributes != NULL ? who->attributes : "{}", (int)who->skip,
                   (int)who->consent, (int)who->lists[0], (int)who->lists[1], (int)who->lists[2]);
    *p = (struct mapped_person){.skip = who->skip,
                                .consent = who->consent,
                                .email = mem_strdup(who->email),
                                .last_ms = who->last_ms,
                                .created_ms = who->created_ms,
                                .content_hash = hash_bytes(text, strlen(text)),
                                .decides = json_array()};
    p->attributes =
        json_loads(is_contact && who->attributes != NULL ? who->attributes : "{}", 0, NULL);
    ck_assert_ptr_nonnull(p->attributes);
    p->losses[LOSS_INVALID_PHONE] = who->invalid_phones;
    for (int i = 0; i < 3 && is_contact && who->lists[i] != 0; i++)
        id_set_add(&p->lists, who->lists[i]);
    for (size_t i = 0; i < sizeof(DECIDED) / sizeof(DECIDED[0]); i++)
        json_array_append_new(p->decides, json_string(DECIDED[i]));
}

static inline void apply(struct fixture *f, struct who who)
{
    struct mapped_person person;
    struct err_info e = {0};
    map_who(&who, &person);
    int r = people_apply(f->tx, &f->context, who.id, &person, &f->counts, &e);
    ck_assert_msg(r == 0, "%s", e.what);
    mapped_person_clear(&person);
}

#define APPLY(f, ...) apply(f, (struct who){.id = __VA_ARGS__})

static inline void gone(struct fixture *f, const char *id)
{
    ck_assert_int_eq(people_gone(f->tx, &f->context, id, &f->counts, NULL), 0);
}

/* NULL: there is none. Valid until the next call. */
static inline struct contact_row *contact(struct fixture *f, const char *email)
{
    contact_clear(&f->contact);
    memset(&f->contact, 0, sizeof(f->contact));
    int r = contact_get(f->tx, email, &f->contact, NULL);
    ck_assert(r == 0 || r == ERR_NOT_FOUND);
    return r == 0 ? &f->contact : NULL;
}

static inline void check_pending(struct fixture *f, const char *email, const char *expected)
{
    const struct contact_row *row = contact(f, email);
    ck_assert_msg(row != NULL, "no contact %s", email);
    ck_assert_pstr_eq(row->pending, expected);
}

/* expected: "20,21"; "" for none. */
static inline void check_lists(struct fixture *f, const char *email, const char *expected)
{
    const struct contact_row *row = contact(f, email);
    char text[100] = "";
    ck_assert_msg(row != NULL, "no contact %s", email);
    for (size_t i = 0; i < row->lists_wanted.count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%lld", i > 0 ? "," : "",
                 (long long)row->lists_wanted.ids[i]);
    ck_assert_str_eq(text, expected);
}

static inline void check_phone(struct fixture *f, const char *number, const char *expected)
{
    _cleanup_free_ char *email = NULL;
    int r = phone_owner(f->tx, number, &email, NULL);
    ck_assert(r == 0 || r == ERR_NOT_FOUND);
    ck_assert_pstr_eq(email, expected);
}

static inline void check_waiting(struct fixture *f, const char *number, const char *expected)
{
    _cleanup_free_ char *email = NULL;
    int r = phone_next(f->tx, number, &email, NULL);
    ck_assert(r == 0 || r == ERR_NOT_FOUND);
    ck_assert_pstr_eq(email, expected);
}

/* 1 when the subject was queued; takes it out. */
static inline int refreshed(struct fixture *f, const char *source, const char *subject)
{
    char **subjects = NULL;
    size_t count = 0;
    int found = 0;
    ck_assert_int_eq(refresh_list(f->tx, source, 100, &subjects, &count, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        found |= strcmp(subjects[i], subject) == 0;
        free(subjects[i]);
    }
    free(subjects);
    ck_assert_int_eq(refresh_delete(f->tx, source, subject, NULL), 0);
    return found;
}

/* What a verdict does: Brevo has everything that was wanted. */
static inline void deliver(struct fixture *f, const char *email)
{
    _cleanup_(strbuf_release) struct strbuf fp = STRBUF_INIT;
    struct contact_row *row = contact(f, email);
    ck_assert_ptr_nonnull(row);
    if (row->remove) {
        ck_assert_int_eq(phone_delete_of(f->tx, email, NULL), 0);
        ck_assert_int_eq(contact_delete(f->tx, email, NULL), 0);
        return;
    }
    if (row->pending != NULL) {
        _cleanup_json_ json_t *sent = json_loads(row->pending, 0, NULL);
        fingerprint_update(row->delivered, row->delivered_len, sent, &fp);
        free(row->delivered);
        row->delivered_len = fp.len;
        row->delivered = strbuf_detach(&fp);
        free(take_ptr(row->pending));
    }
    row->known = 1;
    id_set_copy(&row->lists_delivered, &row->lists_wanted);
    row->blocklist = row->blocklist == 1 ? 2 : row->blocklist;
    free(take_ptr(row->rename_from));
    free(take_ptr(row->hold));
    row->due_ms = 0;
    row->attempts = 0;
    row->batch = 0;
    ck_assert_int_eq(contact_put(f->tx, row, NULL), 0);
}

/* Under way in a batch. */
static inline void send_off(struct fixture *f, const char *email)
{
    struct contact_row *row = contact(f, email);
    ck_assert_ptr_nonnull(row);
    row->batch = 7;
    row->batch_rev = row->rev;
    ck_assert_int_eq(contact_put(f->tx, row, NULL), 0);
}

static inline int run_suite(const char *name, const TTest *const *const *tests, size_t count)
{
    Suite *s = suite_create(name);
    TCase *t = tcase_create(name);
    tcase_set_timeout(t, 60);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(t, *tests[i]);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}

#endif
