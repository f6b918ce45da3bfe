/* SPDX-License-Identifier: Apache-2.0
 *
 * A well-behaved source: every descriptor table has an entry, check() proves that the host's
 * functions answer as tajo/plugin.h says, run() reads a small made-up directory.
 */
#include "probe.h"

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return tajo_fail(sdk, TAJO_E_DATA, "expectation", "%s", #condition);                   \
    } while (0)

#define OPTION(id, option_type, option_flags, low, high, value, words)                             \
    static const struct tajo_option id = {                                                         \
        .size = sizeof(struct tajo_option),                                                        \
        .type = (option_type),                                                                     \
        .flags = (option_flags),                                                                   \
        .min = (low),                                                                              \
        .max = (high),                                                                             \
        .name = TAJO_STR(#id),                                                                     \
        .def = TAJO_STR(value),                                                                    \
        .choices = TAJO_STR(words),                                                                \
        .help = TAJO_STR("For a test."),                                                           \
    }

OPTION(domain, TAJO_TYPE_STRING, TAJO_OPTION_REQUIRED, 1, 100, "", "");
OPTION(client_id, TAJO_TYPE_STRING, 0, 0, 0, "", "");
OPTION(client_secret, TAJO_TYPE_STRING, TAJO_OPTION_SECRET, 0, 0, "", "");
OPTION(root, TAJO_TYPE_STRING, 0, 0, 0, "https://${domain}", "");
OPTION(audience, TAJO_TYPE_STRING, 0, 0, 0, "${root}/api/v2/", "");
OPTION(region, TAJO_TYPE_STRING, 0, 0, 0, "${client_id}-eu", "");
static const struct tajo_option *const settings[] = {&domain, &client_id, &client_secret,
                                                     &root,   &audience,  &region};

OPTION(page_size, TAJO_TYPE_INTEGER, 0, 1, 100, "50", "");
OPTION(dry, TAJO_TYPE_BOOLEAN, 0, 0, 0, "false", "");
OPTION(mode, TAJO_TYPE_CHOICE, 0, 0, 0, "pages", "auto|pages");
OPTION(unset, TAJO_TYPE_STRING, 0, 0, 0, "", "");
static const struct tajo_option *const options[] = {&page_size, &dry, &mode, &unset, &probe_act};

static const struct tajo_auth auth = {
    .size = sizeof(struct tajo_auth),
    .kind = TAJO_AUTH_CLIENT_CREDENTIALS,
    .settings = settings,
    .setting_count = 6,
    .base_url = TAJO_STR("https://${domain}"),
    .token_path = TAJO_STR("/oauth/token"),
};
static const struct tajo_rate rate = {
    .size = sizeof(struct tajo_rate),
    .requests = 10,
    .period_seconds = 1,
    .burst = 5,
    .preset = TAJO_STR("free"),
    .rate_class = TAJO_STR("users_read"),
};
static const struct tajo_rate *const rates[] = {&rate};
static const struct tajo_permission permission = {
    .size = sizeof(struct tajo_permission),
    .required = 1,
    .name = TAJO_STR("read:users"),
    .purpose = TAJO_STR("Reads."),
    .mend = TAJO_STR("Grant it."),
};
static const struct tajo_permission *const permissions[] = {&permission};
static const struct tajo_field email = {
    .size = sizeof(struct tajo_field),
    .type = TAJO_TYPE_STRING,
    .role = TAJO_ROLE_EMAIL,
    .path = TAJO_STR("email"),
    .attribute = TAJO_STR("email"),
    .meaning = TAJO_STR("Address."),
};
static const struct tajo_field *const fields[] = {&email};
static const struct tajo_list list = {
    .size = sizeof(struct tajo_list),
    .kind = TAJO_LIST_TRUE,
    .name = TAJO_STR("verified"),
    .field = TAJO_STR("email_verified"),
    .help = TAJO_STR("Verified ones."),
};
static const struct tajo_list *const lists[] = {&list};
static const struct tajo_event_type event = {
    .size = sizeof(struct tajo_event_type),
    .type = TAJO_STR("s"),
    .category = TAJO_STR("login"),
    .meaning = TAJO_STR("Login."),
    .event = TAJO_STR("user_login"),
};
static const struct tajo_event_type *const events[] = {&event};
static const struct tajo_metric metric = {
    .size = sizeof(struct tajo_metric),
    .name = TAJO_STR("active_users"),
    .unit = TAJO_STR("users"),
    .help = TAJO_STR("Users."),
};
static const struct tajo_metric *const metrics[] = {&metric};

static int32_t check_strings(const struct tajo_sdk *sdk)
{
    struct tajo_str text = {"kept", 4};
    EXPECT(tajo_option_string(sdk, "unset", &text) == TAJO_E_NOT_FOUND);
    EXPECT(tajo_option_string(sdk, "no_such", &text) == TAJO_E_NOT_FOUND);
    EXPECT(tajo_option_string(sdk, "client_secret", &text) == TAJO_E_UNSUPPORTED);
    EXPECT(tajo_option_string(sdk, "page_size", &text) == TAJO_E_CONFIG);
    EXPECT(tajo_option_string(sdk, "region", &text) == TAJO_E_NOT_FOUND);
    EXPECT(tajo_str_equals(text, "kept"));
    EXPECT(tajo_option_string(sdk, "domain", &text) == TAJO_OK);
    EXPECT(tajo_str_equals(text, "acme.example"));
    EXPECT(tajo_option_string(sdk, "audience", &text) == TAJO_OK);
    EXPECT(tajo_str_equals(text, "https://acme.example/api/v2/"));
    EXPECT(tajo_option_string(sdk, "mode", &text) == TAJO_OK);
    EXPECT(tajo_str_equals(text, "pages"));
    return TAJO_OK;
}

static int32_t check_numbers(const struct tajo_sdk *sdk)
{
    int64_t number = -1;
    int32_t truth = -1;
    EXPECT(tajo_option_integer(sdk, "mode", &number) == TAJO_E_CONFIG && number == -1);
    EXPECT(tajo_option_integer(sdk, "page_size", &number) == TAJO_OK && number == 25);
    EXPECT(tajo_option_boolean(sdk, "page_size", &truth) == TAJO_E_CONFIG && truth == -1);
    EXPECT(tajo_option_boolean(sdk, "dry", &truth) == TAJO_OK && truth == 0);
    return TAJO_OK;
}

static int32_t check_calls(const struct tajo_sdk *sdk)
{
    struct tajo_record record = {.size = sizeof(record), .kind = TAJO_RECORD_PERSON};
    EXPECT(sdk->host->abi_minor >= 1);
    EXPECT(tajo_now_ms(sdk) > 1700000000000);
    EXPECT(tajo_should_stop(sdk) == 0);
    EXPECT(tajo_sleep_ms(sdk, 10) == TAJO_OK);
    EXPECT(tajo_emit(sdk, &record) == TAJO_E_BUG);
    EXPECT(tajo_commit(sdk, tajo_str_from(""), 0) == TAJO_E_BUG);
    EXPECT(tajo_metric(sdk, "no_such", 1) == TAJO_E_NOT_FOUND);
    EXPECT(tajo_metric(sdk, "active_users", -7) == TAJO_OK);
    tajo_progress(sdk, 3, 4);
    tajo_log(sdk, TAJO_LOG_DEBUG, "checked");
    return TAJO_OK;
}

static int32_t good_check(void *instance)
{
    const struct tajo_sdk *sdk = &((struct probe *)instance)->sdk;
    int32_t r = check_strings(sdk);
    if (r == TAJO_OK)
        r = check_numbers(sdk);
    return r < 0 ? r : check_calls(sdk);
}

static int32_t emit(const struct tajo_sdk *sdk, struct tajo_str subject, const char *json)
{
    struct tajo_record record = {
        .size = sizeof(record),
        .kind = json == NULL ? TAJO_RECORD_PERSON_GONE : TAJO_RECORD_PERSON,
        .subject = subject,
        .json = tajo_str_from(json),
    };
    return tajo_emit(sdk, &record);
}

static int32_t run_full(const struct tajo_sdk *sdk)
{
    char subject[32];
    for (int i = 0; i < 2500; i++) {
        snprintf(subject, sizeof(subject), "probe|%d", i);
        EXPECT(emit(sdk, tajo_str_from(subject), "{\"email\":\"a@example.com\"}") == TAJO_OK);
        tajo_progress(sdk, (uint64_t)i, 2500);
        if (i % 1000 == 999)
            EXPECT(tajo_commit(sdk, tajo_str_from(""), 0) == TAJO_OK);
    }
    EXPECT(tajo_commit(sdk, tajo_str_from("end"), TAJO_COMMIT_SNAPSHOT_COMPLETE) == TAJO_OK);
    EXPECT(emit(sdk, tajo_str_from("late"), "{}") == TAJO_E_BUG);
    return TAJO_OK;
}

/* What emit refuses, and what it does not. */
static int32_t run_since(const struct tajo_sdk *sdk, int64_t since_ms)
{
    static char big[1048600];
    struct tajo_record record = {.size = sizeof(record), .kind = TAJO_RECORD_EVENT};
    struct tajo_str none = {NULL, 0};
    struct tajo_str long_subject = {big, 256};
    memset(big, ' ', sizeof(big));
    EXPECT(since_ms == 1700000000123);
    EXPECT(tajo_emit(sdk, &record) == TAJO_E_UNSUPPORTED);
    record.size = 8;
    EXPECT(tajo_emit(sdk, &record) == TAJO_E_BUG);
    EXPECT(sdk->host->emit(sdk->ctx, NULL) == TAJO_E_BUG);
    EXPECT(emit(sdk, none, "{}") == TAJO_E_DATA);
    EXPECT(emit(sdk, long_subject, "{}") == TAJO_E_DATA);
    EXPECT(emit(sdk, tajo_str_from("\xFF"), "{}") == TAJO_E_DATA);
    EXPECT(emit(sdk, tajo_str_from("a"), "[]") == TAJO_E_DATA);
    EXPECT(emit(sdk, tajo_str_from("a"), "") == TAJO_E_DATA);
    record = (struct tajo_record){.size = sizeof(record),
                                  .kind = TAJO_RECORD_PERSON,
                                  .subject = TAJO_STR("a"),
                                  .json = {big, sizeof(big)}};
    EXPECT(tajo_emit(sdk, &record) == TAJO_E_DATA);
    EXPECT(tajo_commit(sdk, tajo_str_from(""), TAJO_COMMIT_SNAPSHOT_COMPLETE) == TAJO_E_BUG);
    EXPECT(tajo_commit(sdk, long_subject, 2) == TAJO_E_BUG);
    EXPECT(emit(sdk, tajo_str_from("a"), " {} \n") == TAJO_OK);
    return tajo_commit(sdk, tajo_str_from("since"), 0);
}

static int32_t good_run(void *instance, const struct tajo_run_request *request)
{
    const struct tajo_sdk *sdk = &((struct probe *)instance)->sdk;
    switch (request->mode) {
    case TAJO_MODE_FULL:
        return run_full(sdk);
    case TAJO_MODE_SINCE:
        return run_since(sdk, request->since_ms);
    case TAJO_MODE_REFRESH:
        EXPECT(request->field_count == 1 && tajo_str_equals(request->fields[0], "email"));
        for (size_t i = 0; i < request->subject_count; i++)
            EXPECT(emit(sdk, request->subjects[i], i == 0 ? NULL : "{}") == TAJO_OK);
        return tajo_commit(sdk, tajo_str_from("ignored"), 0);
    default:
        EXPECT(tajo_str_equals(request->cursor, "before"));
        EXPECT(emit(sdk, tajo_str_from("one"), "{}") == TAJO_OK);
        return tajo_commit(sdk, tajo_str_from("after"), 0) < 0 ? TAJO_E_TRANSIENT : 17;
    }
}

static const struct tajo_ops ops = {
    .size = sizeof(struct tajo_ops),
    .create = probe_create,
    .destroy = probe_destroy,
    .check = good_check,
    .run = good_run,
};

static const struct tajo_descriptor descriptor = {
    .size = sizeof(struct tajo_descriptor),
    .abi_major = TAJO_ABI_MAJOR,
    .abi_minor_built = TAJO_ABI_MINOR,
    .abi_minor_needed = 1,
    .capabilities = TAJO_CAN_FULL | TAJO_CAN_INCREMENTAL | TAJO_CAN_SINCE | TAJO_CAN_REFRESH,
    .platform = TAJO_STR("probe"),
    .source = TAJO_STR("users"),
    .version = TAJO_STR("1.2.3"),
    .summary = TAJO_STR("A well-behaved source."),
    .licence = TAJO_STR("Apache-2.0"),
    .vendor_url = TAJO_STR("https://example.com"),
    .auth = &auth,
    .ops = &ops,
    .options = options,
    .rates = rates,
    .permissions = permissions,
    .fields = fields,
    .lists = lists,
    .events = events,
    .metrics = metrics,
    .option_count = 5,
    .rate_count = 1,
    .permission_count = 1,
    .field_count = 1,
    .list_count = 1,
    .event_count = 1,
    .metric_count = 1,
};

const struct tajo_descriptor *tajo_plugin_entry_v1(void)
{
    return &descriptor;
}
