/* SPDX-License-Identifier: Apache-2.0 */
#include "map/mapping.h"

#include "tajo/plugin.h"

#include <check.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct mapping_field field(const char *path, const char *attribute, int source_type)
{
    static char where[] = "tajo.yaml:18:5";
    return (struct mapping_field){(char *)(uintptr_t)path, (char *)(uintptr_t)attribute, where,
                                  source_type};
}

static struct attribute attribute(const char *name, enum attribute_type type, json_t *options)
{
    return (struct attribute){(char *)(uintptr_t)name, type, options};
}

/* The mapping most tests use, bound to an account that has all its attributes. */
static struct mapping *standard(const struct mapping_options *changes)
{
    struct mapping_field fields[] = {
        field("email", "email", (int)TAJO_TYPE_STRING),
        field("given_name", "firstname", (int)TAJO_TYPE_STRING),
        field("user_metadata.phone", "SMS", 0),
        field("birthday", "BIRTHDAY", 0),
        field("logins_count", "LOGINS", (int)TAJO_TYPE_INTEGER),
        field("identities[0].provider", "PROVIDER", 0),
    };
    struct mapping_list lists[] = {{(char[]){"all_users"}, NULL, 20},
                                   {(char[]){"verified_users"}, (char[]){"email_verified"}, 21}};
    struct attribute attributes[] = {
        attribute("FIRSTNAME", ATTRIBUTE_TEXT, NULL), attribute("SMS", ATTRIBUTE_TEXT, NULL),
        attribute("BIRTHDAY", ATTRIBUTE_DATE, NULL),  attribute("LOGINS", ATTRIBUTE_FLOAT, NULL),
        attribute("PROVIDER", ATTRIBUTE_TEXT, NULL),
    };
    struct attribute_table table = {attributes, COUNT(attributes)};
    struct mapping_options options = changes != NULL ? *changes : (struct mapping_options){0};
    struct mapping_problem *problems = NULL;
    struct mapping *m = NULL;
    struct err_info e = {0};
    size_t count = 0;
    options.fields = fields;
    options.field_count = COUNT(fields);
    options.lists = lists;
    options.list_count = COUNT(lists);
    options.email_verified_path = "email_verified";
    options.last_login_path = "last_login";
    options.created_at_path = "created_at";
    options.phone_region = "49";
    ck_assert_msg(mapping_new(&options, &m, &e) == 0, "%s", e.what);
    mapping_bind(m, &table, &problems, &count);
    ck_assert_uint_eq(count, 0);
    mapping_problems_free(problems, count);
    return m;
}

static struct mapped_person apply(const struct mapping *m, const char *json)
{
    struct mapped_person person;
    struct err_info e = {0};
    ck_assert_msg(mapping_apply(m, json, strlen(json), &person, &e) == 0, "%s", e.what);
    return person;
}

static int has_attributes(const struct mapped_person *person, const char *expected)
{
    _cleanup_json_ json_t *want = json_loads(expected, 0, NULL);
    return json_equal(person->attributes, want);
}

START_TEST(a_user_becomes_a_contact)
{
    struct mapping *m = standard(NULL);
    struct mapped_person p = apply(
        m, "{\"user_id\":\"auth0|1\",\"email\":\" Jane@Example.COM\",\"email_verified\":true,"
           "\"given_name\":\"Jane\",\"user_metadata\":{\"phone\":\"0151 12345678\"},"
           "\"birthday\":\"1990-05-17T22:30:00-03:00\",\"logins_count\":12,"
           "\"identities\":[{\"provider\":\"auth0\"}],"
           "\"last_login\":\"1970-01-01T00:00:02.000Z\",\"created_at\":\"1970-01-01T00:00:01Z\"}");
    ck_assert_int_eq(p.skip, SKIP_NONE);
    ck_assert_int_eq(p.consent, CONSENT_NOT_ASKED);
    ck_assert_str_eq(p.email, "jane@example.com");
    ck_assert(has_attributes(&p, "{\"FIRSTNAME\":\"Jane\",\"SMS\":\"+4915112345678\","
                                 "\"BIRTHDAY\":\"1990-05-18\",\"LOGINS\":12,"
                                 "\"PROVIDER\":\"auth0\"}"));
    ck_assert_uint_eq(p.lists.count, 2);
    ck_assert(id_set_has(&p.lists, 20) && id_set_has(&p.lists, 21));
    ck_assert_int_eq(p.last_ms, 2000);
    ck_assert_int_eq(p.created_ms, 1000);
    ck_assert_uint_eq(json_array_size(p.decides), 5);
    mapped_person_clear(&p);
    ck_assert_ptr_null(p.attributes);
    mapping_free(m);
}
END_TEST

