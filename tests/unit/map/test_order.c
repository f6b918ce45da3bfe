/* SPDX-License-Identifier: Apache-2.0
 *
 * What the contacts become depends on who is at the platform in the end, not on the order in which
 * persons were read, nor on how many reads were begun and died, nor on what persons were meanwhile.
 */
#include "unit/map/people_fixture.h"

#define IDS     9
#define EMAILS  4
#define NUMBERS 3
#define TRIALS  300
#define FIRST   INT64_C(100) /* snapshot of a first run */

static const char *const CONNECTORS[] = {"eu", "us"};
static const char *const SOURCES[] = {"eu.users", "us.users"};

/* A connector's users, one a user id; who.id NULL: there is no such user. */
struct world {
    struct who who[2][IDS];
};

static unsigned state;

static unsigned draw(unsigned below)
{
    state = state * 1103515245u + 12345u;
    return (state >> 16) % below;
}

static char ids[IDS][8];
static char emails[EMAILS][16];
static char numbers[NUMBERS][16];
/* Every value of two attributes and a number, either of which may be missing. */
static char attributes[3][3][NUMBERS + 1][96];

static void build_texts(void)
{
    for (int i = 0; i < IDS; i++)
        snprintf(ids[i], sizeof(ids[i]), "u%d", i);
    for (int i = 0; i < EMAILS; i++)
        snprintf(emails[i], sizeof(emails[i]), "%c@x.co", 'a' + i);
    for (int i = 0; i < NUMBERS; i++)
        snprintf(numbers[i], sizeof(numbers[i]), "+49%d", i);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            for (int n = 0; n <= NUMBERS; n++) {
                char *text = attributes[a][b][n];
                size_t size = sizeof(attributes[a][b][n]);
                size_t len = (size_t)snprintf(text, size, "{");
                if (a > 0)
                    len += (size_t)snprintf(text + len, size - len, "\"CITY\":%d,", a);
                if (b > 0)
                    len += (size_t)snprintf(text + len, size - len, "\"FIRSTNAME\":%d,", b);
                if (n > 0)
                    len += (size_t)snprintf(text + len, size - len, "\"SMS\":\"+49%d\",", n - 1);
                snprintf(text + (len > 1 ? len - 1 : 1), size - len, "}");
            }
}

static struct who random_who(int id, int can_skip)
{
    struct who who = {.id = ids[id],
                      .email = emails[draw(EMAILS)],
                      .attributes = attributes[draw(3)][draw(3)][draw(NUMBERS + 1)],
                      .last_ms = draw(6),
                      .created_ms = draw(2),
                      .lists = {20 + (int64_t)draw(3), draw(2) ? 30 : 0}};
    if (can_skip && draw(5) == 0) {
        who.skip = (enum mapping_skip)(1 + draw(SKIP_COUNT - 1));
        who.consent = draw(2) ? CONSENT_REFUSED : CONSENT_GIVEN;
        who.email = who.skip == SKIP_NO_EMAIL ? NULL : who.email;
    }
    return who;
}

static void random_world(struct world *world)
{
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < IDS; i++) {
            world->who[c][i] = random_who(i, 1);
            if (draw(4) == 0)
                world->who[c][i].id = NULL;
        }
}

static void use_connector(struct fixture *f, int c)
{
    f->context.connector = CONNECTORS[c];
    f->context.source = SOURCES[c];
}

static void shuffle(int order[IDS])
{
    for (int i = 0; i < IDS; i++)
        order[i] = i;
    for (int i = IDS - 1; i > 0; i--) {
        int k = (int)draw((unsigned)i + 1);
        int t = order[i];
        order[i] = order[k];
        order[k] = t;
    }
}

/* Reads the first `count` users of the order. */
static void read_users(struct fixture *f, const struct world *world, int c, const int order[IDS],
                       int count)
{
    use_connector(f, c);
    for (int i = 0; i < count; i++)
        if (world->who[c][order[i]].id != NULL)
            apply(f, world->who[c][order[i]]);
}

static void sweep(struct fixture *f)
{
    int more = 1;
    while (more)
        ck_assert_int_eq(people_sweep(f->tx, &f->context, 3, &more, &f->counts, NULL), 0);
}

/* Reads again whom the store asks for, until it asks for nobody. */
static void drain_refreshes(struct fixture *f, const struct world *world)
{
    f->context.snapshot = 0;
    f->context.hold = 0;
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < IDS; i++) {
            if (!refreshed(f, SOURCES[c], ids[i]))
                continue;
            use_connector(f, c);
            if (world->who[c][i].id != NULL)
                apply(f, world->who[c][i]);
            else
                gone(f, ids[i]);
            c = 0;
            i = -1;
        }
}

static void full_runs(struct fixture *f, const struct world *world, int64_t snapshot, int random)
{
    int order[IDS] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    int first = random ? (int)draw(2) : 0;
    for (int k = 0; k < 2; k++) {
        if (random)
            shuffle(order);
        f->context.snapshot = snapshot;
        f->context.hold = 1;
        read_users(f, world, first ^ k, order, IDS);
        sweep(f);
        if (random && draw(2))
            drain_refreshes(f, world);
    }
    drain_refreshes(f, world);
}

