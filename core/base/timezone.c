/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timezone.h"

#include "base/mem.h"
#include "base/tzrule.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define LOCAL_FILE  "/etc/localtime"
#define MAX_FILE    (64 * 1024)
#define MAX_COUNT   4096 /* transitions of one zone; the longest today has 244 */
#define MAX_NAME    64
#define HEADER_SIZE 44
#define MAX_OFFSET  (26 * 3600) /* RFC 8536: more than -25 and less than 26 hours */

struct tz {
    int64_t *times;   /* transitions, ascending */
    int64_t *offsets; /* from the transition on */
    size_t count;
    int64_t first_offset; /* before the first transition */
    struct tzrule rule;
    int has_rule;
};

struct tz *tz_free(struct tz *zone)
{
    if (zone != NULL) {
        free(zone->times);
        free(zone->offsets);
        free(zone);
    }
    return NULL;
}

struct header {
    uint32_t isut, isstd, leap, time, type, chars;
};

static uint32_t get_u32(const char *data)
{
    const unsigned char *b = (const unsigned char *)data;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t get_i64(const char *data)
{
    return (int64_t)((uint64_t)get_u32(data) << 32 | get_u32(data + 4));
}

static int64_t get_i32(const char *data)
{
    return (int32_t)get_u32(data);
}

/* Length of the block behind the header with times of the given size; 0: damaged. */
static size_t block_size(const char *data, size_t len, size_t time_size, struct header *ret)
{
    if (len < HEADER_SIZE || memcmp(data, "TZif", 4) != 0)
        return 0;
    struct header h = {get_u32(data + 20), get_u32(data + 24), get_u32(data + 28),
                       get_u32(data + 32), get_u32(data + 36), get_u32(data + 40)};
    if (h.time > MAX_COUNT || h.type == 0 || h.type > 256 || h.chars > 1024 || h.leap > 1024 ||
        h.isut > 256 || h.isstd > 256)
        return 0;
    size_t size = HEADER_SIZE + h.time * time_size + h.time + h.type * 6 + h.chars +
                  h.leap * (time_size + 4) + h.isstd + h.isut;
    *ret = h;
    return size <= len ? size : 0;
}

static int read_block(struct tz *zone, const char *data, const struct header *h)
{
    const char *times = data + HEADER_SIZE;
    const unsigned char *indexes = (const unsigned char *)times + h->time * 8;
    const char *types = (const char *)indexes + h->time;
    for (size_t i = 0; i < h->type; i++) {
        int64_t offset = get_i32(types + i * 6);
        if (offset <= -MAX_OFFSET || offset >= MAX_OFFSET)
            return ERR_DATA;
    }
    zone->count = h->time;
    zone->times = mem_array(h->time, sizeof(*zone->times));
    zone->offsets = mem_array(h->time, sizeof(*zone->offsets));
    zone->first_offset = get_i32(types);
    for (size_t i = 0; i < h->time; i++) {
        zone->times[i] = get_i64(times + i * 8);
        if (indexes[i] >= h->type || (i > 0 && zone->times[i] <= zone->times[i - 1]))
            return ERR_DATA;
        zone->offsets[i] = get_i32(types + indexes[i] * 6);
    }
    return 0;
}

static int read_zone(struct tz *zone, const char *data, size_t len)
{
    struct header h = {0};
    size_t size = block_size(data, len, 4, &h);
    if (size == 0 || data[4] < '2') /* version 1 has 32 bits only; nobody ships it any more */
        return ERR_DATA;
    data += size;
    len -= size;
    size = block_size(data, len, 8, &h);
    if (size == 0 || read_block(zone, data, &h) != 0)
        return ERR_DATA;
    const char *rule = data + size;
    size_t left = len - size;
    const char *end = left > 1 && rule[0] == '\n' ? memchr(rule + 1, '\n', left - 1) : NULL;
    if (end == NULL)
        return ERR_DATA;
    zone->has_rule = end > rule + 1;
    return zone->has_rule ? tzrule_parse(rule + 1, (size_t)(end - rule - 1), &zone->rule) : 0;
}

int tz_parse(const char *name, const char *data, size_t len, struct tz **ret, struct err_info *e)
{
    struct tz *zone = mem_alloc(sizeof(*zone));
    if (read_zone(zone, data, len) != 0) {
        tz_free(zone);
        return err_set(e, ERR_DATA, NULL, "Reinstall the system's tzdata package",
                       "the time zone file of \"%s\" is damaged", name);
    }
    *ret = zone;
    return 0;
}

static int name_ok(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len <= MAX_NAME && name[0] != '/' && strstr(name, "..") == NULL &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") ==
               len;
}

static int unknown(const char *name, struct err_info *e)
{
    return err_set(
        e, ERR_CONFIG, NULL,
        "Write UTC, local, or a name such as Europe/Berlin; the names known here are the "
        "files below " ZONE_FOLDER " (package tzdata)",
        "there is no time zone \"%.64s\" on this machine", name);
}

int tz_open(const char *name, struct tz **ret, struct err_info *e)
{
    int local = strcmp(name, "local") == 0;
    char path[sizeof(ZONE_FOLDER) + MAX_NAME];
    if (!local && !name_ok(name))
        return unknown(name, e);
    snprintf(path, sizeof(path), "%s%s", local ? LOCAL_FILE : ZONE_FOLDER, local ? "" : name);
    _cleanup_close_ int fd = -1;
    /* UTC must work without tzdata. */
    if (strcmp(name, "UTC") != 0)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (strcmp(name, "UTC") == 0 || (fd < 0 && local && errno == ENOENT)) {
        *ret = mem_alloc(sizeof(**ret));
        return 0;
    }
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return unknown(name, e);
    _cleanup_free_ char *data = mem_alloc(MAX_FILE);
    ssize_t len = read(fd, data, MAX_FILE);
    return tz_parse(name, data, len > 0 ? (size_t)len : 0, ret, e);
}

int64_t tz_offset(const struct tz *zone, int64_t unix_seconds)
{
    size_t low = 0;
    size_t high = zone->count;
    while (low < high) { /* the first transition after the time */
        size_t middle = low + (high - low) / 2;
        if (zone->times[middle] <= unix_seconds)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->count && zone->has_rule)
        return tzrule_offset(&zone->rule, unix_seconds);
    return low == 0 ? zone->first_offset : zone->offsets[low - 1];
}

/* When between low and high (whose offsets differ) the clock was moved. */
static int64_t find_change(const struct tz *zone, int64_t low, int64_t high)
{
    int64_t before = tz_offset(zone, low);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (tz_offset(zone, middle) == before)
            low = middle;
        else
            high = middle;
    }
    return high;
}

int tz_instants(const struct tz *zone, int64_t local, int64_t ret[2])
{
    int64_t before = tz_offset(zone, local - MAX_OFFSET);
    int64_t after = tz_offset(zone, local + MAX_OFFSET);
    int64_t first = local - before;
    int64_t second = local - after;
    int first_holds = tz_offset(zone, first) == before;
    int second_holds = tz_offset(zone, second) == after;
    if (!first_holds && !second_holds) {
        ret[0] = find_change(zone, local - MAX_OFFSET, local + MAX_OFFSET);
        return 0;
    }
    ret[0] = first_holds ? first : second;
    if (!first_holds || !second_holds || first == second)
        return 1;
    ret[1] = second;
    return 2;
}
