/* A batch of one gives exactly what a batch of many gives: random expressions over random rows,
 * with deleted rows, NULLs and errors, evaluated together, row by row, in slices, and under a mask.
 */
#include "random_expr.h"

enum { EXPRESSIONS = 400, ROWS = 37, TOGETHER = 8 };

static void same_answer(const CaseResult *whole, int row, const CaseResult *part, int part_row,
                        int expr, const Expr *e)
{
    const char *x = case_show(whole, expr, row), *y = case_show(part, 0, part_row);
    if (strcmp(x, y) == 0)
        return;
    Buf text;
    buf_init(&text);
    expr_print(&text, e, &case_schema);
    fail_msg("row %d of %s: together [%s], alone [%s]", row, buf_cstr(&text), x, y);
}

static void rows_alone_and_together(void **state)
{
    (void)state;
    Dice d = {20240229};
    int failed = 0, caught = 0, nulls = 0;
    for (int n = 0; n < EXPRESSIONS; n += TOGETHER) {
        Expr *e[TOGETHER];
        Batch *b = random_batch(&d, &case_arena, ROWS);
        for (int i = 0; i < TOGETHER; i++)
            e[i] = random_bound(&d, 4);
        CaseResult whole = case_run(e, TOGETHER, b, SIDE_NEW, NULL);
        uint8_t *live = ARENA_ARRAY(&case_arena, uint8_t, ROWS);
        for (int row = 0; row < ROWS; row++)
            live[row] = (uint8_t)roll(&d, 2);
        for (int i = 0; i < TOGETHER; i++) {
            CaseResult some = case_run(&e[i], 1, b, SIDE_NEW, live);
            for (int row = 0; row < ROWS; row++) {
                Batch *one = batch_slice(&case_arena, b, row, 1);
                CaseResult alone = case_run(&e[i], 1, one, SIDE_NEW, NULL);
                same_answer(&whole, row, &alone, 0, i, e[i]);
                if (live[row])
                    same_answer(&whole, row, &some, row, i, e[i]);
                else
                    assert_int_equal(some.failed[0][row], 0);
                failed += whole.failed[i][row] & EXPR_FAILED;
                caught += whole.failed[i][row] == EXPR_CAUGHT;
                nulls += !whole.cols[i].valid[row];
            }
        }
        arena_reset(&case_arena);
        case_teardown(NULL);
        case_setup(NULL);
    }
    /* The dice must have reached the interesting places. */
    assert_true(failed > 500 && caught > 100 && nulls > failed);
}

static void a_full_batch(void **state)
{
    (void)state;
    Dice d = {7};
    Batch *b = random_batch(&d, &case_arena, LIMIT_BATCH_ROWS);
    Expr *e[TOGETHER];
    for (int i = 0; i < TOGETHER; i++)
        e[i] = random_bound(&d, 5);
    CaseResult whole = case_run(e, TOGETHER, b, SIDE_NEW, NULL);
    for (int row = 0; row < LIMIT_BATCH_ROWS; row += 93) {
        for (int i = 0; i < TOGETHER; i++) {
            CaseResult alone =
                case_run(&e[i], 1, batch_slice(&case_arena, b, row, 1), SIDE_NEW, NULL);
            same_answer(&whole, row, &alone, 0, i, e[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_alone_and_together),
        cmocka_unit_test(a_full_batch),
    };
    return cmocka_run_group_tests(tests, case_setup, case_teardown);
}
