/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/summary.h"

#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static int64_t own_peak_kb(void)
{
    return plugin_process_peak_kb(getpid());
}

/* ---- for a program --------------------------------------------------------------------------- */

static json_t *named_counts(const uint64_t *counts, int count, const char *(*name)(int index))
{
    json_t *object = json_object();
    for (int i = 0; i < count; i++)
        if (counts[i] > 0)
            json_object_set_new(object, name(i), json_integer((json_int_t)counts[i]));
    return object;
}

static const char *skip_name(int index)
{
    return mapping_skip_name((enum mapping_skip)index);
}

static const char *loss_name(int index)
{
    return mapping_loss_name((enum mapping_loss)index);
}

static json_t *source_json(const struct run_result *result)
{
    const struct people_counts *people = &result->people;
    json_t *object = json_pack(
        "{s:s, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:s, s:f}", "mode", result->mode, "read",
        (json_int_t)result->read, "emitted", (json_int_t)people->emitted, "skipped",
        named_counts(people->skipped, SKIP_COUNT, skip_name), "lost_values",
        named_counts(people->losses, LOSS_COUNT, loss_name), "changed", (json_int_t)people->changed,
        "gone", (json_int_t)people->gone, "dead", (json_int_t)result->dead, "result",
        result->result == 0 ? "done" : err_name(result->result), "seconds",
        (double)result->milliseconds / 1000);
    if (result->result < 0) {
        json_object_set_new(object, "error", json_string(result->error.what));
        json_object_set_new(object, "mend", json_string(result->error.mend));
    }
    return object;
}

static json_t *calls_json(const struct http_account *account)
{
    json_t *object = json_object();
    const char *endpoint;
    uint64_t count;
    for (size_t i = 0; http_account_calls(account, i, &endpoint, &count); i++)
        json_object_set_new(object, endpoint, json_integer((json_int_t)count));
    return object;
}

static uint64_t dead_records(const struct summary *summary)
{
    uint64_t dead = 0;
    for (size_t i = 0; i < summary->source_count; i++)
        dead += summary->sources[i].result.dead;
    return dead;
}

json_t *summary_sources_json(const struct summary_source *sources, size_t count)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(object, sources[i].name, source_json(&sources[i].result));
    return object;
}

void summary_print_json(const struct summary *summary, const struct host *host)
{
    const struct brevo_counts *brevo = brevo_counts_of(host->brevo);
    json_t *sources = summary_sources_json(summary->sources, summary->source_count);
    json_t *calls = json_object();
    for (size_t i = 0; i < host->sources->link_count; i++)
        json_object_set_new(calls, host->sources->links[i].config->name,
                            calls_json(host->sources->links[i].account));
    json_object_set_new(calls, "brevo", calls_json(brevo_http(host->brevo)));
    json_t *root _cleanup_json_ = json_pack(
        "{s:s, s:f, s:o, s:{s:I, s:I, s:I, s:I}, s:{s:i, s:i, s:i}, s:o, s:I}", "result",
        summary->result, "seconds", (double)summary->milliseconds / 1000, "sources", sources,
        "contacts", "delivered", (json_int_t)brevo->delivered, "unchanged",
        (json_int_t)summary->unchanged, "dead", (json_int_t)(brevo->dead + dead_records(summary)),
        "waiting", (json_int_t)summary->waiting, "events", "delivered", 0, "duplicate", 0, "dead",
        0, "calls", calls, "peak_rss_kb", (json_int_t)(own_peak_kb() + summary->worker_peak_kb));
    json_dumpf(root, stdout, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(6));
    putchar('\n');
}

/* ---- for a person ---------------------------------------------------------------------------- */

static uint64_t calls_of(const struct http_account *account)
{
    const char *endpoint;
    uint64_t count, all = 0;
    for (size_t i = 0; http_account_calls(account, i, &endpoint, &count); i++)
        all += count;
    return all;
}

static void tell_source(const struct summary_source *source)
{
    const struct run_result *result = &source->result;
    const struct people_counts *people = &result->people;
    fprintf(stderr, "%-16s %s run: read %" PRIu64 ", %" PRIu64 " eligible", source->name,
            result->mode, result->read, people->emitted);
    if (people->gone > 0)
        fprintf(stderr, ", %" PRIu64 " gone", people->gone);
    fputs("\n", stderr);
    for (int i = 1; i < SKIP_COUNT; i++)
        if (people->skipped[i] > 0)
            fprintf(stderr, "%-16s   skipped %" PRIu64 " (%s)\n", "", people->skipped[i],
                    skip_name(i));
    for (int i = 0; i < LOSS_COUNT; i++)
        if (people->losses[i] > 0)
            fprintf(stderr, "%-16s   %" PRIu64 " values left out (%s)\n", "", people->losses[i],
                    loss_name(i));
    if (result->dead > 0)
        fprintf(stderr, "%-16s   %" PRIu64 " records could not be read\n", "", result->dead);
    if (result->result < 0 && result->result != ERR_CANCELLED) {
        char text[1400];
        fprintf(stderr, "%-16s   failed: %s\n", "", err_format(&result->error, text, sizeof(text)));
    }
}

void summary_tell_sources(const struct summary_source *sources, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tell_source(&sources[i]);
}

void summary_tell(const struct summary *summary, const struct host *host)
{
    const struct brevo_counts *brevo = brevo_counts_of(host->brevo);
    summary_tell_sources(summary->sources, summary->source_count);
    fprintf(stderr, "%-16s %" PRIu64 " contacts delivered", "brevo", brevo->delivered);
    if (brevo->delivered > 0 || brevo->imports > 0 || brevo->singles > 0)
        fprintf(stderr, " (%" PRIu64 " import%s, %" PRIu64 " single call%s)", brevo->imports,
                brevo->imports == 1 ? "" : "s", brevo->singles, brevo->singles == 1 ? "" : "s");
    fprintf(stderr, ", %" PRIu64 " unchanged", summary->unchanged);
    if (brevo->dead > 0)
        fprintf(stderr, ", %" PRIu64 " refused (dead letters)", brevo->dead);
    if (summary->waiting > 0)
        fprintf(stderr, ", %" PRId64 " wait for the next run", summary->waiting);
    fputs("\n", stderr);
    if (brevo->refused_phones > 0)
        fprintf(stderr,
                "%-16s   %" PRIu64 " phone numbers refused by Brevo, contacts delivered "
                "without\n",
                "", brevo->refused_phones);
    if (brevo->kept_blocklisted > 0)
        fprintf(stderr,
                "%-16s   %" PRIu64 " blocklisted contacts taken off the lists, not "
                "deleted: deleting would forget the opt-out\n",
                "", brevo->kept_blocklisted);
    fprintf(stderr, "%-16s", "calls");
    for (size_t i = 0; i < host->sources->link_count; i++)
        fprintf(stderr, " %s %" PRIu64 ",", host->sources->links[i].config->name,
                calls_of(host->sources->links[i].account));
    fprintf(stderr, " brevo %" PRIu64 "\n", calls_of(brevo_http(host->brevo)));
    fprintf(stderr, "%-16s %s in %.1f s, peak memory %.1f MiB\n", "result", summary->result,
            (double)summary->milliseconds / 1000,
            (double)(own_peak_kb() + summary->worker_peak_kb) / 1024);
}
