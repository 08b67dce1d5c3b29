/* driver.c: a plain mutating driver for fuzz targets, where libFuzzer is not at hand.
 *
 *     fuzz_<what> [seconds] [seed]       mutate the target's seeds
 *     fuzz_<what> --file <path>          run one input, as left behind by a crash
 *
 * The same seed gives the same inputs. The current input is kept in fuzz-<seed>.input while the
 * target runs (mapped, so that it survives a crash) and removed at the end. Mutations are blind:
 * bit flips, pieces cut, doubled or taken from another seed, bytes that matter to parsers. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

enum { INPUT_BYTES_MAX = 4096, MUTATIONS_MAX = 8 };

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 32) * n >> 32);
}

static int seed_count(void)
{
    int n = 0;
    while (fuzz_seeds[n])
        n++;
    return n;
}

static const char *any_seed(void)
{
    return fuzz_seeds[random_below((uint32_t)seed_count())];
}

/* Put `n` bytes in place of the `gone` bytes at `at`, as far as there is room. */
static size_t replace(uint8_t *data, size_t size, size_t at, size_t gone, const void *piece,
                      size_t n)
{
    uint8_t copy[INPUT_BYTES_MAX]; /* the piece may be part of the data */
    if (size - gone + n > INPUT_BYTES_MAX)
        return size;
    memcpy(copy, piece, n);
    memmove(data + at + n, data + at + gone, size - at - gone);
    memcpy(data + at, copy, n);
    return size - gone + n;
}

static size_t mutate(uint8_t *data, size_t size)
{
    static const char telling[] =
        "{}[]\":,\\u0eE+-.9ntf \n\t\0\x7f\x80\xc0\xe0\xed\xf4\xff'`;()*/<>=";
    size_t at = random_below((uint32_t)size + 1);
    size_t span = random_below((uint32_t)(size - at) + 1) % 32;
    const char *seed = any_seed();
    size_t from = random_below((uint32_t)strlen(seed) + 1);
    switch (random_below(6)) {
    case 0:
        if (at < size)
            data[at] ^= (uint8_t)(1u << random_below(8));
        return size;
    case 1:
        return replace(data, size, at, span, "", 0);
    case 2:
        return replace(data, size, random_below((uint32_t)size + 1), 0, data + at, span);
    case 3:
        return replace(data, size, at, 0, &telling[random_below(sizeof telling)], 1);
    case 4:
        return replace(data, size, at, at < size, &telling[random_below(sizeof telling)], 1);
    default:
        return replace(data, size, at, span, seed + from, strlen(seed + from) % 64);
    }
}

static size_t make_input(uint8_t *data)
{
    const char *seed = any_seed();
    size_t size = strnlen(seed, INPUT_BYTES_MAX);
    memcpy(data, seed, size);
    for (uint32_t i = random_below(MUTATIONS_MAX); i > 0; i--)
        size = mutate(data, size);
    return size;
}

static int run_file(const char *path)
{
    static uint8_t data[1 << 20];
    FILE *f = fopen(path, "rb");
    if (!f)
        return perror(path), 1;
    size_t size = fread(data, 1, sizeof data, f);
    fclose(f);
    LLVMFuzzerTestOneInput(data, size);
    return 0;
}

/* The current input, in a file that is there when the process is not any more. */
static uint8_t *open_record(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || ftruncate(fd, INPUT_BYTES_MAX) != 0)
        return perror(path), NULL;
    uint8_t *data = mmap(NULL, INPUT_BYTES_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return data == MAP_FAILED ? NULL : data;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--file") == 0)
        return run_file(argv[2]);
    double seconds = argc > 1 ? atof(argv[1]) : 10;
    unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    random_state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    char path[64];
    snprintf(path, sizeof path, "fuzz-%lu-%ld.input", seed, (long)getpid());
    uint8_t *data = open_record(path);
    if (!data)
        return 1;
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    unsigned long runs = 0;
    do {
        for (int i = 0; i < 100; i++, runs++) {
            size_t size = make_input(data);
            uint8_t *exact = malloc(size ? size : 1); /* so that the sanitizer sees its end */
            memcpy(exact, data, size);
            LLVMFuzzerTestOneInput(exact, size);
            free(exact);
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9 <
             seconds);
    unlink(path);
    printf("%lu inputs, seed %lu: no crash\n", runs, seed);
    return 0;
}
