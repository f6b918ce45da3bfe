/* SPDX-License-Identifier: Apache-2.0 */
#include "user.h"
#include "user_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)
/* 2021-01-01 and 2026-09-30: users are created between; nothing happens after 2026-10-30. */
#define FIRST_MS        INT64_C(1609459200000)
#define LAST_CREATED_MS INT64_C(1790726400000)
#define LAST_MS         INT64_C(1793318400000)

/* What a draw is for: each gives an independent pseudo-random number. */
enum draw {
    DRAW_PROVIDER,
    DRAW_GIVEN,
    DRAW_FAMILY,
    DRAW_DOMAIN,
    DRAW_ODD_EMAIL,
    DRAW_SHARED_EMAIL,
    DRAW_VERIFIED,
    DRAW_CREATED,
    DRAW_LOGIN,
    DRAW_LOGINS,
    DRAW_PHONE,
    DRAW_PHONE_FORM,
    DRAW_METADATA,
    DRAW_PLAN,
    DRAW_NAMELESS,
    DRAW_IP,
};

static const struct user_provider providers[] = {
    {"auth0", "Username-Password-Authentication", "auth0|", false, false},
    {"google-oauth2", "google-oauth2", "google-oauth2|1", true, true},
    {"facebook", "facebook", "facebook|1", true, true},
    {"github", "github", "github|1", true, true},
    /* Enterprise ids carry whatever the IdP says, a slash included. */
    {"samlp", "acme-saml", "samlp|acme-saml|emp/", false, false},
};

enum { PROVIDER_AUTH0, PROVIDER_GOOGLE, PROVIDER_FACEBOOK, PROVIDER_GITHUB, PROVIDER_SAML };

uint64_t user_mix(uint64_t number)
{
    number ^= number >> 30;
    number *= UINT64_C(0xbf58476d1ce4e5b9);
    number ^= number >> 27;
    number *= UINT64_C(0x94d049bb133111eb);
    return number ^ (number >> 31);
}

/* The inverse of user_mix(). */
static uint64_t unmix(uint64_t number)
{
    number ^= (number >> 31) ^ (number >> 62);
    number *= UINT64_C(0x319642b2d24d8ec3);
    number ^= (number >> 27) ^ (number >> 54);
    number *= UINT64_C(0x96de1b173f119089);
    return number ^ (number >> 30) ^ (number >> 60);
}

static uint64_t id_key(uint64_t seed)
{
    return user_mix(seed + UINT64_C(0x51ed270b7f3c9a11));
}

static uint64_t draw(uint64_t seed, uint64_t index, enum draw what)
{
    return user_mix(user_mix(seed * UINT64_C(0x9e3779b97f4a7c15) + index) +
                    ((uint64_t)what + 1) * UINT64_C(0xd1342543de82ef95));
}

/* True for `share` of 10,000 users. */
static bool chance(uint64_t number, unsigned share)
{
    return number % 10000 < share;
}

struct user_times user_generate_times(uint64_t seed, uint64_t index)
{
    struct user_times times;
    uint64_t login = draw(seed, index, DRAW_LOGIN);
    times.created_ms = FIRST_MS + (int64_t)(draw(seed, index, DRAW_CREATED) %
                                            (uint64_t)(LAST_CREATED_MS - FIRST_MS));
    times.last_login_ms = 0;
    times.updated_ms = times.created_ms;
    if (!chance(login, 800)) {
        uint64_t span = (uint64_t)(LAST_MS - times.created_ms);
        times.last_login_ms = times.created_ms + (int64_t)((login >> 16) % span);
        times.updated_ms = times.last_login_ms;
    }
    return times;
}

/* The second of a pair that has one address, by two connections. */
static bool shares_email(uint64_t seed, uint64_t index)
{
    return index % 2 && chance(draw(seed, index, DRAW_SHARED_EMAIL), 50);
}

static const struct user_provider *pick_provider(uint64_t seed, uint64_t index)
{
    uint64_t number = draw(seed, index, DRAW_PROVIDER) % 100;
    if (shares_email(seed, index) || number < 20) {
        return &providers[PROVIDER_GOOGLE];
    }
    if (number < 25) {
        return &providers[PROVIDER_FACEBOOK];
    }
    if (number < 30) {
        return &providers[PROVIDER_GITHUB];
    }
    return &providers[number < 32 ? PROVIDER_SAML : PROVIDER_AUTH0];
}

