/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include "base/clock.h"
#include "base/mem.h"
#include "log/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DRAW_EVERY_MS  100
#define LINE_EVERY_MS  5000
#define BAR_CELLS_MOST 40u

struct progress {
    int quiet;
    int terminal;
    _Atomic int drawn; /* the bar stands on the current line; log lines of other threads ask */
    char phase[32];
    uint64_t done, total;
    int64_t started_ms;
    int64_t shown_ms;
};

/* 1234567 as "1,234,567". */
static const char *grouped(char *buf, size_t size, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
    size_t out = 0;
    for (int i = 0; i < len && out + 2 < size; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buf[out++] = ',';
        buf[out++] = digits[i];
    }
    buf[out] = '\0';
    return buf;
}

static void add_bar(char *buf, size_t size, uint64_t done, uint64_t total, unsigned cells)
{
    unsigned full = total == 0 ? 0 : (unsigned)((double)cells * (double)done / (double)total);
    if (full > cells)
        full = cells;
    size_t n = strlen(buf);
    for (unsigned i = 0; i < cells && n + 2 < size; i++)
        buf[n++] = i < full ? '#' : '.';
    buf[n] = '\0';
}

void progress_format(char *buf, unsigned long size, const char *phase, uint64_t done,
                     uint64_t total, int64_t elapsed_ms, unsigned columns)
{
    char n[32], of[32], rate[32];
    double per_second = elapsed_ms > 0 ? (double)done * 1000 / (double)elapsed_ms : 0;
    char figures[160];
    grouped(n, sizeof(n), done);
    grouped(of, sizeof(of), total);
    grouped(rate, sizeof(rate), (uint64_t)per_second);
    if (total == 0) {
        snprintf(buf, size, "%-10s %s  %s/s", phase, n, rate);
        return;
    }
    int64_t left =
        per_second > 0 && done < total ? (int64_t)((double)(total - done) / per_second) : 0;
    snprintf(figures, sizeof(figures), "%s/%s  %s/s  %02" PRId64 ":%02" PRId64 " left", n, of, rate,
             left / 60, left % 60);
    if (columns == 0) {
        snprintf(buf, size, "%-10s %s", phase, figures);
        return;
    }
    snprintf(buf, size, "%-10s [", phase);
    size_t used = strlen(buf) + strlen(figures) + 3;
    unsigned room = columns > used ? columns - (unsigned)used : 0;
    add_bar(buf, size, done, total, room > BAR_CELLS_MOST ? BAR_CELLS_MOST : room);
    size_t at = strlen(buf);
    snprintf(buf + at, size - at, "] %s", figures);
}

static unsigned terminal_columns(void)
{
    struct winsize window = {0};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
        return window.ws_col;
    return 80;
}

static void erase(void *arg)
{
    struct progress *progress = arg;
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = 0;
}

static void draw(struct progress *progress)
{
    char text[256];
    progress->shown_ms = clock_monotonic_ms();
    progress_format(text, sizeof(text), progress->phase, progress->done, progress->total,
                    progress->shown_ms - progress->started_ms,
                    progress->terminal ? terminal_columns() : 0);
    if (progress->terminal)
        fprintf(stderr, "\r%s\033[K", text);
    else
        fprintf(stderr, "%s\n", text);
    progress->drawn = progress->terminal;
    fflush(stderr);
}

struct progress *progress_start(int quiet)
{
    struct progress *progress = mem_alloc(sizeof(*progress));
    progress->quiet = quiet;
    progress->terminal = isatty(STDERR_FILENO);
    if (progress->terminal && !quiet)
        log_hook(erase, progress);
    return progress;
}

static void close_phase(struct progress *progress)
{
    if (progress->quiet || progress->phase[0] == '\0' || progress->done == 0)
        return;
    draw(progress);
    if (progress->drawn)
        fputs("\n", stderr);
    progress->drawn = 0;
}

void progress_phase(struct progress *progress, const char *name)
{
    close_phase(progress);
    snprintf(progress->phase, sizeof(progress->phase), "%s", name);
    progress->done = 0;
    progress->total = 0;
    progress->started_ms = clock_monotonic_ms();
    progress->shown_ms = progress->started_ms;
}

void progress_update(struct progress *progress, uint64_t done, uint64_t total)
{
    progress->done = done;
    progress->total = total;
    int64_t every = progress->terminal ? DRAW_EVERY_MS : LINE_EVERY_MS;
    if (!progress->quiet && clock_monotonic_ms() - progress->shown_ms >= every)
        draw(progress);
}

struct progress *progress_end(struct progress *progress)
{
    if (progress == NULL)
        return NULL;
    close_phase(progress);
    log_hook(NULL, NULL);
    free(progress);
    return NULL;
}
