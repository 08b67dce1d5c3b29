/* suite.c: `oxbow test`: files and folders of cases, each case in a process of its own, so that a
 * crash or an endless loop costs that case alone. */
#include <dirent.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "test/run.h"
#include "test/test.h"

enum { CASE_MS_MAX = 10000 };

typedef struct Suite {
    const TestConfig *cfg;
    CaseRun how;
    regex_t filter;
    bool filtered;
    int count[3]; /* by Verdict */
    Buf line;
} Suite;

static const char *const verdict_names[] = {"pass", "fail", "skip"};

/* ---- reporting ----------------------------------------------------------------------------- */

static void put_json_string(Buf *out, Str s)
{
    buf_putc(out, '"');
    for (uint32_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 0x20)
            buf_printf(out, "\\u%04x", c);
        else
            buf_putc(out, (char)c);
    }
    buf_putc(out, '"');
}

static void report(Suite *s, const TestCase *c, const CaseResult *r, int64_t ms)
{
    s->count[r->verdict]++;
    buf_reset(&s->line);
    if (s->cfg->json) {
        buf_puts(&s->line, "{\"id\":");
        put_json_string(&s->line, c->id);
        buf_puts(&s->line, ",\"file\":");
        put_json_string(&s->line, str_of(c->file->path));
        buf_printf(&s->line, ",\"result\":\"%s\",\"why\":", verdict_names[r->verdict]);
        put_json_string(&s->line, str_of(r->why));
        buf_printf(&s->line, ",\"ms\":%lld}", (long long)ms);
    } else {
        static const char *const words[] = {"PASS", "FAIL", "SKIP"};
        buf_printf(&s->line, "%s ", words[r->verdict]);
        utf8_put_safe(&s->line, c->id, false);
        buf_puts(&s->line, r->why[0] ? "  " : "");
        utf8_put_safe(&s->line, str_of(r->why), false);
    }
    if (s->cfg->json || r->verdict != VERDICT_PASS)
        puts(buf_cstr(&s->line));
}

/* ---- one case in a child ------------------------------------------------------------------- */

static void child_main(const Suite *s, const TestCase *c, int fd)
{
    CaseResult r;
    case_run(c, &s->how, &r);
    ssize_t n = write(fd, &r, sizeof r);
    _exit(n == (ssize_t)sizeof r ? 0 : 1);
}

/* The child's result, or what became of it. */
static void wait_for_child(pid_t pid, int fd, CaseResult *r)
{
    int64_t end = clock_monotonic_ns() + CASE_MS_MAX * 1000000ll;
    size_t got = 0;
    while (got < sizeof *r) {
        int64_t left = (end - clock_monotonic_ns()) / 1000000;
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            break;
        ssize_t n = read(fd, (char *)r + got, sizeof *r - got);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    bool late = got < sizeof *r && clock_monotonic_ns() >= end;
    if (got < sizeof *r)
        kill(pid, SIGKILL);
    int status;
    waitpid(pid, &status, 0);
    if (got == sizeof *r)
        return;
    r->verdict = VERDICT_FAIL;
    snprintf(r->why, sizeof r->why, late ? "took more than %d ms" : "crashed (status %d)",
             late ? CASE_MS_MAX : status);
}

static void run_isolated(Suite *s, const TestCase *c, CaseResult *r)
{
    int fds[2];
    fflush(stdout);
    fflush(stderr);
    if (pipe(fds) != 0) {
        r->verdict = VERDICT_FAIL;
        snprintf(r->why, sizeof r->why, "no pipe");
        return;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        child_main(s, c, fds[1]);
    }
    close(fds[1]);
    wait_for_child(pid, fds[0], r);
    close(fds[0]);
}

static void each_case(void *ctx, const TestCase *c)
{
    Suite *s = ctx;
    CaseResult r = {0};
    char *id = strndup(c->id.ptr, c->id.len);
    bool wanted = !s->filtered || regexec(&s->filter, id, 0, NULL, 0) == 0;
    free(id);
    if (!wanted)
        return;
    int64_t start = clock_monotonic_ns();
    run_isolated(s, c, &r);
    report(s, c, &r, (clock_monotonic_ns() - start) / 1000000);
}

/* ---- files --------------------------------------------------------------------------------- */

static int run_path(Suite *s, const char *path);

static int run_folder(Suite *s, const char *path)
{
    struct dirent **list = NULL;
    int status = 0;
    int n = scandir(path, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char child[4096];
        size_t len = strlen(list[i]->d_name);
        snprintf(child, sizeof child, "%s/%s", path, list[i]->d_name);
        struct stat st;
        bool folder = list[i]->d_name[0] != '.' && stat(child, &st) == 0 && S_ISDIR(st.st_mode);
        if (folder || (len > 5 && strcmp(list[i]->d_name + len - 5, ".json") == 0))
            status |= run_path(s, child);
        free(list[i]);
    }
    free(list);
    return status;
}

static int run_path(Suite *s, const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return run_folder(s, path);
    CaseFile f;
    Err err = ERR_INIT;
    int status = 0;
    if (case_load(&f, path, &err)) {
        fprintf(stderr, "%s\n", err.text);
        status = 2;
    } else {
        case_each(&f, each_case, s);
    }
    case_unload(&f);
    return status;
}

int test_main(const TestConfig *cfg)
{
    Suite s = {.cfg = cfg};
    const char *seed = getenv("OXBOW_TEST_KILL_SEED");
    s.how.batch = cfg->batch ? cfg->batch : 1;
    s.how.commit_every = getenv("OXBOW_TEST_COMMIT_EVERY") != NULL;
    s.how.kill_seed = seed ? strtoull(seed, NULL, 10) : 0;
    if (cfg->path_count == 0) {
        fprintf(stderr, "oxbow: test wants files or folders of cases\n");
        return 2;
    }
    if (cfg->filter) {
        s.filtered = regcomp(&s.filter, cfg->filter, REG_EXTENDED | REG_NOSUB) == 0;
        if (!s.filtered) {
            fprintf(stderr, "oxbow: '%s' is no regular expression\n", cfg->filter);
            return 2;
        }
    }
    buf_init(&s.line);
    int status = 0;
    for (int i = 0; i < cfg->path_count; i++)
        status |= run_path(&s, cfg->paths[i]);
    fprintf(cfg->json ? stderr : stdout, "%d passed, %d failed, %d skipped\n",
            s.count[VERDICT_PASS], s.count[VERDICT_FAIL], s.count[VERDICT_SKIP]);
    if (s.filtered)
        regfree(&s.filter);
    buf_fini(&s.line);
    return status ? status : s.count[VERDICT_FAIL] > 0;
}
