/* SPDX-License-Identifier: Apache-2.0
 *
 * The process is killed at every write and around every commit; what was acknowledged must be
 * there afterwards, and no work by half.
 */
#include "fixture.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>

#define STEPS 6

/* One step: a person, a contact and the cursor; the number tells which. */
static int write_step(struct store_tx *tx, void *arg, struct err_info *e)
{
    char name[16];
    int step = *(int *)arg;
    snprintf(name, sizeof(name), "%d", step);
    struct person_row person = {.connector = dir, .user_id = name, .email = name};
    struct contact_row contact = {.email = name, .due_ms = 1};

    int r = person_put(tx, &person, e);
    if (r == 0)
        r = contact_put(tx, &contact, e);
    return r == 0 ? cursor_put(tx, "s", name, strlen(name), e) : r;
}

static void acknowledge(void *arg, int result, const struct err_info *e)
{
    char step = (char)*(int *)arg;

    (void)e;
    if (result < 0 || write(3, &step, 1) != 1)
        _exit(2);
}

/* Half of the steps one by one, half as a group; never returns. */
static void run_script(int ack_fd, int kill_at)
{
    static int steps[STEPS];
    struct store_options options = {.state_dir = dir};
    char text[16];

    dup2(ack_fd, 3);
    snprintf(text, sizeof(text), "%d", kill_at);
    setenv("TAJO_KILL_AT_WRITE", text, 1);
    if (store_open(&store, NULL, &options, NULL) < 0)
        _exit(3);
    for (int i = 0; i < STEPS; i++) {
        steps[i] = i + 1;
        if (i >= STEPS / 2)
            store_submit(store, write_step, acknowledge, &steps[i]);
        else
            acknowledge(&steps[i], store_call(store, write_step, &steps[i], NULL), NULL);
    }
    store_close(store);
    _exit(0);
}

struct state {
    int cursor;
    int64_t persons;
    struct contact_totals totals;
};

static int read_state(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct state *state = arg;
    struct person_row *persons = NULL;
    size_t count = 0;
    char *value = NULL;
    int r = cursor_get(tx, "s", &value, e);

    state->cursor = r == 0 ? atoi(value) : 0;
    free(value);
    ok(person_unseen(tx, dir, -1, 100000, &persons, &count, e));
    person_list_free(persons, count);
    state->persons = (int64_t)count;
    return contact_totals(tx, 1, &state->totals, e);
}

/* Returns what the child's end was; *ret_acknowledged is the last step it answered for. */
static int run_child(int kill_at, int *ret_acknowledged)
{
    int ends[2];
    int status = 0;
    char step = 0;

    ok(pipe(ends));
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        run_script(ends[1], kill_at);
    close(ends[1]);
    *ret_acknowledged = 0;
    while (read(ends[0], &step, 1) == 1) {
        ck_assert_int_eq(step, *ret_acknowledged + 1); /* in order */
        *ret_acknowledged = step;
    }
    close(ends[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

START_TEST(killed_at_every_write)
{
    int kills = 0;
    int status = 0;

    do {
        struct state state = {0};
        int acknowledged = 0;

        make_dir();
        status = run_child(kills + 1, &acknowledged);
        open_store(NULL);
        call(read_state, &state);
        store = store_close(store);
        remove_dir();
        ck_assert_int_ge(state.cursor, acknowledged);
        ck_assert_int_eq(state.persons, state.cursor);
        ck_assert_int_eq(state.totals.pending, state.cursor);
        if (WIFSIGNALED(status)) {
            ck_assert_int_eq(WTERMSIG(status), SIGKILL);
            kills++;
        } else {
            ck_assert_int_eq(WEXITSTATUS(status), 0);
            ck_assert_int_eq(acknowledged, STEPS);
        }
    } while (WIFSIGNALED(status));
    /* each step writes 5 times (a new person: the address, an update without effect, an insert) */
    ck_assert_int_ge(kills, STEPS * 5 + 2 * (STEPS / 2 + 1));
}
END_TEST

/* ---- a group is one transaction ---- */

#define GROUP 100
static sem_t submitted;

static int wait_and_put(struct store_tx *tx, void *arg, struct err_info *e)
{
    (void)arg;
    while (sem_wait(&submitted) < 0 && errno == EINTR)
        ;
    return meta_put(tx, "first", "1", e);
}

static int put_one(struct store_tx *tx, void *arg, struct err_info *e)
{
    char name[16];

    snprintf(name, sizeof(name), "%d", *(int *)arg);
    return hold_set(tx, name, e);
}

static void run_group_script(int kill_at)
{
    static int numbers[GROUP];
    struct store_options options = {.state_dir = dir};
    char text[16];

    snprintf(text, sizeof(text), "%d", kill_at);
    setenv("TAJO_KILL_AT_WRITE", text, 1);
    sem_init(&submitted, 0, 0);
    if (store_open(&store, NULL, &options, NULL) < 0)
        _exit(3);
    store_submit(store, wait_and_put, NULL, NULL);
    int64_t until = clock_monotonic_ms() + 50; /* the thread has taken it by then */
    while (clock_monotonic_ms() < until)
        usleep(1000);
    for (int i = 0; i < GROUP; i++) {
        numbers[i] = i;
        store_submit(store, put_one, NULL, &numbers[i]);
    }
    sem_post(&submitted);
    store_close(store);
    _exit(0);
}

static int count_held(struct store_tx *tx, void *arg, struct err_info *e)
{
    for (int i = 0; i < GROUP; i++) {
        char name[16];
        int held = 0;
        snprintf(name, sizeof(name), "%d", i);
        ok(hold_get(tx, name, &held, e));
        *(int *)arg += held;
    }
    return 0;
}

static int held_after_kill(int kill_at, int expect_kill)
{
    int status = 0;
    int held = 0;

    make_dir();
    pid_t pid = fork();
    if (pid == 0)
        run_group_script(kill_at);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(WIFSIGNALED(status) != 0, expect_kill);
    open_store(NULL);
    call(count_held, &held);
    store = store_close(store);
    remove_dir();
    return held;
}

/* Points: 1 write and 2 around COMMIT of the first; then 100 writes, and 2 around one COMMIT. */
START_TEST(a_hundred_works_share_one_commit)
{
    ck_assert_int_eq(held_after_kill(3 + 50, 1), 0);
    ck_assert_int_eq(held_after_kill(3 + GROUP + 1, 1), 0);
    ck_assert_int_eq(held_after_kill(3 + GROUP + 2, 1), GROUP);
    ck_assert_int_eq(held_after_kill(3 + GROUP + 3, 0), GROUP);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("kill");
    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, killed_at_every_write);
    tcase_add_test(tcase, a_hundred_works_share_one_commit);
    return run_suite("kill", tcase);
}
