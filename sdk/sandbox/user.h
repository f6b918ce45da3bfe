/* SPDX-License-Identifier: Apache-2.0
 *
 * Generated users: a pure function of (seed, index), so that a million of them need no memory.
 *
 * user_generate() fills all fields; user_generate_times() only what range queries look at, at a
 * fraction of the cost. user_find_index() goes back from a user_id to the index. The JSON comes
 * either whole or field by field; a field a user does not have is absent. Any thread may call.
 */
#ifndef SANDBOX_USER_H
#define SANDBOX_USER_H

#include "buffer.h"

#include <stdbool.h>
#include <stdint.h>

enum user_flag { USER_ABSENT = -1, USER_FALSE = 0, USER_TRUE = 1 };

struct user_times {
    int64_t created_ms;
    int64_t updated_ms;
    int64_t last_login_ms; /* 0: never logged in */
};

struct user_provider {
    const char *name;       /* "google-oauth2" */
    const char *connection; /* "Username-Password-Authentication" */
    const char *id_prefix;  /* of user_id, up to the hashed part */
    bool social;
    bool decimal; /* the hashed part in decimal digits, else in hexadecimal ones */
};

struct user {
    const struct user_provider *provider;
    char id[64];
    const char *local_id; /* within `id`: what identities[].user_id says */
    char email[96];       /* "" absent */
    enum user_flag email_verified;
    const char *given, *family; /* "" absent */
    char name[128];
    char nickname[64];
    char phone[32];      /* "" absent */
    const char *company; /* NULL absent */
    enum user_flag opt_in;
    const char *plan, *role; /* NULL absent */
    struct user_times times;
    uint32_t logins;
    uint32_t ip;
    uint64_t picture;
};

void user_generate(uint64_t seed, uint64_t index, struct user *ret_user);
struct user_times user_generate_times(uint64_t seed, uint64_t index);
/* The index below `count` whose user has this id. */
bool user_find_index(uint64_t seed, uint64_t count, const char *user_id, uint64_t *ret_index);

/* How one field is written: appends its JSON value, or returns false and appends nothing. */
typedef bool user_field_writer(const struct user *user, bool secrets, struct buffer *buffer);

/* The writer of a path such as "email", "user_metadata.phone" or "identities[0].connection". */
user_field_writer *user_find_field(const char *path);
/* The whole object; `secrets` adds the IdP's tokens to identities. */
void user_write_json(const struct user *user, bool secrets, struct buffer *buffer);

/* A well-spread 64-bit function, for whoever needs another pseudo-random number. */
uint64_t user_mix(uint64_t number);

#endif
