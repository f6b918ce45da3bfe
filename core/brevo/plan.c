/* SPDX-License-Identifier: Apache-2.0 */
#include "brevo/plan.h"

#define IMPORT_FROM     25
#define IMPORT_SCARCE   500
#define HOURLY_RESERVED 30

enum plan plan_choose(int64_t contacts, int64_t hourly_left)
{
    int64_t from = hourly_left > HOURLY_RESERVED ? IMPORT_FROM : IMPORT_SCARCE;
    return contacts >= from ? PLAN_IMPORT : PLAN_SINGLES;
}
