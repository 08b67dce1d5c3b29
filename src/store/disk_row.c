/* disk_row.c: one encoded row as typed SQLite columns, and back.
 *
 * Any SQLite tool can read the columns c0, c1, ...; they are INTEGER, REAL, TEXT or BLOB by the
 * column's type, a decimal is its exact text. What SQLite cannot hold as it is (NaN becomes NULL,
 * -0.0 becomes 0, a nested value has no column type) goes into the column x, the row's own coding,
 * and then x is what counts and the columns are for the eye. Whether they suffice is not reasoned
 * about but tried: the columns are coded again and compared, so what goes in comes out byte for
 * byte.
 *
 * Owns its scratch row. Leaves statements and tables to disk.c. */
#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "store/disk_int.h"

enum { CELL_BYTES = 16 };

void disk_row_init(DiskRow *r)
{
    *r = (DiskRow){0};
    buf_init(&r->text);
    buf_init(&r->again);
    arena_init(&r->arena, 0);
}

void disk_row_fini(DiskRow *r)
{
    mem_free(r->cols);
    buf_fini(&r->text);
    buf_fini(&r->again);
    arena_fini(&r->arena);
}

/* Lay the scratch row out for another coding. */
static void use_code(DiskRow *r, const RowCode *code)
{
    size_t n = (size_t)code->count;
    mem_free(r->cols);
    size_t cells_at = (n * sizeof(Column) + CELL_BYTES - 1) / CELL_BYTES * CELL_BYTES;
    char *memory = mem_zalloc(cells_at + n * CELL_BYTES + n + 1);
    r->cols = (Column *)memory;
    for (size_t i = 0; i < n; i++) {
        assert(repr_bytes(type_repr(code->types[i])) <= CELL_BYTES);
        r->cols[i].type = code->types[i];
        r->cols[i].any = memory + cells_at + i * CELL_BYTES;
        r->cols[i].valid = (uint8_t *)memory + cells_at + n * CELL_BYTES + i;
    }
    r->code = code;
}

static void prepare(DiskRow *r, const StoreDef *def)
{
    if (r->code != def->row)
        use_code(r, def->row);
    arena_reset(&r->arena);
}

const char *disk_column_type(const Type *t)
{
    switch (t->kind) {
    case TYPE_DOUBLE:
        return "REAL";
    case TYPE_BYTES:
        return "BLOB";
    case TYPE_STRING:
    case TYPE_DECIMAL:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_STRUCT:
        return "TEXT";
    default:
        return "INTEGER";
    }
}

/* ---- to SQLite ----------------------------------------------------------------------------- */

/* Text is made in the arena: the statement needs it until it has run. */
static void bind_text_of(DiskRow *r, DbStmt *s, int at, const Column *c)
{
    buf_reset(&r->text);
    Value v = column_value(c, 0, &r->arena);
    if (type_repr(c->type) == REPR_I128)
        text_put_decimal(&r->text, c->i128[0], c->type->scale);
    else
        value_print(&r->text, &v);
    db_bind_text(s, at, arena_str(&r->arena, buf_str(&r->text)));
}

static void bind_column(DiskRow *r, DbStmt *s, int at, const Column *c)
{
    if (!c->valid[0]) {
        db_bind_null(s, at);
        return;
    }
    switch (type_repr(c->type)) {
    case REPR_BOOL:
        db_bind_i64(s, at, c->b[0]);
        break;
    case REPR_I32:
        db_bind_i64(s, at, c->i32[0]);
        break;
    case REPR_I64:
        db_bind_i64(s, at, c->i64[0]);
        break;
    case REPR_F64:
        db_bind_f64(s, at, c->f64[0]); /* SQLite makes NULL of NaN */
        break;
    case REPR_STR:
        if (c->type->kind == TYPE_BYTES)
            db_bind_blob(s, at, c->str[0]);
        else
            db_bind_text(s, at, c->str[0]);
        break;
    default:
        bind_text_of(r, s, at, c);
        break;
    }
}

/* What SQLite would give back for this column, in place of what went in. */
static bool survives(Column *c)
{
    if (!c->valid[0])
        return true;
    if (type_repr(c->type) == REPR_F64)
        return !isnan(c->f64[0]) && !(c->f64[0] == 0 && signbit(c->f64[0]));
    return type_repr(c->type) != REPR_BOX;
}

static bool columns_suffice(DiskRow *r, Str row)
{
    for (int i = 0; i < r->code->count; i++) {
        if (!survives(&r->cols[i]))
            return false;
    }
    buf_reset(&r->again);
    rowcode_encode(r->code, &r->again, r->cols, 0);
    return str_eq(buf_str(&r->again), row);
}

Rc disk_row_bind(DiskRow *r, const StoreDef *def, DbStmt *s, int at, Str row, Err *err)
{
    prepare(r, def);
    Rc rc = rowcode_decode(r->code, row, r->cols, 0, &r->arena, err);
    if (rc) {
        err_prefix(err, "state s%lld: ", (long long)def->id);
        return rc;
    }
    for (int i = 0; i < r->code->count; i++)
        bind_column(r, s, at + i, &r->cols[i]);
    if (columns_suffice(r, row))
        db_bind_null(s, at + r->code->count);
    else
        db_bind_blob(s, at + r->code->count, row);
    return 0;
}

/* ---- from SQLite --------------------------------------------------------------------------- */

static bool read_column(DbStmt *s, int at, Column *c)
{
    c->valid[0] = !db_is_null(s, at);
    if (!c->valid[0])
        return true;
    switch (type_repr(c->type)) {
    case REPR_BOOL:
        c->b[0] = db_i64(s, at) != 0;
        return true;
    case REPR_I32:
        c->i32[0] = (int32_t)db_i64(s, at);
        return true;
    case REPR_I64:
        c->i64[0] = db_i64(s, at);
        return true;
    case REPR_F64:
        c->f64[0] = db_f64(s, at);
        return true;
    case REPR_STR:
        c->str[0] = c->type->kind == TYPE_BYTES ? db_blob(s, at) : db_text(s, at);
        return true;
    case REPR_I128:
        return text_take_decimal(db_text(s, at), c->type->precision, c->type->scale, &c->i128[0]);
    default:
        return false; /* a nested value is in x, always */
    }
}

static Rc damaged(const StoreDef *def, int column, Err *err)
{
    char name[16] = "x"; /* column -1 */
    if (column >= 0)
        snprintf(name, sizeof name, "c%d", column);
    return err_set(err, ERR_KIND_FATAL, ERR_CORRUPT,
                   "state s%lld: a row's column %s is damaged; restore the file from a backup",
                   (long long)def->id, name);
}

Rc disk_row_read(DiskRow *r, const StoreDef *def, DbStmt *s, int at, Buf *out, Err *err)
{
    prepare(r, def);
    Str exact = db_blob(s, at + r->code->count);
    if (exact.ptr) {
        if (!rowcode_valid(r->code, exact))
            return damaged(def, -1, err);
        buf_put_str(out, exact);
        return 0;
    }
    for (int i = 0; i < r->code->count; i++) {
        if (!read_column(s, at + i, &r->cols[i]))
            return damaged(def, i, err);
    }
    rowcode_encode(r->code, out, r->cols, 0);
    return 0;
}
