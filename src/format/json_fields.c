/* json_fields.c: which member of an object belongs to which column or STRUCT field.
 *
 * Producers write the members of one kind of record in one order, so the member at position i is
 * first compared with what stood at position i of the object before: one comparison, no hash, for
 * members that no column wants as well. Only a miss asks the maps. Owns the maps; what a value
 * means is json_read.c's. */
#include "format/json_int.h"

enum {
    GUESS_NAME_BYTES = 52, /* longer names are looked up each time */
    GUESSES_MIN = 32,      /* positions behind the last guess are looked up each time */
};

struct JsonGuess {
    char name[GUESS_NAME_BYTES];
    uint32_t len; /* UINT32_MAX: none yet */
    int field;    /* -1: no field has this name */
    bool exact;
};

static void put_upper(char *to, Str s)
{
    for (uint32_t i = 0; i < s.len; i++)
        to[i] = s.ptr[i] >= 'a' && s.ptr[i] <= 'z' ? (char)(s.ptr[i] - 32) : s.ptr[i];
}

JsonFields *json_fields_new(Arena *a, int count)
{
    JsonFields *f = ARENA_NEW(a, JsonFields);
    f->count = count;
    f->names = ARENA_ARRAY(a, Str, count);
    f->shapes = ARENA_ARRAY(a, JsonShape, count);
    f->chosen = ARENA_ARRAY(a, const JsonToken *, count);
    return f;
}

void json_fields_ready(JsonFields *f, Arena *a)
{
    f->by_name = map_new();
    f->by_upper = map_new();
    for (int i = 0; i < f->count; i++) {
        Str name = f->names[i];
        char *upper = arena_alloc(a, name.len + 1u);
        put_upper(upper, name);
        Str key = str_make(upper, name.len);
        if (!map_find(f->by_name, name))
            map_put(f->by_name, name, &f->names[i]);
        /* Of `Foo` and FOO, the one that is upper-case itself answers for foo; else the first. */
        if (!map_find(f->by_upper, key) || str_eq(key, name))
            map_put(f->by_upper, key, &f->names[i]);
    }
    f->guess_count = (uint32_t)(f->count > GUESSES_MIN / 2 ? f->count * 2 : GUESSES_MIN);
    f->guesses = ARENA_ARRAY(a, JsonGuess, f->guess_count);
    for (uint32_t i = 0; i < f->guess_count; i++)
        f->guesses[i].len = UINT32_MAX;
}

void json_fields_close(JsonFields *f)
{
    for (int i = 0; i < f->count; i++)
        json_shape_close(&f->shapes[i]);
    map_free(f->by_name);
    map_free(f->by_upper);
}

/* The field that goes by this name, or -1. */
static int look_up(const JsonFields *f, Str name, bool *exact)
{
    const Str *found = map_find(f->by_name, name);
    *exact = found != NULL;
    if (!found && name.len <= LIMIT_NAME_BYTES) {
        char upper[LIMIT_NAME_BYTES];
        put_upper(upper, name);
        found = map_find(f->by_upper, str_make(upper, name.len));
    }
    return found ? (int)(found - f->names) : -1;
}

/* memcmp for short names, without the call; two words that may overlap. */
static inline bool same_name(const char *a, const char *b, uint32_t len)
{
    uint64_t a8, b8;
    uint32_t a4, b4, at = 0;
    for (; len - at >= 8; at += 8) {
        memcpy(&a8, a + at, 8);
        memcpy(&b8, b + at, 8);
        if (a8 != b8)
            return false;
    }
    if (at && at < len) {
        memcpy(&a8, a + len - 8, 8);
        memcpy(&b8, b + len - 8, 8);
        return a8 == b8;
    }
    if (len - at >= 4) {
        memcpy(&a4, a + at, 4);
        memcpy(&b4, b + at, 4);
        if (a4 != b4)
            return false;
        at += 4;
    }
    for (; at < len; at++)
        if (a[at] != b[at])
            return false;
    return true;
}

static int find_field(JsonFields *f, uint32_t position, Str name, bool *exact)
{
    JsonGuess *guess = position < f->guess_count ? &f->guesses[position] : NULL;
    if (guess && guess->len == name.len && same_name(guess->name, name.ptr, name.len)) {
        *exact = guess->exact;
        return guess->field;
    }
    int field = look_up(f, name, exact);
    if (guess && name.len <= GUESS_NAME_BYTES) {
        memcpy(guess->name, name.ptr, name.len);
        guess->len = name.len;
        guess->field = field;
        guess->exact = *exact;
    }
    return field;
}

void json_fields_choose(JsonFields *f, const JsonToken *tokens, const JsonToken *object)
{
    memset(f->chosen, 0, sizeof f->chosen[0] * (size_t)f->count);
    const JsonToken *key = object + 1;
    for (uint32_t i = 0; i < object->count; i++) {
        const JsonToken *value = key + 1;
        bool exact;
        int field = find_field(f, i, key->text, &exact);
        if (field >= 0 && (exact || !f->chosen[field]))
            f->chosen[field] = value;
        key = tokens + value->next;
    }
}