START_TEST(what_is_missing_is_left_out)
{
    struct mapping *m = standard(NULL);
    struct mapped_person p =
        apply(m, "{\"email\":\"a@b.co\",\"given_name\":null,\"birthday\":\"\","
                 "\"user_metadata\":{},\"last_login\":{\"$date\":1},\"email_verified\":\"true\"}");
    ck_assert_uint_eq(json_object_size(p.attributes), 0);
    ck_assert_int_eq(p.last_ms, 0);
    ck_assert_int_eq(p.created_ms, 0);
    ck_assert(id_set_has(&p.lists, 21));
    for (int i = 0; i < LOSS_COUNT; i++)
        ck_assert_uint_eq(p.losses[i], 0);
    mapped_person_clear(&p);
    p = apply(m, "{\"email\":\"a@b.co\"}");
    ck_assert(id_set_has(&p.lists, 20) && !id_set_has(&p.lists, 21));
    mapped_person_clear(&p);
    mapping_free(m);
}
END_TEST

START_TEST(losses_are_counted)
{
    struct mapping *m = standard(NULL);
    struct mapped_person p =
        apply(m, "{\"email\":\"a@b.co\",\"given_name\":{\"a\":1},\"logins_count\":\"many\","
                 "\"user_metadata\":{\"phone\":\"call me\"}}");
    ck_assert_int_eq(p.skip, SKIP_NONE);
    ck_assert_uint_eq(json_object_size(p.attributes), 0);
    ck_assert_uint_eq(p.losses[LOSS_INVALID_PHONE], 1);
    ck_assert_uint_eq(p.losses[LOSS_UNCONVERTIBLE], 2);
    ck_assert_uint_eq(p.losses[LOSS_SHARED_PHONE], 0);
    mapped_person_clear(&p);
    mapping_free(m);
}
END_TEST

static void check_skip(const struct mapping *m, const char *json, enum mapping_skip skip,
                       enum mapping_consent consent, const char *email)
{
    struct mapped_person p = apply(m, json);
    ck_assert_msg(p.skip == skip, "%s: %s", json, mapping_skip_name(p.skip));
    ck_assert_int_eq(p.consent, consent);
    ck_assert_pstr_eq(p.email, email);
    if (skip != SKIP_NONE) {
        ck_assert_uint_eq(json_object_size(p.attributes), 0);
        ck_assert_uint_eq(p.lists.count, 0);
    }
    mapped_person_clear(&p);
}

START_TEST(who_is_skipped_and_why)
{
    struct mapping_options options = {.verified_only = 1, .consent_field = "m.ok"};
    struct mapping *m = standard(NULL);
    check_skip(m, "{}", SKIP_NO_EMAIL, CONSENT_NOT_ASKED, NULL);
    check_skip(m, "{\"email\":null}", SKIP_NO_EMAIL, CONSENT_NOT_ASKED, NULL);
    check_skip(m, "{\"email\":\"\"}", SKIP_NO_EMAIL, CONSENT_NOT_ASKED, NULL);
    check_skip(m, "{\"email\":\"nobody\"}", SKIP_INVALID_EMAIL, CONSENT_NOT_ASKED, NULL);
    check_skip(m, "{\"email\":17}", SKIP_INVALID_EMAIL, CONSENT_NOT_ASKED, NULL);
    mapping_free(m);
    m = standard(&options);
    check_skip(m, "{\"email\":\"a@b.co\",\"m\":{\"ok\":true}}", SKIP_NOT_VERIFIED, CONSENT_GIVEN,
               "a@b.co");
    check_skip(m, "{\"email\":\"a@b.co\",\"email_verified\":false,\"m\":{\"ok\":false}}",
               SKIP_NOT_VERIFIED, CONSENT_REFUSED, "a@b.co");
    check_skip(m, "{\"email\":\"a@b.co\",\"email_verified\":true}", SKIP_NO_CONSENT, CONSENT_ABSENT,
               "a@b.co");
    check_skip(m, "{\"email\":\"a@b.co\",\"email_verified\":true,\"m\":{\"ok\":\"no\"}}",
               SKIP_NO_CONSENT, CONSENT_REFUSED, "a@b.co");
    check_skip(m, "{\"email\":\"a@b.co\",\"email_verified\":true,\"m\":{\"ok\":\"yes\"}}",
               SKIP_NONE, CONSENT_GIVEN, "a@b.co");
    check_skip(m, "{\"m\":{\"ok\":false}}", SKIP_NO_EMAIL, CONSENT_REFUSED, NULL);
    mapping_free(m);
}
END_TEST

