/* SPDX-License-Identifier: Apache-2.0 */
#include "brevo/plan.h"

#define IMPORT_MS       2500  /* post, first polls, read-back */
#define SCARCE_MS       50000 /* the same when each poll has to be waited for */
#define HOURLY_RESERVED 30

enum plan plan_choose(int64_t contacts, int64_t per_second, int64_t hourly_left)
{
    int64_t rate = per_second > 0 ? per_second : 1;
    int64_t singles_ms = contacts > INT64_MAX / 1000 ? INT64_MAX : contacts * 1000 / rate;
    int64_t import_ms = hourly_left > HOURLY_RESERVED ? IMPORT_MS : SCARCE_MS;
    return singles_ms >= import_ms ? PLAN_IMPORT : PLAN_SINGLES;
}