/* Runs that died half-way, over users as they were then. */
static void dead_runs(struct fixture *f, const struct world *world, int can_move)
{
    int64_t snapshot = FIRST;
    for (unsigned n = draw(4); n > 0; n--) {
        struct world then = *world;
        int order[IDS];
        int c = (int)draw(2);
        for (int i = 0; i < IDS; i++) {
            const char *email = then.who[c][i].email;
            if (draw(2) == 0 || (!can_move && then.who[c][i].id == NULL))
                continue;
            then.who[c][i] = random_who(i, can_move);
            if (!can_move)
                then.who[c][i].email = email;
        }
        shuffle(order);
        f->context.snapshot = ++snapshot;
        f->context.hold = 1;
        read_users(f, &then, c, order, (int)draw(IDS + 1));
        if (draw(3) == 0)
            drain_refreshes(f, &then);
    }
}

/* What contacts and numbers are, without what only counts changes. */
static void dump(struct fixture *f, struct strbuf *out)
{
    for (int i = 0; i < EMAILS; i++) {
        const struct contact_row *row = contact(f, emails[i]);
        if (row == NULL)
            continue;
        strbuf_add_format(out, "%s known %d blocklist %d remove %d from %s due %d pending %s lists",
                          row->email, row->known, row->blocklist, row->remove,
                          row->rename_from != NULL ? row->rename_from : "-", row->due_ms != 0,
                          row->pending != NULL ? row->pending : "-");
        for (size_t k = 0; k < row->lists_wanted.count; k++)
            strbuf_add_format(out, " %d", (int)row->lists_wanted.ids[k]);
        strbuf_add_char(out, '\n');
    }
    for (int i = 0; i < NUMBERS; i++) {
        _cleanup_free_ char *owner = NULL;
        _cleanup_free_ char *next = NULL;
        (void)phone_owner(f->tx, numbers[i], &owner, NULL);
        (void)phone_next(f->tx, numbers[i], &next, NULL);
        strbuf_add_format(out, "%s of %s then %s\n", numbers[i], owner != NULL ? owner : "-",
                          next != NULL ? next : "-");
    }
}

static void deliver_all(struct fixture *f)
{
    for (int i = 0; i < EMAILS; i++)
        if (contact(f, emails[i]) != NULL)
            deliver(f, emails[i]);
}

/* Everybody leaves; what was delivered is taken away by hand. */
static void clear(struct fixture *f)
{
    f->context.snapshot = FIRST * 3;
    for (int c = 0; c < 2; c++) {
        use_connector(f, c);
        sweep(f);
        for (int i = 0; i < IDS; i++)
            (void)refreshed(f, SOURCES[c], ids[i]);
    }
    for (int i = 0; i < EMAILS; i++) {
        const struct contact_row *row = contact(f, emails[i]);
        if (row == NULL)
            continue;
        ck_assert(row->known);
        ck_assert_int_eq(phone_delete_of(f->tx, emails[i], NULL), 0);
        ck_assert_int_eq(contact_delete(f->tx, emails[i], NULL), 0);
    }
    for (int i = 0; i < NUMBERS; i++) {
        check_phone(f, numbers[i], NULL);
        check_waiting(f, numbers[i], NULL);
    }
}

static void compare(struct strbuf *clean, struct strbuf *other, unsigned trial)
{
    strbuf_add_char(clean, '\n');
    strbuf_add_char(other, '\n');
    ck_assert_msg(strcmp(clean->data, other->data) == 0, "trial %u: clean\n%sbut\n%s", trial,
                  clean->data, other->data);
}

PEOPLE_TEST(first_import_ends_the_same)
{
    build_texts();
    for (unsigned trial = 1; trial <= TRIALS; trial++) {
        _cleanup_(strbuf_release) struct strbuf clean = STRBUF_INIT;
        _cleanup_(strbuf_release) struct strbuf other = STRBUF_INIT;
        struct world world;
        state = trial;
        random_world(&world);
        full_runs(f, &world, FIRST * 2, 0);
        dump(f, &clean);
        clear(f);
        dead_runs(f, &world, 1);
        full_runs(f, &world, FIRST * 2, 1);
        dump(f, &other);
        clear(f);
        compare(&clean, &other, trial);
    }
}

/* Addresses and consent stay here: what became of them is history that a contact keeps. */
PEOPLE_TEST(later_sync_ends_the_same)
{
    build_texts();
    for (unsigned trial = 1; trial <= TRIALS; trial++) {
        _cleanup_(strbuf_release) struct strbuf clean = STRBUF_INIT;
        _cleanup_(strbuf_release) struct strbuf other = STRBUF_INIT;
        for (int k = 0; k < 2; k++) {
            struct world before;
            struct world world;
            state = trial;
            random_world(&before);
            for (int c = 0; c < 2; c++)
                for (int i = 0; i < IDS; i++)
                    if (before.who[c][i].skip != SKIP_NONE)
                        before.who[c][i].id = NULL;
            world = before;
            for (int c = 0; c < 2; c++)
                for (int i = 0; i < IDS; i++)
                    if (world.who[c][i].id != NULL && draw(2)) {
                        world.who[c][i] = random_who(i, 0);
                        world.who[c][i].email = before.who[c][i].email;
                    }
            full_runs(f, &before, FIRST - 1, 0);
            deliver_all(f);
            if (k > 0)
                dead_runs(f, &world, 0);
            full_runs(f, &world, FIRST * 2, k);
            dump(f, k == 0 ? &clean : &other);
            clear(f);
        }
        compare(&clean, &other, trial);
    }
}

int main(void)
{
    static const TTest *const *const tests[] = {&first_import_ends_the_same,
                                                &later_sync_ends_the_same};
    return run_suite("order", tests, sizeof(tests) / sizeof(tests[0]));
}