START_TEST(names_are_stable)
{
    static const char *const skips[] = {"none",         "no_email",   "invalid_email",
                                        "not_verified", "no_consent", "filtered"};
    static const char *const losses[] = {"invalid_phone", "shared_phone", "unconvertible"};
    ck_assert_uint_eq(COUNT(skips), SKIP_COUNT);
    for (int i = 0; i < SKIP_COUNT; i++)
        ck_assert_str_eq(mapping_skip_name((enum mapping_skip)i), skips[i]);
    for (int i = 0; i < LOSS_COUNT; i++)
        ck_assert_str_eq(mapping_loss_name((enum mapping_loss)i), losses[i]);
    ck_assert_str_eq(mapping_skip_name(SKIP_COUNT), "unknown");
    ck_assert_str_eq(mapping_loss_name(LOSS_COUNT), "unknown");
}
END_TEST

static uint64_t hash_of(const struct mapping *m, const char *json)
{
    struct mapped_person p = apply(m, json);
    uint64_t hash = p.content_hash;
    mapped_person_clear(&p);
    return hash;
}

START_TEST(hash_tells_what_matters)
{
    struct mapping_options options = {.consent_field = "ok"};
    struct mapping *m = standard(&options);
    uint64_t base = hash_of(m, "{\"email\":\"a@b.co\",\"ok\":1,\"given_name\":\"J\"}");
    ck_assert(base == hash_of(m, "{\"ok\":true,\"given_name\":\"J\",\"email\":\"A@B.co\","
                                 "\"nickname\":\"x\",\"last_login\":\"2026-01-01T00:00:00Z\"}"));
    ck_assert(base != hash_of(m, "{\"email\":\"a@b.com\",\"ok\":1,\"given_name\":\"J\"}"));
    ck_assert(base != hash_of(m, "{\"email\":\"a@b.co\",\"ok\":1,\"given_name\":\"K\"}"));
    ck_assert(base != hash_of(m, "{\"email\":\"a@b.co\",\"ok\":1,\"birthday\":\"2000-01-01\"}"));
    ck_assert(base != hash_of(m, "{\"email\":\"a@b.co\",\"ok\":1,\"given_name\":\"J\","
                                 "\"email_verified\":true}"));
    ck_assert(hash_of(m, "{\"email\":\"a@b.co\"}") !=
              hash_of(m, "{\"email\":\"a@b.co\",\"ok\":0}"));
    mapping_free(m);
}
END_TEST

START_TEST(records_that_are_no_objects)
{
    struct mapping *m = standard(NULL);
    struct mapped_person p;
    struct err_info e = {0};
    ck_assert_int_eq(mapping_apply(m, "[]", 2, &p, &e), ERR_DATA);
    ck_assert_int_eq(e.code, ERR_DATA);
    ck_assert_int_eq(mapping_apply(m, "{", 1, &p, &e), ERR_DATA);
    ck_assert_int_eq(mapping_apply(m, "", 0, &p, NULL), ERR_DATA);
    mapping_free(m);
}
END_TEST

START_TEST(paths_that_are_read)
{
    struct mapping_options options = {.consent_field = "given_name"};
    struct mapping *m = standard(&options);
    static const char *const expected[] = {
        "email",          "given_name",   "user_metadata.phone",
        "birthday",       "logins_count", "identities[0].provider",
        "email_verified", "last_login",   "created_at"};
    const char *const *paths = mapping_paths(m);
    for (size_t i = 0; i < COUNT(expected); i++)
        ck_assert_str_eq(paths[i], expected[i]);
    ck_assert_ptr_null(paths[COUNT(expected)]);
    mapping_free(m);
}
END_TEST

static void check_refused(const struct mapping_field *fields, size_t count, const char *sentence,
                          const char *where)
{
    struct mapping_options options = {.fields = fields, .field_count = count};
    struct mapping *m = NULL;
    struct err_info e = {0};
    ck_assert_int_eq(mapping_new(&options, &m, &e), ERR_CONFIG);
    ck_assert_ptr_null(m);
    ck_assert_msg(strstr(e.what, sentence) != NULL, "%s", e.what);
    ck_assert_str_eq(e.where, where);
    ck_assert_str_ne(e.mend, "");
}

