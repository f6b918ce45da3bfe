/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin that breaks the contract while it runs, in the way that the option `act` names.
 */
#include "probe.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST_SOCKET 3

static void frame(uint32_t type, const void *payload, uint32_t len)
{
    uint32_t header[2] = {len, type}; /* this machine is little-endian */
    send(HOST_SOCKET, header, sizeof(header), MSG_NOSIGNAL);
    if (len > 0)
        send(HOST_SOCKET, payload, len, MSG_NOSIGNAL);
}

static int32_t emit(const struct probe *p)
{
    struct tajo_record record = {.size = sizeof(record),
                                 .kind = TAJO_RECORD_PERSON,
                                 .subject = TAJO_STR("somebody"),
                                 .json = TAJO_STR("{}")};
    return tajo_emit(&p->sdk, &record);
}

static void die(const struct probe *p)
{
    if (probe_acts(p, "crash")) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    if (probe_acts(p, "abort"))
        abort();
    if (probe_acts(p, "exit"))
        _exit(7);
    if (probe_acts(p, "kill"))
        raise(SIGKILL);
    if (probe_acts(p, "close")) {
        close(HOST_SOCKET);
        sleep(30);
    }
}

static void hang(const struct probe *p)
{
    if (probe_acts(p, "loop"))
        for (volatile unsigned i = 0;; i++)
            ;
    while (probe_acts(p, "sleep") || probe_acts(p, "ignore_stop"))
        if (tajo_sleep_ms(&p->sdk, 20) < 0 && probe_acts(p, "sleep"))
            return;
}

static void flood(const struct probe *p)
{
    while (probe_acts(p, "flood"))
        emit(p);
    while (probe_acts(p, "emit_until_refused") && emit(p) == TAJO_OK)
        ;
    for (int i = 0; probe_acts(p, "log_flood") && i < 3000; i++)
        tajo_log(&p->sdk, TAJO_LOG_DEBUG, "line %d", i);
    while (probe_acts(p, "raw_log_flood"))
        frame(7, "\3\0\0\0\1\0\0\0x", 9);
    while (probe_acts(p, "raw_metric_flood"))
        frame(9, "\1\0\0\0x\0\0\0\0\0\0\0\0", 13);
}

/* Frames written past the host table. */
static void lie(const struct probe *p)
{
    static const struct {
        const char *act;
        uint32_t type;
        const char *payload;
        uint32_t len;
    } lies[] = {
        {"unknown_frame", 99, NULL, 0},
        {"host_frame", 64, NULL, 0},
        {"hello_again", 1, "\2\0\0\0{}", 6},
        {"malformed_records", 4, "\1\0\0\0\1\0\0\0", 8},
        {"malformed_commit", 5, "\0\0", 2},
        {"malformed_progress", 8, "x", 1},
        {"malformed_error", 10, "x", 1},
        {"malformed_alive", 11, "x", 1},
        {"malformed_log", 7, "\4\0\0\0\0\0\0\0", 8},
        {"malformed_submit", 6, "xyz", 3},
        {"bad_flags", 5, "\2\0\0\0\0\0\0\0", 8},
        {"unknown_metric", 9, "\1\0\0\0x\0\0\0\0\0\0\0\0", 13},
        {"created_again", 3, "\0\0\0\0", 4},
        {"no_result", 12, "\12\0\0\0", 4},
        {"no_subject", 4,
         "\1\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0{}\0\0\0\0\0\0\0\0"
         "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
         42},
    };
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
        if (probe_acts(p, lies[i].act))
            frame(lies[i].type, lies[i].payload, lies[i].len);
    if (probe_acts(p, "garbage"))
        send(HOST_SOCKET, "this is no frame at all, is it?", 31, MSG_NOSIGNAL);
    if (probe_acts(p, "too_long"))
        send(HOST_SOCKET, "\xFF\xFF\xFF\x7F\4\0\0\0", 8, MSG_NOSIGNAL);
    if (probe_acts(p, "half_frame")) {
        send(HOST_SOCKET, "\x10\0\0\0\4\0\0\0half", 12, MSG_NOSIGNAL);
        sleep(30);
    }
    if (probe_acts(p, "after_done"))
        frame(12, "\0\0\0\0", 4);
}

/* One way of failing with words, one with words of another class, one without. */
static int32_t fail(const struct probe *p)
{
    if (probe_acts(p, "fail_with_words"))
        return tajo_fail(&p->sdk, TAJO_E_AUTH, "insufficient_scope", "read:users is missing");
    if (probe_acts(p, "fail_otherwise")) {
        tajo_fail(&p->sdk, TAJO_E_DATA, "old", "an old matter");
        return TAJO_E_CONFIG;
    }
    if (probe_acts(p, "fail_without_words"))
        return TAJO_E_RATE;
    if (probe_acts(p, "fail_unknown"))
        return -77;
    if (probe_acts(p, "stopped_unasked"))
        return TAJO_E_STOPPED;
    return TAJO_OK;
}

static int32_t hostile_run(void *instance, const struct tajo_run_request *request)
{
    const struct probe *p = instance;
    (void)request;
    die(p);
    hang(p);
    flood(p);
    lie(p);
    int32_t r = fail(p);
    if (r < 0)
        return r;
    if (probe_acts(p, "commit_then_die")) {
        frame(5, "\0\0\0\0\0\0\0\0", 8);
        raise(SIGKILL);
    }
    if (probe_acts(p, "commit_result"))
        return tajo_commit(&p->sdk, tajo_str_from("c"), 0);
    emit(p);
    return tajo_should_stop(&p->sdk) ? TAJO_E_STOPPED : tajo_commit(&p->sdk, tajo_str_from("c"), 0);
}

static int32_t hostile_create(const struct tajo_host *host, struct tajo_ctx *ctx, void **ret)
{
    probe_create(host, ctx, ret);
    if (!probe_acts(*ret, "fail_create"))
        return TAJO_OK;
    struct tajo_sdk sdk = {host, ctx};
    probe_destroy(*ret);
    return tajo_fail(&sdk, TAJO_E_CONFIG, "bad_option", "act must not be fail_create");
}

static void hostile_destroy(void *instance)
{
    struct probe *p = instance;
    if (probe_acts(p, "crash_at_end"))
        _exit(9);
    while (probe_acts(p, "hang_at_end"))
        sleep(1);
    probe_destroy(instance);
}

static const struct tajo_ops ops = {
    .size = sizeof(struct tajo_ops),
    .create = hostile_create,
    .destroy = hostile_destroy,
    .run = hostile_run,
};

static const struct tajo_descriptor descriptor = {PROBE_DESCRIPTOR("hostile", &ops)};

const struct tajo_descriptor *tajo_plugin_entry_v1(void)
{
    return &descriptor;
}