static size_t put_text(char *to, size_t at, const char *text)
{
    size_t size = strlen(text);
    memcpy(to + at, text, size);
    return at + size;
}

static size_t put_hex(char *to, size_t at, uint64_t number, unsigned digits)
{
    while (digits--) {
        to[at++] = "0123456789abcdef"[number >> (digits * 4) & 15];
    }
    return at;
}

static size_t put_decimal(char *to, size_t at, uint64_t number, unsigned digits)
{
    for (size_t i = at + digits; i > at; number /= 10) {
        to[--i] = (char)('0' + number % 10);
    }
    return at + digits;
}

static void make_id(uint64_t seed, uint64_t index, struct user *user)
{
    uint64_t hidden = user_mix(index ^ id_key(seed));
    size_t at = put_text(user->id, 0, user->provider->id_prefix);
    if (user->provider->decimal) {
        at = put_decimal(user->id, at, hidden, 20);
    } else {
        if (user->provider == &providers[PROVIDER_AUTH0]) {
            at = put_hex(user->id, at, (uint64_t)user->times.created_ms / 1000, 8);
        }
        at = put_hex(user->id, at, hidden, 16);
    }
    user->id[at] = '\0';
    user->local_id = strchr(user->id, '|') + 1;
}

bool user_find_index(uint64_t seed, uint64_t count, const char *user_id, uint64_t *ret_index)
{
    const char *local = strchr(user_id, '|');
    size_t size = strlen(user_id);
    if (!local || size < 20) {
        return false;
    }
    bool decimal = strncmp(user_id, "auth0|", 6) != 0 && strncmp(user_id, "samlp|", 6) != 0;
    uint64_t hidden = strtoull(user_id + size - (decimal ? 20 : 16), NULL, decimal ? 10 : 16);
    uint64_t index = unmix(hidden) ^ id_key(seed);
    struct user user;
    if (index >= count) {
        return false;
    }
    user_generate(seed, index, &user);
    *ret_index = index;
    return strcmp(user.id, user_id) == 0;
}

static const struct user_word *given_of(uint64_t seed, uint64_t index)
{
    return &given_names[draw(seed, index, DRAW_GIVEN) % SANDBOX_COUNT(given_names)];
}

static const struct user_word *family_of(uint64_t seed, uint64_t index)
{
    return &family_names[draw(seed, index, DRAW_FAMILY) % SANDBOX_COUNT(family_names)];
}

static size_t put_local_part(char *to, uint64_t seed, uint64_t index)
{
    size_t at = put_text(to, 0, given_of(seed, index)->ascii);
    at = put_text(to, at, ".");
    at = put_text(to, at, family_of(seed, index)->ascii);
    at = put_text(to, at, ".");
    do {
        to[at++] = "0123456789abcdefghijklmnopqrstuvwxyz"[index % 36];
        index /= 36;
    } while (index);
    return at;
}

static void make_plain_email(uint64_t seed, uint64_t index, char *to)
{
    size_t at = put_local_part(to, seed, index);
    at = put_text(to, at, "@");
    at = put_text(to, at,
                  mail_domains[draw(seed, index, DRAW_DOMAIN) % SANDBOX_COUNT(mail_domains)]);
    to[at] = '\0';
}

/* 1 % have none, 0.2 % have one that is none. */
static bool make_odd_email(uint64_t seed, uint64_t index, char *to)
{
    uint64_t number = draw(seed, index, DRAW_ODD_EMAIL);
    if (chance(number, 100)) {
        to[0] = '\0';
        return true;
    }
    if (!chance(number, 120)) {
        return false;
    }
    static const char *const endings[] = {"", "@", "@@example.com", " @example.com", "@example"};
    size_t at = put_local_part(to, seed, index);
    at = put_text(to, at, endings[(number >> 20) % SANDBOX_COUNT(endings)]);
    to[at] = '\0';
    return true;
}

static void make_email(uint64_t seed, uint64_t index, struct user *user)
{
    char *to = user->email;
    if (shares_email(seed, index)) {
        if (make_odd_email(seed, index - 1, to)) {
            make_plain_email(seed, index, to);
            return;
        }
        make_plain_email(seed, index - 1, to);
        if (index % 4 == 1) {
            to[0] = (char)(to[0] - 'a' + 'A');
        }
        return;
    }
    if (!make_odd_email(seed, index, to)) {
        make_plain_email(seed, index, to);
    }
}