START_TEST(wrong_lines_are_refused)
{
    struct mapping_field none[] = {field("given_name", "FIRSTNAME", 0)};
    struct mapping_field path[] = {field("email", "email", 0), field("a..b", "X", 0)};
    struct mapping_field twice[] = {field("email", "email", 0), field("a", "X", 0),
                                    field("b", "x", 0)};
    struct mapping_field keys[] = {field("email", "email", 0), field("mail", "EMAIL", 0)};
    struct mapping_field ext[] = {field("email", "Email", 0), field("user_id", "ext_id", 0)};
    check_refused(none, COUNT(none), "no line for email", "");
    check_refused(path, COUNT(path), "'a..b' is not a path", "tajo.yaml:18:5");
    check_refused(twice, COUNT(twice), "already filled from 'a' at tajo.yaml:18:5",
                  "tajo.yaml:18:5");
    check_refused(keys, COUNT(keys), "already filled", "tajo.yaml:18:5");
    check_refused(ext, COUNT(ext), "EXT_ID is an identifier", "tajo.yaml:18:5");
}
END_TEST

START_TEST(wrong_options_are_refused)
{
    struct mapping_field fields[] = {field("email", "email", 0)};
    struct mapping_list lists[] = {{(char[]){"verified"}, (char[]){"a."}, 1}};
    struct mapping_options base = {.fields = fields, .field_count = 1};
    struct mapping_options wrong[7];
    struct mapping *m = NULL;
    for (size_t i = 0; i < COUNT(wrong); i++)
        wrong[i] = base;
    wrong[0].lists = lists;
    wrong[0].list_count = 1;
    wrong[1].consent_field = ".x";
    wrong[2].email_verified_path = "";
    wrong[3].last_login_path = "x[";
    wrong[4].created_at_path = "x]";
    wrong[5].verified_only = 1;
    wrong[6].phone_region = "DE";
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct err_info e = {0};
        ck_assert_int_eq(mapping_new(&wrong[i], &m, &e), ERR_CONFIG);
        ck_assert_str_ne(e.mend, "");
    }
    ck_assert_ptr_null(m);
    ck_assert_ptr_null(mapping_free(NULL));
}
END_TEST

/* Binds one line to the table; the caller frees. */
static struct mapping_problem *bind_one(const struct mapping_field *line,
                                        const struct attribute_table *table, size_t *ret_count)
{
    struct mapping_field fields[] = {field("email", "email", 0), *line};
    struct mapping_options options = {.fields = fields, .field_count = 2};
    struct mapping_problem *problems = NULL;
    struct mapping *m = NULL;
    ck_assert_int_eq(mapping_new(&options, &m, NULL), 0);
    mapping_bind(m, table, &problems, ret_count);
    /* What has a problem is not sent. */
    struct mapped_person p = apply(m, "{\"email\":\"a@b.co\",\"f\":\"x\"}");
    ck_assert_uint_eq(json_object_size(p.attributes), *ret_count == 0);
    mapped_person_clear(&p);
    mapping_free(m);
    return problems;
}

