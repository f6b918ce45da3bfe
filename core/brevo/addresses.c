/* SPDX-License-Identifier: Apache-2.0 */
#include "brevo/addresses.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define FREE        0u
#define REMOVED     1u
#define MAX_ADDRESS 320u /* RFC 5321: 64 + 1 + 255 */

static uint64_t address_hash(const char *email, size_t len)
{
    char lower[MAX_ADDRESS];
    if (len > sizeof(lower))
        len = sizeof(lower);
    for (size_t i = 0; i < len; i++) {
        char c = email[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    uint64_t hash = hash_bytes(lower, len);
    return hash > REMOVED ? hash : hash + 2;
}

/* The slot that holds the hash, or the free one where the search ended. */
static size_t find(const struct addresses *set, uint64_t hash)
{
    size_t mask = set->capacity - 1;
    size_t i = (size_t)hash & mask;
    while (set->slots[i] != FREE && set->slots[i] != hash)
        i = (i + 1) & mask;
    return i;
}

static void grow(struct addresses *set)
{
    struct addresses old = *set;
    set->capacity = old.count * 4 < 64 ? 64 : old.capacity;
    while (set->capacity < old.count * 4)
        set->capacity *= 2;
    set->slots = mem_array(set->capacity, sizeof(*set->slots));
    set->used = set->count = 0;
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i] == FREE || old.slots[i] == REMOVED)
            continue;
        set->slots[find(set, old.slots[i])] = old.slots[i];
        set->used = ++set->count;
    }
    free(old.slots);
}

void addresses_clear(struct addresses *set)
{
    free(set->slots);
    memset(set, 0, sizeof(*set));
}

void addresses_add(struct addresses *set, const char *email, size_t len)
{
    if ((set->used + 1) * 2 > set->capacity)
        grow(set);
    uint64_t hash = address_hash(email, len);
    size_t i = find(set, hash);
    if (set->slots[i] == hash)
        return;
    set->slots[i] = hash;
    set->used++;
    set->count++;
}

void addresses_remove(struct addresses *set, const char *email, size_t len)
{
    if (set->capacity == 0)
        return;
    uint64_t hash = address_hash(email, len);
    size_t i = find(set, hash);
    if (set->slots[i] != hash)
        return;
    set->slots[i] = REMOVED;
    set->count--;
}

int addresses_has(const struct addresses *set, const char *email, size_t len)
{
    if (set->capacity == 0)
        return 0;
    uint64_t hash = address_hash(email, len);
    return set->slots[find(set, hash)] == hash;
}

void addresses_add_csv(struct addresses *set, const char *csv, size_t len)
{
    static const char separators[] = ";,\t\r\n\"' <>";
    size_t start = 0;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && csv[i] != '\0' && strchr(separators, csv[i]) == NULL)
            continue;
        if (i > start && memchr(csv + start, '@', i - start) != NULL)
            addresses_add(set, csv + start, i - start);
        start = i + 1;
    }
}
