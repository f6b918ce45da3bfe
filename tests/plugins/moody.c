/* SPDX-License-Identifier: Apache-2.0
 *
 * A source with one person, for the tests of schedule/: a run ends as the option `act` says, a
 * refresh as the subject's name begins.
 */
#include "probe.h"

#include <signal.h>
#include <stdio.h>

static const struct tajo_field email = {
    .size = sizeof(struct tajo_field),
    .type = TAJO_TYPE_STRING,
    .role = TAJO_ROLE_EMAIL,
    .path = TAJO_STR("email"),
    .attribute = TAJO_STR("email"),
    .meaning = TAJO_STR("Address."),
};
static const struct tajo_field *const fields[] = {&email};

static int32_t emit(const struct tajo_sdk *sdk, struct tajo_str subject)
{
    char json[128];
    snprintf(json, sizeof(json), "{\"email\":\"%.*s@example.com\",\"name\":\"N\"}",
             (int)subject.len, subject.data);
    struct tajo_record record = {.size = sizeof(record),
                                 .kind = TAJO_RECORD_PERSON,
                                 .subject = subject,
                                 .json = tajo_str_from(json)};
    return tajo_emit(sdk, &record);
}

static int begins(struct tajo_str text, const char *with)
{
    return text.len >= strlen(with) && memcmp(text.data, with, strlen(with)) == 0;
}

static int32_t refresh(const struct tajo_sdk *sdk, const struct tajo_run_request *request)
{
    for (size_t i = 0; i < request->subject_count; i++) {
        if (begins(request->subjects[i], "kill"))
            raise(SIGKILL);
        if (begins(request->subjects[i], "data"))
            return tajo_fail(sdk, TAJO_E_DATA, "bad_person", "somebody cannot be read");
        if (begins(request->subjects[i], "later"))
            return tajo_fail(sdk, TAJO_E_TRANSIENT, "later", "not now");
        if (emit(sdk, request->subjects[i]) < 0)
            return TAJO_E_BUG;
    }
    return tajo_commit(sdk, tajo_str_from("refresh"), 0);
}

static int32_t act_out(const struct probe *p)
{
    if (probe_acts(p, "auth"))
        return tajo_fail(&p->sdk, TAJO_E_AUTH, "refused", "the key was refused");
    if (probe_acts(p, "config"))
        return tajo_fail(&p->sdk, TAJO_E_CONFIG, "wrong", "an option is wrong");
    if (probe_acts(p, "transient"))
        return tajo_fail(&p->sdk, TAJO_E_TRANSIENT, "away", "nobody answered");
    if (probe_acts(p, "kill"))
        raise(SIGKILL);
    if (probe_acts(p, "slow"))
        tajo_sleep_ms(&p->sdk, 500);
    while (probe_acts(p, "stuck"))
        tajo_sleep_ms(&p->sdk, 20);
    return TAJO_OK;
}

static int32_t moody_run(void *instance, const struct tajo_run_request *request)
{
    static const char *const cursors[] = {[TAJO_MODE_FULL] = "full",
                                          [TAJO_MODE_INCREMENTAL] = "incremental",
                                          [TAJO_MODE_SINCE] = "since"};
    const struct probe *p = instance;
    if (request->mode == TAJO_MODE_REFRESH)
        return refresh(&p->sdk, request);
    int32_t r = act_out(p);
    if (r < 0 || (r = emit(&p->sdk, tajo_str_from("one"))) < 0)
        return r;
    return tajo_commit(&p->sdk, tajo_str_from(cursors[request->mode]),
                       request->mode == TAJO_MODE_FULL ? TAJO_COMMIT_SNAPSHOT_COMPLETE : 0);
}

static const struct tajo_ops ops = {
    .size = sizeof(struct tajo_ops),
    .create = probe_create,
    .destroy = probe_destroy,
    .run = moody_run,
};

static const struct tajo_descriptor descriptor = {
    PROBE_DESCRIPTOR("moody", &ops),
    .fields = fields,
    .field_count = 1,
};

const struct tajo_descriptor *tajo_plugin_entry_v1(void)
{
    return &descriptor;
}