static void check_problem(const char *name, int source_type, int missing,
                          enum attribute_type suggested, const char *part)
{
    struct attribute attributes[] = {
        attribute("FIRSTNAME", ATTRIBUTE_TEXT, NULL), attribute("AGE", ATTRIBUTE_FLOAT, NULL),
        attribute("SMS", ATTRIBUTE_OTHER, NULL), attribute("ORDER_ID", ATTRIBUTE_OTHER, NULL)};
    struct attribute_table table = {attributes, COUNT(attributes)};
    struct mapping_field line = field("f", name, source_type);
    size_t count = 0;
    struct mapping_problem *problems = bind_one(&line, &table, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(problems[0].missing, missing);
    ck_assert_int_eq(problems[0].suggested, suggested);
    ck_assert_str_eq(problems[0].where, "tajo.yaml:18:5");
    ck_assert_msg(strncmp(problems[0].sentence, "tajo.yaml:18:5: ", 16) == 0, "%s",
                  problems[0].sentence);
    ck_assert_msg(strstr(problems[0].sentence, part) != NULL, "%s", problems[0].sentence);
    mapping_problems_free(problems, count);
}

START_TEST(missing_attributes)
{
    static const char mend[] = "in Brevo > Contacts > Settings > Contact attributes, or set "
                               "brevo.create_attributes: true";
    check_problem("NICKNAME", (int)TAJO_TYPE_STRING, 1, ATTRIBUTE_TEXT, mend);
    check_problem("NICKNAME", 0, 1, ATTRIBUTE_TEXT, "Create it as type text");
    check_problem("FNAME", 0, 1, ATTRIBUTE_TEXT, "Brevo has no attribute FNAME. Create");
    check_problem("FIRSTNAMES", 0, 1, ATTRIBUTE_TEXT, "Did you mean FIRSTNAME?");
    check_problem("frstnam", 0, 1, ATTRIBUTE_TEXT, "Did you mean FIRSTNAME?");
    check_problem("SEEN", (int)TAJO_TYPE_DATETIME, 1, ATTRIBUTE_DATE, "type date");
    check_problem("LOGINS", (int)TAJO_TYPE_INTEGER, 1, ATTRIBUTE_FLOAT, "type float");
    check_problem("OK", (int)TAJO_TYPE_BOOLEAN, 1, ATTRIBUTE_BOOLEAN, "type boolean");
    check_problem("META", (int)TAJO_TYPE_OBJECT, 1, ATTRIBUTE_OTHER, "which no attribute can hold");
    check_problem("WHATSAPP", (int)TAJO_TYPE_INTEGER, 1, ATTRIBUTE_TEXT, "type text");
    check_problem("FIRST NAME", 0, 1, ATTRIBUTE_OTHER, "Did you mean FIRSTNAME?");
    check_problem("1ST", 0, 1, ATTRIBUTE_OTHER, "none can be created under this name");
    check_problem("\xC3\x84LTER", 0, 1, ATTRIBUTE_OTHER, "none can be created under this name");
    check_problem("A2345678901234567890123456789012345678901234567890X", 0, 1, ATTRIBUTE_OTHER,
                  "none can be created under this name");
}
END_TEST

START_TEST(unsuitable_attributes)
{
    check_problem("AGE", (int)TAJO_TYPE_BOOLEAN, 0, ATTRIBUTE_BOOLEAN,
                  "'f' is a boolean and does not fit the attribute AGE of type float");
    check_problem("firstname", (int)TAJO_TYPE_OBJECT, 0, ATTRIBUTE_OTHER, "FIRSTNAME of type text");
    check_problem("ORDER_ID", 0, 0, ATTRIBUTE_TEXT, "cannot be written");
    check_problem("SMS", 0, 0, ATTRIBUTE_TEXT, "cannot be written");
}
END_TEST

START_TEST(created_names_are_in_capitals)
{
    struct attribute_table table = {NULL, 0};
    struct mapping_field line = field("f", "nick_name2", 0);
    size_t count = 0;
    struct mapping_problem *problems = bind_one(&line, &table, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(problems[0].attribute, "NICK_NAME2");
    mapping_problems_free(problems, count);
}
END_TEST

START_TEST(binding_again_replaces)
{
    struct mapping *m = standard(NULL);
    struct attribute only[] = {attribute("FirstName", ATTRIBUTE_TEXT, NULL)};
    struct attribute_table table = {only, 1};
    struct mapping_problem *problems = NULL;
    size_t count = 0;
    mapping_bind(m, &table, &problems, &count);
    ck_assert_uint_eq(count, 4);
    mapping_problems_free(problems, count);
    struct mapped_person p = apply(m, "{\"email\":\"a@b.co\",\"given_name\":\"J\",\"birthday\":1}");
    ck_assert(has_attributes(&p, "{\"FirstName\":\"J\"}"));
    ck_assert_uint_eq(json_array_size(p.decides), 1);
    ck_assert_str_eq(json_string_value(json_array_get(p.decides, 0)), "FirstName");
    mapped_person_clear(&p);
    mapping_free(m);
}
END_TEST

START_TEST(table_owns_its_attributes)
{
    struct attribute_table table = {calloc(1, sizeof(struct attribute)), 1};
    table.items[0] = attribute(strdup("COLOR"), ATTRIBUTE_CATEGORY, json_object());
    ck_assert_ptr_eq(attribute_find(&table, "color"), &table.items[0]);
    ck_assert_ptr_null(attribute_find(&table, "COLOUR"));
    attribute_table_clear(&table);
    ck_assert_uint_eq(table.count, 0);
    ck_assert_ptr_null(table.items);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mapping");
    TCase *t = tcase_create("mapping");
    tcase_add_test(t, a_user_becomes_a_contact);
    tcase_add_test(t, what_is_missing_is_left_out);
    tcase_add_test(t, losses_are_counted);
    tcase_add_test(t, who_is_skipped_and_why);
    tcase_add_test(t, names_are_stable);
    tcase_add_test(t, hash_tells_what_matters);
    tcase_add_test(t, records_that_are_no_objects);
    tcase_add_test(t, paths_that_are_read);
    tcase_add_test(t, wrong_lines_are_refused);
    tcase_add_test(t, wrong_options_are_refused);
    tcase_add_test(t, missing_attributes);
    tcase_add_test(t, unsuitable_attributes);
    tcase_add_test(t, created_names_are_in_capitals);
    tcase_add_test(t, binding_again_replaces);
    tcase_add_test(t, table_owns_its_attributes);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