static void make_names(uint64_t seed, uint64_t index, struct user *user)
{
    size_t at = strcspn(user->email, "@");
    at = at < sizeof(user->nickname) ? at : sizeof(user->nickname) - 1;
    memcpy(user->nickname, user->email, at);
    user->nickname[at] = '\0';
    user->given = user->family = "";
    /* Nobody asked for a name: Auth0 puts the address there. */
    if (user->email[0] && chance(draw(seed, index, DRAW_NAMELESS), 1000)) {
        memcpy(user->name, user->email, strlen(user->email) + 1);
        return;
    }
    user->given = given_of(seed, index)->text;
    user->family = family_of(seed, index)->text;
    at = put_text(user->name, 0, user->given);
    at = put_text(user->name, at, " ");
    at = put_text(user->name, at, user->family);
    user->name[at] = '\0';
}

/* A number of a mobile range nobody else in the tenant has: the factor is coprime to 10^8. */
static void put_number(char *to, uint64_t index)
{
    static const char *const ranges[] = {"+336", "+4915", "+4477", "+3933", "+346"};
    uint64_t line = index * UINT64_C(61803399) % UINT64_C(100000000);
    size_t at = put_text(to, 0, ranges[line % SANDBOX_COUNT(ranges)]);
    at = put_decimal(to, at, line, 8);
    to[at] = '\0';
}

static void make_phone(uint64_t seed, uint64_t index, struct user *user)
{
    uint64_t form = draw(seed, index, DRAW_PHONE_FORM);
    user->phone[0] = '\0';
    if (!chance(draw(seed, index, DRAW_PHONE), 4000)) {
        return;
    }
    put_number(user->phone, index);
    if (index % 2 && chance(form, 200)) {
        put_number(user->phone, index - 1);
    } else if (chance(form, 500)) {
        static const char *const wrong[] = {"n/a", "12345", "0612345678", "call me", "+00"};
        user->phone[put_text(user->phone, 0, wrong[form % SANDBOX_COUNT(wrong)])] = '\0';
    } else if (chance(form, 900)) {
        memmove(user->phone + 4, user->phone + 3, strlen(user->phone + 3) + 1);
        user->phone[3] = ' ';
    }
}

static void make_metadata(uint64_t seed, uint64_t index, struct user *user)
{
    uint64_t number = draw(seed, index, DRAW_METADATA);
    uint64_t app = draw(seed, index, DRAW_PLAN);
    static const char *const plans[] = {"free", "free", "free", "pro", "pro", "enterprise"};
    bool has_company = (number & 3) == 0;
    user->company = has_company ? companies[(number >> 8) % SANDBOX_COUNT(companies)] : NULL;
    user->opt_in =
        chance(number >> 16, 8000) ? (enum user_flag)((number >> 40) % 3 != 0) : USER_ABSENT;
    user->plan = user->role = NULL;
    if (!chance(app, 1000)) {
        user->plan = plans[(app >> 16) % SANDBOX_COUNT(plans)];
        user->role = chance(app >> 24, 200) ? "admin" : chance(app >> 24, 1000) ? "editor" : "user";
    }
}

static enum user_flag pick_verified(uint64_t number)
{
    if (chance(number, 8000)) {
        return USER_TRUE;
    }
    return chance(number, 9500) ? USER_FALSE : USER_ABSENT;
}

void user_generate(uint64_t seed, uint64_t index, struct user *user)
{
    user->times = user_generate_times(seed, index);
    user->provider = pick_provider(seed, index);
    make_id(seed, index, user);
    make_email(seed, index, user);
    user->email_verified =
        user->email[0] ? pick_verified(draw(seed, index, DRAW_VERIFIED)) : USER_ABSENT;
    make_names(seed, index, user);
    make_phone(seed, index, user);
    make_metadata(seed, index, user);
    user->logins = 0;
    if (user->times.last_login_ms) {
        user->logins = (uint32_t)(1 + draw(seed, index, DRAW_LOGINS) % 400);
    }
    uint64_t number = draw(seed, index, DRAW_IP);
    user->ip = (uint32_t)number;
    user->picture = user_mix(number);
}
