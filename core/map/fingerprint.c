/* SPDX-License-Identifier: Apache-2.0 */
#include "map/fingerprint.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* Little-endian, so that a store can move to another machine. */
struct entry {
    uint64_t name;
    uint64_t value;
};

static struct entry read_entry(const void *fp, size_t i)
{
    struct entry entry;
    memcpy(&entry, (const char *)fp + i * sizeof entry, sizeof entry);
    entry.name = le64toh(entry.name);
    entry.value = le64toh(entry.value);
    return entry;
}

static void write_entry(struct strbuf *out, struct entry entry)
{
    entry.name = htole64(entry.name);
    entry.value = htole64(entry.value);
    strbuf_add(out, &entry, sizeof entry);
}

static uint64_t hash_value(const json_t *value)
{
    _cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
    json_write(value, &text);
    return hash_bytes(text.data, text.len);
}

static int find_entry(const void *fp, size_t fp_len, const char *attribute, struct entry *ret)
{
    uint64_t name = hash_bytes(attribute, strlen(attribute));
    size_t low = 0;
    size_t high = fp_len / sizeof(struct entry);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct entry entry = read_entry(fp, middle);
        if (entry.name == name) {
            *ret = entry;
            return 1;
        }
        if (entry.name < name)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

int fingerprint_matches(const void *fp, size_t fp_len, const char *attribute, const json_t *value)
{
    struct entry entry;
    return find_entry(fp, fp_len, attribute, &entry) && entry.value == hash_value(value);
}

void fingerprint_drop_delivered(const void *fp, size_t fp_len, json_t *wish)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(wish, next, key, value)
    {
        if (fingerprint_matches(fp, fp_len, key, value))
            json_object_del(wish, key);
    }
}

static int compare_entries(const void *a, const void *b)
{
    uint64_t x = ((const struct entry *)a)->name;
    uint64_t y = ((const struct entry *)b)->name;
    return (x > y) - (x < y);
}

/* The entries of `sent`, sorted. */
static struct entry *entries_of(const json_t *sent, size_t *ret_count)
{
    struct entry *entries = mem_array(json_object_size(sent), sizeof *entries);
    size_t count = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)sent, key, value)
    {
        entries[count].name = hash_bytes(key, strlen(key));
        entries[count++].value = hash_value(value);
    }
    qsort(entries, count, sizeof *entries, compare_entries);
    *ret_count = count;
    return entries;
}

void fingerprint_update(const void *fp, size_t fp_len, const json_t *sent, struct strbuf *ret)
{
    size_t count = 0;
    _cleanup_free_ struct entry *entries = entries_of(sent, &count);
    size_t old_count = fp_len / sizeof(struct entry);
    size_t i = 0;
    for (size_t k = 0; k < old_count; k++) {
        struct entry old = read_entry(fp, k);
        while (i < count && entries[i].name < old.name)
            write_entry(ret, entries[i++]);
        if (i < count && entries[i].name == old.name)
            old = entries[i++];
        write_entry(ret, old);
    }
    while (i < count)
        write_entry(ret, entries[i++]);
}
