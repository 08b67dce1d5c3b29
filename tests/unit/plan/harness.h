/* harness.h: a small world of sources, and what statements become in it.
 *
 * A test says statements as text. CREATE registers; anything else is planned and described in a few
 * words, so that a table of rows (statement, expected words) is a test. */
#ifndef OXBOW_TESTS_UNIT_PLAN_HARNESS_H
#define OXBOW_TESTS_UNIT_PLAN_HARNESS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "sql/sql.h"

#define MAYBE_UNUSED __attribute__((unused))

typedef struct Bench {
    Catalog *catalog;
    World world;
    Arena arena;
    Err err;
    Plan *plan;
    int statements;
    char text[32768]; /* of the last answer */
} Bench;

static void bench_open(Bench *b, bool test_mode)
{
    memset(b, 0, sizeof *b);
    b->catalog = catalog_new();
    b->world = (World){.test_mode = test_mode, .default_partitions = test_mode ? 4 : 1};
    arena_init(&b->arena, 0);
    b->err = ERR_INIT;
}

static void bench_close(Bench *b)
{
    if (b->plan)
        source_unref(b->plan->sink);
    catalog_free(b->catalog);
    arena_fini(&b->arena);
}

static void say(Bench *b, const char *text)
{
    snprintf(b->text, sizeof b->text, "%s", text);
}

static void say_schema(Bench *b, const Schema *s)
{
    Buf out;
    buf_init(&out);
    for (int i = 0; i < s->count; i++) {
        buf_puts(&out, i ? ", " : "");
        name_print(&out, s->columns[i].name, false);
        buf_putc(&out, ' ');
        type_print(&out, s->columns[i].type);
        buf_puts(&out, s->columns[i].role == ROLE_KEY ? " KEY" : "");
    }
    if (s->window)
        buf_printf(&out, " %s %lld", window_kind_name(s->window), (long long)s->window_size_ms);
    say(b, buf_cstr(&out));
    buf_fini(&out);
}

/* A plan that CREATE ... AS made takes effect, as the engine would do it. */
static void bench_register(Bench *b, const Plan *p, Str name)
{
    if (!p->sink)
        return;
    char id[128];
    snprintf(id, sizeof id, "%s_%.*s_%d", p->kind == PLAN_CTAS ? "CTAS" : "CSAS", STR_ARG(name),
             b->statements);
    p->sink->query_id = arena_str(&p->sink->arena, str_of(id));
    catalog_put_source(b->catalog, source_ref(p->sink));
}

static Rc run_one(Bench *b, const SqlStatement *s)
{
    CatalogSource *made;
    int create;
    Rc rc;
    b->statements++;
    switch (s->kind) {
    case STMT_CREATE_SOURCE:
        rc = plan_create_source(b->catalog, &b->world, s, &made, &create, &b->err);
        if (!rc && made) {
            say_schema(b, made->schema);
            catalog_put_source(b->catalog, made);
        }
        return rc;
    case STMT_SET:
        return catalog_set(b->catalog, s->key, s->value, NULL, &b->err);
    case STMT_INSERT_VALUES: {
        InsertPlan *insert;
        rc = plan_insert(b->catalog, s, &b->arena, &insert, &b->err);
        Buf out;
        buf_init(&out);
        for (int i = 0; !rc && i < insert->source->schema->count; i++) {
            buf_puts(&out, i ? "," : "");
            value_print(&out, &insert->values[i]);
        }
        if (!rc && insert->has_time)
            buf_printf(&out, " @%lld", (long long)insert->time_ms);
        say(b, buf_cstr(&out));
        buf_fini(&out);
        return rc;
    }
    default:
        break;
    }
    if (b->plan)
        source_unref(b->plan->sink);
    b->plan = NULL;
    rc = plan_query(b->catalog, &b->world, s, &b->arena, &b->plan, &b->err);
    if (!rc && b->plan) {
        bench_register(b, b->plan, s->name.text);
        say_schema(b, b->plan->root->schema);
    }
    return rc;
}

/* All statements of a text; the code of the first failure, its words in b->text. */
static MAYBE_UNUSED Rc run(Bench *b, const char *text)
{
    SqlScript script;
    err_clear(&b->err);
    Rc rc = sql_parse(&b->arena, arena_str(&b->arena, str_of(text)), false, &script, &b->err);
    for (int i = 0; !rc && i < script.count; i++)
        rc = run_one(b, script.statements[i]);
    if (rc)
        say(b, b->err.text);
    return rc;
}

static MAYBE_UNUSED void must(Bench *b, const char *text)
{
    if (run(b, text))
        fail_msg("%s\n  fails: %s", text, b->text);
}

/* The statement fails with this code and these words somewhere in its message. */
static MAYBE_UNUSED void refuses(Bench *b, const char *text, ErrCode code, const char *words)
{
    Rc rc = run(b, text);
    if (!rc)
        fail_msg("%s\n  succeeds: %s", text, b->text);
    if ((ErrCode)rc != code || !strstr(b->text, words))
        fail_msg("%s\n  wants %s: %s\n  got   %s: %s", text, err_code_name(code), words,
                 err_code_name((ErrCode)rc), b->text);
}

/* Kinds of the nodes from the sources to the sink, joined by blanks. */
static MAYBE_UNUSED const char *shape(Bench *b)
{
    Buf out;
    buf_init(&out);
    for (int i = 0; i < b->plan->node_count; i++)
        buf_printf(&out, "%s%s", i ? " " : "", plan_node_names[b->plan->nodes[i]->kind]);
    say(b, buf_cstr(&out));
    buf_fini(&out);
    return b->text;
}

static MAYBE_UNUSED PlanNode *find_node(const Plan *p, PlanKind kind)
{
    for (int i = 0; i < p->node_count; i++)
        if (p->nodes[i]->kind == kind)
            return p->nodes[i];
    return NULL;
}

static const char bench_sources[] =
    "CREATE STREAM s (k INT KEY, a INT, p STRUCT<a INT, b STRING>)"
    "  WITH (kafka_topic='s', format='JSON', partitions=1);"
    "CREATE TABLE t (k INT PRIMARY KEY, v INT) WITH (kafka_topic='t', format='JSON', partitions=1);"
    "CREATE TABLE r (k INT PRIMARY KEY, w STRING, x INT)"
    "  WITH (kafka_topic='r', format='JSON', partitions=1);"
    "CREATE STREAM u (k INT KEY, w INT) WITH (kafka_topic='u', format='JSON', partitions=1);";

#endif
