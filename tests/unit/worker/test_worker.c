/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker process, spoken to in bare frames: what it gives up, what it sends, how it ends.
 */
#include "base/clock.h"
#include "base/frame.h"
#include "base/wire.h"
#include "worker/worker.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLUGIN(name) TAJO_TEST_PLUGIN_DIR "/" name ".so"

struct worker {
    pid_t pid;
    int fd;
    uint32_t type; /* of the last frame */
    char *payload;
    uint32_t len;
};

static void start_on(struct worker *w, const char *file, int ends[2])
{
    w->fd = ends[0];
    w->pid = fork();
    ck_assert_int_ge(w->pid, 0);
    if (w->pid == 0) {
        setenv("SECRET", "hunter22", 1);
        dup2(ends[1], FRAME_WORKER_FD);
        execl("/proc/self/exe", "test", "worker", file, (char *)NULL);
        _exit(99);
    }
    close(ends[1]);
}

static void start(struct worker *w, const char *file)
{
    int ends[2];
    *w = (struct worker){0};
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    start_on(w, file, ends);
}

static void send_bytes(struct worker *w, const void *data, size_t len)
{
    ck_assert_int_eq(send(w->fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void send_frame(struct worker *w, uint32_t type, const struct strbuf *payload)
{
    struct strbuf frame = STRBUF_INIT;
    wire_put_u32(&frame, payload == NULL ? 0 : (uint32_t)payload->len);
    wire_put_u32(&frame, type);
    if (payload != NULL)
        strbuf_add(&frame, payload->data, payload->len);
    send_bytes(w, frame.data, frame.len);
    strbuf_release(&frame);
}

static void receive_exactly(struct worker *w, char *to, size_t len)
{
    while (len > 0) {
        struct pollfd waited = {.fd = w->fd, .events = POLLIN};
        ck_assert_msg(poll(&waited, 1, 10000) == 1, "the worker says nothing");
        ssize_t n = read(w->fd, to, len);
        ck_assert_msg(n > 0, "the worker has closed its socket");
        to += n;
        len -= (size_t)n;
    }
}

static uint32_t receive(struct worker *w)
{
    char header[FRAME_HEADER_SIZE];
    receive_exactly(w, header, sizeof(header));
    struct wire_reader r = wire_read(header, sizeof(header));
    w->len = wire_get_u32(&r);
    w->type = wire_get_u32(&r);
    ck_assert_uint_le(w->len, FRAME_MAX_PAYLOAD);
    free(w->payload);
    w->payload = calloc(1, w->len + 1);
    receive_exactly(w, w->payload, w->len);
    return w->type;
}

static int end(struct worker *w)
{
    int status = 0;
    int64_t until = clock_monotonic_ms() + 10000;
    while (waitpid(w->pid, &status, WNOHANG) == 0) {
        ck_assert_msg(clock_monotonic_ms() < until, "the worker does not end");
        usleep(1000);
    }
    close(w->fd);
    free(w->payload);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void create(struct worker *w, const char *act)
{
    struct strbuf p = STRBUF_INIT;
    wire_put_u32(&p, 1);
    wire_put_text(&p, "act");
    wire_put_u32(&p, 0);
    wire_put_u32(&p, 1);
    wire_put_text(&p, act);
    send_frame(w, FRAME_CREATE, &p);
    strbuf_release(&p);
}

static void run(struct worker *w)
{
    struct strbuf p = STRBUF_INIT;
    wire_put_u32(&p, TAJO_MODE_FULL);
    wire_put_u64(&p, 0);
    wire_put_text(&p, "");
    wire_put_u32(&p, 0);
    wire_put_u32(&p, 0);
    send_frame(w, FRAME_RUN, &p);
    strbuf_release(&p);
}

static void open_worker(struct worker *w, const char *file, const char *act)
{
    start(w, file);
    ck_assert_uint_eq(receive(w), FRAME_HELLO);
    create(w, act);
    ck_assert_uint_eq(receive(w), FRAME_CREATED);
    ck_assert_mem_eq(w->payload, "\0\0\0\0", 4);
}

static void commit(struct worker *w)
{
    struct strbuf p = STRBUF_INIT;
    wire_put_u32(&p, 0);
    send_frame(w, FRAME_COMMITTED, &p);
    strbuf_release(&p);
}

/* ---- what it gives up ------------------------------------------------------------------------ */

static int status_has(pid_t pid, const char *name, const char *wanted)
{
    char path[64];
    char line[256];
    int found = 0;
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    FILE *file = fopen(path, "r");
    while (!found && fgets(line, sizeof(line), file) != NULL)
        found = strncmp(line, wanted, strlen(wanted)) == 0;
    fclose(file);
    return found;
}

START_TEST(gives_up_what_it_inherited)
{
    struct worker w;
    char path[64];
    char target[64] = {0};
    size_t count = 0;
    int inherited = dup(STDERR_FILENO);
    start(&w, PLUGIN("good"));
    ck_assert_uint_eq(receive(&w), FRAME_HELLO);
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)w.pid);
    DIR *dir = opendir(path);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    ck_assert_uint_eq(count, 4);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)w.pid, i);
        ck_assert_int_gt(readlink(path, target, sizeof(target) - 1), 0);
        ck_assert_str_eq(target, "/dev/null");
    }
    ck_assert(status_has(w.pid, "status", "NoNewPrivs:\t1"));
    ck_assert(status_has(w.pid, "limits", "Max core file size        0                    0"));
    send_frame(&w, FRAME_EXIT, NULL);
    ck_assert_int_eq(end(&w), 0);
    close(inherited);
}
END_TEST

