/* Programs: what is shared, what is copied, what the disassembly says. */
#include "expr_case.h"

static Program *compile(const char *const *sql, int count)
{
    Err err = ERR_INIT;
    Program *p;
    Expr **e = ARENA_ARRAY(&case_arena, Expr *, count);
    for (int i = 0; i < count; i++)
        e[i] = case_bind(sql[i]);
    if (expr_compile(&case_arena, e, count, &p, &err))
        fail_msg("%s", err.text);
    return p;
}

static void disassembles_to(const char *const *sql, int count, const char *want)
{
    Buf out;
    buf_init(&out);
    program_print(&out, compile(sql, count));
    if (strcmp(buf_cstr(&out), want) != 0)
        fail_msg("wanted\n%sgot\n%s", want, buf_cstr(&out));
    buf_fini(&out);
}

static void common_parts_are_computed_once(void **state)
{
    (void)state;
    disassembles_to((const char *[]){"I + J", "(I + J) * 2", "J + I"}, 3,
                    "r0 = column 1 : INTEGER\n"
                    "r1 = column 2 : INTEGER\n"
                    "r3 = 2 : INTEGER\n"
                    "r2 = ADD_I32 r0, r1 : INTEGER\n"
                    "r4 = MUL_I32 r2, r3 : INTEGER\n"
                    "r5 = ADD_I32 r1, r0 : INTEGER\n"
                    "return r2, r4, r5\n");
}

static void masks_stand_before_costly_work_only(void **state)
{
    (void)state;
    disassembles_to((const char *[]){"CASE WHEN F THEN I + 1 ELSE I END"}, 1,
                    "r0 = column 8 : BOOLEAN\n"
                    "r1 = column 1 : INTEGER\n"
                    "r2 = 1 : INTEGER\n"
                    "r3 = ADD_I32 r1, r2 : INTEGER\n"
                    "r4 = CHOOSE_4 r0, r3, r1 : INTEGER\n"
                    "return r4\n");
    disassembles_to((const char *[]){"CASE WHEN F THEN UCASE(S) ELSE LCASE(TRIM(S)) END"}, 1,
                    "r0 = column 8 : BOOLEAN\n"
                    "r1 = column 6 : STRING\n"
                    "r2 = MASK_IF r0 : mask\n"
                    "r3 = CALL ucase(r1) : STRING rows of r2\n"
                    "r4 = MASK_ELSE r0 : mask\n"
                    "r5 = CALL trim(r1) : STRING rows of r4\n"
                    "r6 = CALL lcase(r5?) : STRING rows of r4\n"
                    "r7 = CHOOSE_16 r0, r3, r6 : STRING\n"
                    "return r7\n");
}

static void casts_show_whether_they_catch(void **state)
{
    (void)state;
    disassembles_to((const char *[]){"CAST(S AS INT) < L"}, 1,
                    "r0 = column 6 : STRING\n"
                    "r3 = column 3 : BIGINT\n"
                    "r1 = CAST r0? : INTEGER\n"
                    "r2 = CAST r1 : BIGINT\n"
                    "r4 = LT_I64 r2, r3 : BOOLEAN\n"
                    "return r4\n");
}

static void random_is_never_shared(void **state)
{
    (void)state;
    disassembles_to((const char *[]){"RANDOM() + RANDOM()"}, 1,
                    "r0 = CALL random() : DOUBLE\n"
                    "r1 = CALL random() : DOUBLE\n"
                    "r2 = ADD_F64 r0, r1 : DOUBLE\n"
                    "return r2\n");
}

static void columns_are_shared_and_the_rest_is_the_batchs(void **state)
{
    (void)state;
    Arena batch;
    arena_init(&batch, 0);
    Batch *b = case_batch(&batch, 2);
    case_set(b, "I", 0, "1");
    case_set(b, "I", 1, "2");
    Err err = ERR_INIT;
    ExprRun *run = expr_run_new(compile((const char *[]){"I", "I + 1", "7", "ROWTIME"}, 4));
    Column first[4], second[4];
    assert_int_equal(expr_run(run, b, SIDE_NEW, NULL, first, NULL, &err), 0);
    assert_ptr_equal(first[0].any, b->cols[1].any);
    assert_ptr_equal(first[0].valid, b->cols[1].valid);
    assert_ptr_equal(first[3].any, b->time);
    assert_int_equal(expr_run(run, b, SIDE_NEW, NULL, second, NULL, &err), 0);
    assert_ptr_not_equal(first[1].any, second[1].any);
    expr_run_free(run); /* results belong to the batch, constants among them */
    assert_int_equal(first[1].i32[1], 3);
    assert_int_equal(second[2].i32[1], 7);
    assert_int_equal(second[3].valid[0], 1);
    arena_fini(&batch);
}

static void scratch_is_reused(void **state)
{
    (void)state;
    /* A long sum needs as many registers as a short one; the answer is right all the same. */
    Buf sql;
    buf_init(&sql);
    buf_puts(&sql, "I");
    for (int i = 0; i < 150; i++)
        buf_printf(&sql, " + J * %d", i);
    Batch *b = case_batch(&case_arena, 1);
    case_set(b, "I", 0, "5");
    case_set(b, "J", 0, "2");
    case_rows(b, buf_cstr(&sql), "22355");
    buf_fini(&sql);
}

static void columns_read_are_marked(void **state)
{
    (void)state;
    bool used[CASE_COLUMNS] = {false};
    expr_mark_columns(case_bind("CASE WHEN F THEN I ELSE ABS(J) END > 3"), used);
    for (int i = 0; i < CASE_COLUMNS; i++)
        assert_int_equal(used[i], i == 1 || i == 2 || i == 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_parts_are_computed_once),
        cmocka_unit_test(masks_stand_before_costly_work_only),
        cmocka_unit_test(casts_show_whether_they_catch),
        cmocka_unit_test(random_is_never_shared),
        cmocka_unit_test(columns_are_shared_and_the_rest_is_the_batchs),
        cmocka_unit_test(scratch_is_reused),
        cmocka_unit_test(columns_read_are_marked),
    };
    return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
