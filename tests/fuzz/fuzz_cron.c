/* SPDX-License-Identifier: Apache-2.0
 *
 * Schedules and the rules at the end of time zone files: anything is taken or refused; what is
 * taken has a next time, strictly later.
 */
#include "base/cron.h"
#include "base/mem.h"
#include "base/tzrule.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t starts[] = {INT64_C(1793500000000), 0, INT64_C(4102444800000)};
    static const char *const zones[] = {"UTC", "Europe/Berlin", "America/New_York"};
    char *text = mem_strndup((const char *)data, size);
    struct cron cron;
    struct err_info e;
    struct tzrule rule;
    struct tz *parsed = NULL;
    if (cron_parse(text, &cron, &e) == 0) {
        for (int i = 0; i < 3; i++) {
            int64_t next = 0;
            if (cron_next(&cron, starts[i], zones[i], &next) == 0 &&
                (next <= starts[i] || next == INT64_MAX))
                abort();
        }
    }
    if (tzrule_parse(text, size, &rule) == 0)
        for (int i = 0; i < 3; i++)
            tzrule_offset(&rule, starts[i] / 1000);
    if (tz_parse("fuzz", (const char *)data, size, &parsed, &e) == 0) {
        int64_t at[2];
        tz_instants(parsed, starts[0] / 1000, at);
        tz_free(parsed);
    }
    free(text);
    return 0;
}
