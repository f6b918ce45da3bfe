/* SPDX-License-Identifier: Apache-2.0
 *
 * brevo/plan.h: which way a group of contacts goes out. Pure.
 *
 * A single call costs one request at the contacts rate. An import costs one such request to post
 * and one to read back, and about three polls out of the hundred an hour that all other endpoints
 * share; while that budget is well filled a poll costs next to nothing, near its end each costs
 * the wait for another one. Expressed in milliseconds the break-even is 25 contacts and 500
 * contacts at Brevo's general 10 requests a second.
 */
#ifndef TAJO_BREVO_PLAN_H
#define TAJO_BREVO_PLAN_H

#include <stdint.h>

enum plan { PLAN_SINGLES, PLAN_IMPORT };

/* contacts: of one group that an import can carry; per_second: the contacts rate; hourly_left:
 * calls left to all other endpoints. */
enum plan plan_choose(int64_t contacts, int64_t per_second, int64_t hourly_left);

#endif
