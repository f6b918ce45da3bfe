/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "store/tables.h"

#include <string.h>

/* Index of the first id that is not below `id`. */
static size_t lower_bound(const struct id_set *set, int64_t id)
{
    size_t low = 0;
    size_t high = set->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void id_set_clear(struct id_set *set)
{
    free(set->ids);
    *set = (struct id_set){0};
}

int id_set_has(const struct id_set *set, int64_t id)
{
    size_t at = lower_bound(set, id);
    return at < set->count && set->ids[at] == id;
}

void id_set_add(struct id_set *set, int64_t id)
{
    size_t at = lower_bound(set, id);

    if (at < set->count && set->ids[at] == id)
        return;
    set->ids = mem_resize(set->ids, set->count + 1, sizeof(*set->ids));
    memmove(set->ids + at + 1, set->ids + at, (set->count - at) * sizeof(*set->ids));
    set->ids[at] = id;
    set->count++;
}

int id_set_equal(const struct id_set *a, const struct id_set *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->ids, b->ids, a->count * sizeof(*a->ids)) == 0);
}

void id_set_copy(struct id_set *to, const struct id_set *from)
{
    struct id_set copy = {0};

    if (from->count > 0) {
        copy.ids = mem_array(from->count, sizeof(*copy.ids));
        memcpy(copy.ids, from->ids, from->count * sizeof(*copy.ids));
        copy.count = from->count;
    }
    id_set_clear(to);
    *to = copy;
}

void id_set_merge(struct id_set *to, const struct id_set *from)
{
    for (size_t i = 0; i < from->count; i++)
        id_set_add(to, from->ids[i]);
}

void id_set_subtract(struct id_set *to, const struct id_set *minus)
{
    size_t kept = 0;

    for (size_t i = 0; i < to->count; i++) {
        int64_t id = to->ids[i];
        if (!id_set_has(minus, id))
            to->ids[kept++] = id;
    }
    to->count = kept;
    if (kept == 0)
        id_set_clear(to);
}
