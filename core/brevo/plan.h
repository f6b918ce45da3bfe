/* SPDX-License-Identifier: Apache-2.0
 *
 * brevo/plan.h: which way a group of contacts goes out. Pure.
 *
 * A single call costs one request, two when it adds to lists; an import costs two of the same kind
 * (post, read-back), as a rule two more for the survey of who left a list, and about three polls
 * out of the hundred an hour that all other endpoints share. While that budget is well filled an
 * import pays from 25 contacts: at Brevo's general 10 requests a second that is the time an import
 * takes. Near its end each poll has to be waited for, and singles pay up to 500. A faster plan does
 * not change this: calls are the account's, and its other programs need them too.
 */
#ifndef TAJO_BREVO_PLAN_H
#define TAJO_BREVO_PLAN_H

#include <stdint.h>

enum plan { PLAN_SINGLES, PLAN_IMPORT };

/* contacts: of one group that an import can carry; hourly_left: calls left to all other
 * endpoints. */
enum plan plan_choose(int64_t contacts, int64_t hourly_left);

#endif
