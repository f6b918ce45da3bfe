/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/metrics.h"

#include <inttypes.h>
#include <unistd.h>

static void head(struct strbuf *out, const char *name, const char *type, const char *help)
{
    strbuf_add_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct strbuf *out, const char *name, const char *type, const char *help,
                int64_t value)
{
    head(out, name, type, help);
    strbuf_add_format(out, "%s %" PRId64 "\n", name, value);
}

struct source_figure {
    const char *name, *type, *help;
    int64_t (*value)(const struct scheduler_state *state);
};

static int64_t value_up(const struct scheduler_state *s)
{
    return !s->paused;
}
static int64_t value_running(const struct scheduler_state *s)
{
    return s->running;
}
static int64_t value_runs(const struct scheduler_state *s)
{
    return (int64_t)s->runs;
}
static int64_t value_failures(const struct scheduler_state *s)
{
    return (int64_t)s->failures;
}
static int64_t value_read(const struct scheduler_state *s)
{
    return (int64_t)s->read;
}
static int64_t value_success(const struct scheduler_state *s)
{
    return s->last_success_ms / 1000;
}
static int64_t value_next(const struct scheduler_state *s)
{
    return s->next_ms / 1000;
}

static const struct source_figure SOURCE_FIGURES[] = {
    {"tajo_source_up", "gauge", "1 unless the source is paused until somebody mends it.", value_up},
    {"tajo_source_running", "gauge", "1 while a run is under way.", value_running},
    {"tajo_source_runs_total", "counter", "Runs ended in this process.", value_runs},
    {"tajo_source_failures_total", "counter", "Runs that failed in this process.", value_failures},
    {"tajo_source_records_total", "counter", "Records received from the plugin.", value_read},
    {"tajo_source_last_success_seconds", "gauge", "Unix time of the last good run; 0: none yet.",
     value_success},
    {"tajo_source_next_run_seconds", "gauge", "Unix time of the next run; 0: none.", value_next},
};

static void write_sources(const struct scheduler *scheduler, struct strbuf *out)
{
    const struct scheduler_state *states;
    size_t count = scheduler_states(scheduler, &states);
    for (size_t f = 0; f < sizeof(SOURCE_FIGURES) / sizeof(SOURCE_FIGURES[0]); f++) {
        const struct source_figure *figure = &SOURCE_FIGURES[f];
        head(out, figure->name, figure->type, figure->help);
        for (size_t i = 0; i < count; i++)
            strbuf_add_format(out, "%s{source=\"%s\"} %" PRId64 "\n", figure->name,
                              states[i].source->name, figure->value(&states[i]));
    }
}

/* An endpoint is a plugin's word: it must not end the label. */
static void add_label_text(struct strbuf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            strbuf_add_char(out, '\\');
        strbuf_add_char(out, *text);
    }
}

static void write_calls(const char *account, const struct http_account *calls, struct strbuf *out)
{
    const char *endpoint;
    uint64_t count;
    for (size_t i = 0; http_account_calls(calls, i, &endpoint, &count); i++) {
        strbuf_add_format(out, "tajo_http_calls_total{account=\"%s\",endpoint=\"", account);
        add_label_text(out, endpoint);
        strbuf_add_format(out, "\"} %" PRIu64 "\n", count);
    }
}

void metrics_write(const struct host *host, const struct scheduler *scheduler,
                   const struct contact_totals *totals, struct strbuf *out)
{
    const struct brevo_counts *brevo = brevo_counts_of(host->brevo);
    write_sources(scheduler, out);
    head(out, "tajo_http_calls_total", "counter", "HTTP requests sent, repetitions included.");
    for (size_t i = 0; i < host->sources->link_count; i++)
        write_calls(host->sources->links[i].config->name, host->sources->links[i].account, out);
    write_calls("brevo", brevo_http(host->brevo), out);
    one(out, "tajo_contacts_delivered_total", "counter", "Contacts delivered in this process.",
        (int64_t)brevo->delivered);
    one(out, "tajo_contacts_dead_total", "counter", "Contacts that Brevo refused.",
        (int64_t)brevo->dead);
    one(out, "tajo_contacts_known", "gauge", "Contacts that Brevo has through this host.",
        totals->known);
    one(out, "tajo_contacts_pending", "gauge", "Contacts that wait for delivery.", totals->pending);
    one(out, "tajo_contacts_held", "gauge", "Of them: held until a full run has ended well.",
        totals->held);
    one(out, "tajo_store_backlog", "gauge", "Works that wait for the store thread.",
        (int64_t)store_backlog(host->store));
    one(out, "tajo_peak_rss_bytes", "gauge", "Peak memory of the host process.",
        plugin_process_peak_kb(getpid()) * 1024);
}