START_TEST(dies_with_its_host)
{
    int pipes[2];
    pid_t pid = 0;
    int status = 0;
    ck_assert_int_eq(pipe(pipes), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t host = fork();
    if (host == 0) {
        struct worker w;
        open_worker(&w, PLUGIN("hostile"), "loop");
        run(&w);
        usleep(100000); /* it does not look at its socket any more */
        _exit(write(pipes[1], &w.pid, sizeof(w.pid)) == sizeof(w.pid) ? 0 : 1);
    }
    ck_assert_int_eq(read(pipes[0], &pid, sizeof(pid)), sizeof(pid));
    ck_assert_int_eq(waitpid(host, &status, 0), host);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(pipes[0]);
    close(pipes[1]);
}
END_TEST

START_TEST(refuses_another_parent)
{
    int ends[2];
    int status = 0;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    pid_t between = fork();
    if (between == 0) {
        struct worker w = {0};
        start_on(&w, PLUGIN("good"), ends);
        _exit(end(&w));
    }
    ck_assert_int_eq(waitpid(between, &status, 0), between);
    ck_assert_int_eq(WEXITSTATUS(status), 2);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

/* ---- how it ends ----------------------------------------------------------------------------- */

START_TEST(refuses_a_plugin)
{
    struct worker w;
    start(&w, PLUGIN("no_entry"));
    ck_assert_uint_eq(receive(&w), FRAME_LOAD_FAILED);
    struct wire_reader r = wire_read(w.payload, w.len);
    ck_assert_uint_eq(wire_get_u32(&r), LOAD_NO_ENTRY);
    ck_assert_uint_gt(wire_get_str(&r, 1024).len, 10);
    ck_assert(wire_done(&r));
    ck_assert_int_eq(end(&w), 1);
}
END_TEST

START_TEST(ends_when_the_host_is_gone)
{
    struct worker w;
    open_worker(&w, PLUGIN("hostile"), _i == 0 ? "" : "ignore_stop");
    if (_i == 1) {
        run(&w);
        usleep(50000);
    }
    shutdown(w.fd, SHUT_RDWR);
    ck_assert_int_eq(end(&w), 2);
}
END_TEST

START_TEST(ends_during_a_run)
{
    struct worker w;
    open_worker(&w, PLUGIN("hostile"), "sleep");
    run(&w);
    send_frame(&w, FRAME_EXIT, NULL);
    while (receive(&w) != FRAME_DONE)
        ;
    ck_assert_int_eq(end(&w), 0);
}
END_TEST

static const struct {
    const char *bytes;
    size_t len;
} wrong[] = {
    {"\0\0\0\x7F\x43\0\0\0", 8},        /* too long */
    {"\0\0\0\0\x63\0\0\0", 8},          /* unknown */
    {"\0\0\0\0\1\0\0\0", 8},            /* the worker's own */
    {"\0\0\0\0\x40\0\0\0", 8},          /* a second CREATE */
    {"\1\0\0\0\x42\0\0\0x", 9},         /* malformed RUN */
    {"\4\0\0\0\x43\0\0\0\0\0\0\0", 12}, /* COMMITTED unasked */
    {"\4\0\0\0\x44\0\0\0\0\0\0\0", 12}, /* malformed HTTP_RESPONSE */
    {"\x1C\0\0\0\x44\0\0\0\7\0\0\0\0\0\0\0\0\0\0\0\xC8\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 36},
};

START_TEST(ends_when_the_host_breaks_the_rules)
{
    struct worker w;
    open_worker(&w, PLUGIN("hostile"), "");
    send_bytes(&w, wrong[_i].bytes, wrong[_i].len);
    ck_assert_int_eq(end(&w), 2);
}
END_TEST

START_TEST(wants_an_instance_first)
{
    struct worker w;
    start(&w, PLUGIN("hostile"));
    ck_assert_uint_eq(receive(&w), FRAME_HELLO);
    if (_i == 0)
        run(&w);
    else
        send_frame(&w, _i == 1 ? FRAME_CHECK : FRAME_CREATE, NULL); /* CREATE is malformed */
    ck_assert_int_eq(end(&w), 2);
}
END_TEST

START_TEST(sends_results_that_are_classes)
{
    struct worker w;
    open_worker(&w, PLUGIN("hostile"), "fail_unknown");
    run(&w);
    ck_assert_uint_eq(receive(&w), FRAME_DONE);
    ck_assert_mem_eq(w.payload, "\6\0\0\0", 4);
    send_frame(&w, FRAME_CHECK, NULL); /* the plugin has no check */
    ck_assert_uint_eq(receive(&w), FRAME_DONE);
    ck_assert_mem_eq(w.payload, "\0\0\0\0", 4);
    send_frame(&w, FRAME_EXIT, NULL);
    ck_assert_int_eq(end(&w), 0);
}
END_TEST

/* ---- what it sends --------------------------------------------------------------------------- */

START_TEST(sends_records_in_batches)
{
    struct worker w;
    uint64_t records = 0;
    int frames = 0;
    int progresses = 0;
    int commits = 0;
    open_worker(&w, PLUGIN("good"), "");
    run(&w);
    while (receive(&w) != FRAME_DONE) {
        struct wire_reader r = wire_read(w.payload, w.len);
        if (w.type == FRAME_RECORDS) {
            records += wire_get_u32(&r);
            frames++;
            ck_assert_uint_le(w.len, 70000);
        }
        progresses += w.type == FRAME_PROGRESS;
        if (w.type == FRAME_COMMIT) {
            commits++;
            ck_assert_uint_eq(records, commits == 3 ? 2500 : 1000 * (uint64_t)commits);
            commit(&w);
        }
    }
    ck_assert_uint_eq(records, 2500);
    ck_assert_int_eq(commits, 3);
    ck_assert_int_le(frames, 9);
    ck_assert_int_ge(progresses, 1);
    ck_assert_int_le(progresses, 50);
    send_frame(&w, FRAME_EXIT, NULL);
    ck_assert_int_eq(end(&w), 0);
}
END_TEST

START_TEST(cuts_the_log)
{
    struct worker w;
    int lines = 0;
    char last[128] = "";
    open_worker(&w, PLUGIN("hostile"), "log_flood");
    run(&w);
    while (receive(&w) != FRAME_DONE) {
        struct wire_reader r = wire_read(w.payload, w.len);
        if (w.type == FRAME_COMMIT)
            commit(&w);
        if (w.type != FRAME_LOG)
            continue;
        lines++;
        wire_get_u32(&r);
        struct tajo_str text = wire_get_str(&r, 1024);
        snprintf(last, sizeof(last), "%.*s", (int)text.len, text.data);
    }
    ck_assert_int_eq(lines, 1001);
    ck_assert_str_eq(last, "2000 more lines were cut: a run may write 1000");
    send_frame(&w, FRAME_EXIT, NULL);
    ck_assert_int_eq(end(&w), 0);
}
END_TEST

START_TEST(lives_while_it_sleeps)
{
    struct worker w;
    int64_t began = clock_monotonic_ms();
    open_worker(&w, PLUGIN("hostile"), "sleep");
    run(&w);
    ck_assert_uint_eq(receive(&w), FRAME_ALIVE);
    ck_assert_int_ge(clock_monotonic_ms() - began, 900);
    send_frame(&w, FRAME_STOP, NULL);
    while (receive(&w) != FRAME_DONE)
        ;
    ck_assert_mem_eq(w.payload, "\7\0\0\0", 4); /* STOPPED */
    send_frame(&w, FRAME_EXIT, NULL);
    ck_assert_int_eq(end(&w), 0);
}
END_TEST

/* An answer that says it has a descriptor and brings none. */
START_TEST(wants_the_descriptor_that_was_announced)
{
    struct worker w;
    struct strbuf p = STRBUF_INIT;
    open_worker(&w, PLUGIN("client"), "get");
    run(&w);
    ck_assert_uint_eq(receive(&w), FRAME_HTTP_SUBMIT);
    wire_put_u64(&p, 1);
    wire_put_u32(&p, 0);
    wire_put_u32(&p, 200);
    wire_put_u32(&p, 1);
    wire_put_text(&p, "");
    wire_put_u32(&p, 0);
    send_frame(&w, FRAME_HTTP_RESPONSE, &p);
    strbuf_release(&p);
    ck_assert_int_eq(end(&w), 2);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "worker") == 0)
        return worker_main(argv[2]);
    Suite *suite = suite_create("worker");
    TCase *tc = tcase_create("worker");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, gives_up_what_it_inherited);
    tcase_add_test(tc, dies_with_its_host);
    tcase_add_test(tc, refuses_another_parent);
    tcase_add_test(tc, refuses_a_plugin);
    tcase_add_loop_test(tc, ends_when_the_host_is_gone, 0, 2);
    tcase_add_test(tc, ends_during_a_run);
    tcase_add_loop_test(tc, ends_when_the_host_breaks_the_rules, 0,
                        sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_loop_test(tc, wants_an_instance_first, 0, 3);
    tcase_add_test(tc, sends_results_that_are_classes);
    tcase_add_test(tc, sends_records_in_batches);
    tcase_add_test(tc, cuts_the_log);
    tcase_add_test(tc, lives_while_it_sleeps);
    tcase_add_test(tc, wants_the_descriptor_that_was_announced);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
