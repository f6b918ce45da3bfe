/* SPDX-License-Identifier: Apache-2.0
 *
 * fixture.h: one auth0-users instance under a fake host, and what its tests ask of the result.
 *
 * fixture_open() ... fixture_close(): the latter also holds every run to what must always be
 * true: nothing planted in a record, no personal data in logs and errors, every answer released.
 */
#ifndef TAJO_CONTRACT_FIXTURE_H
#define TAJO_CONTRACT_FIXTURE_H

#include "tenant.h"

#include <check.h>

/* names_and_values: option, value, ..., NULL. */
struct fake_host *fixture_open(const char *const *names_and_values);
void fixture_close(struct fake_host *host);

/* Runs and asserts success. */
void fixture_run(struct fake_host *host, uint32_t mode, const char *cursor);

/* Asserts that a run in this mode fails with the class and code, and that its message says part. */
void fixture_run_fails(struct fake_host *host, uint32_t mode, int32_t error_class, const char *code,
                       const char *part);

/* The last commit. */
const struct fake_commit *fixture_last_commit(const struct fake_host *host);

/* Asserts that committed person records name every user of the tenant that is there (matching
 * ones only where asked), each at least once, and nobody else. */
void fixture_expect_everybody(const struct fake_host *host, const struct tenant *tenant,
                              bool matching_only);

/* How many committed records name this subject. */
size_t fixture_count_subject(const struct fake_host *host, const char *subject);

/* Does a log line contain the text? */
bool fixture_has_log(const struct fake_host *host, const char *part);

/* The record's JSON, the caller's to json_decref. */
json_t *fixture_record_json(const struct fake_host *host, size_t index);

/* A suite's main(): runs the cases. */
int fixture_main(const char *name, TCase *const *cases, size_t count);

#endif
