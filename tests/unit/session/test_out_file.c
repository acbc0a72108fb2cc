/* Files of results: whole at their target, or not there. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/session/out_file.h"
#include "tests/unit/cmocka_all.h"

static int go(void **state)
{
    static char folder[] = "/tmp/flowlaw-test-XXXXXX";
    *state = mkdtemp(folder);
    return *state == NULL ? -1 : chdir(folder);
}

static int leave(void **state)
{
    unlink("x");
    return rmdir(*state);
}

static unsigned count_files(void)
{
    unsigned count = 0;
    DIR *folder = opendir(".");
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 2;
}

static void write_whole(const char *text)
{
    struct fl_out_file out;
    assert_true(fl_out_file_open(&out, "x"));
    assert_true(fputs(text, out.file) >= 0);
    assert_true(fl_out_file_close(&out, NULL));
}

static void check_text(const char *expected)
{
    char text[64] = "";
    FILE *file = fopen("x", "r");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof text - 1, file), strlen(expected));
    assert_string_equal(text, expected);
    fclose(file);
}

static void test_out_file__mode_of_the_umask_or_of_what_is_replaced(void **state)
{
    struct stat st;
    (void)state;
    mode_t mask = umask(027);
    write_whole("a");
    assert_int_equal(stat("x", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(chmod("x", 0604), 0);
    write_whole("b");
    assert_int_equal(stat("x", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0604);
    assert_int_equal(umask(mask), 027);
    check_text("b");
}

static void test_out_file__what_a_link_leads_to_is_replaced(void **state)
{
    struct stat st;
    (void)state;
    unlink("x");
    assert_int_equal(mkdir("other", 0700), 0);
    assert_int_equal(close(creat("other/y", 0640)), 0);
    assert_int_equal(symlink("other/y", "x"), 0);
    write_whole("a");
    check_text("a");
    assert_int_equal(lstat("x", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(lstat("other/y", &st), 0);
    assert_int_equal(st.st_size, 1);
    assert_int_equal(count_files(), 2);
    assert_int_equal(unlink("other/y"), 0);
    assert_int_equal(rmdir("other"), 0);
    assert_int_equal(unlink("x"), 0);
}

static void test_out_file__what_is_not_whole_replaces_nothing(void **state)
{
    struct fl_out_file out;
    (void)state;
    write_whole("before");
    assert_true(fl_out_file_open(&out, "x"));
    fputs("half", out.file);
    assert_false(fl_out_file_close(&out, "a cause"));
    check_text("before");
    assert_int_equal(count_files(), 1);
}

/* How a child ends that a signal meets while it writes. */
static int end_by(int number, bool ignored)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct fl_out_file out;
        signal(number, ignored ? SIG_IGN : SIG_DFL); /* a shell's background jobs ignore SIGINT */
        if (!fl_out_file_open(&out, "x"))
            _exit(99);
        fputs("half", out.file);
        raise(number);
        if (fl_out_file_close(&out, NULL))
            raise(SIGKILL); /* memcheck would hold what the tests still have against a child that exits */
        _exit(98);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void test_out_file__a_signal_leaves_nothing_behind(void **state)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE};
    (void)state;
    write_whole("before");
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        assert_int_equal(end_by(signals[i], false), signals[i]);
        assert_int_equal(count_files(), 1);
        check_text("before");
    }
    assert_int_equal(end_by(SIGHUP, true), SIGKILL); /* nohup: it went on to its end */
    check_text("half");
}

static void test_out_file__signals_are_as_before(void **state)
{
    struct sigaction now;
    (void)state;
    signal(SIGINT, SIG_DFL);
    write_whole("a");
    assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_DFL);
}

static void test_out_file__a_pipe_is_written_not_replaced(void **state)
{
    struct stat st;
    char got[8] = "";
    (void)state;
    unlink("x");
    assert_int_equal(mkfifo("x", 0600), 0);
    int reader = open("x", O_RDONLY | O_NONBLOCK);
    write_whole("abc");
    assert_int_equal(read(reader, got, sizeof got), 3);
    assert_string_equal(got, "abc");
    close(reader);
    assert_int_equal(stat("x", &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    unlink("x");
}

static void test_out_file__a_file_that_may_not_grow(void **state)
{
    struct fl_out_file out;
    struct rlimit before, small;
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){10, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool opened = fl_out_file_open(&out, "x");
    if (opened)
        fputs("longer than may be", out.file);
    bool closed = opened && fl_out_file_close(&out, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(opened);
    assert_false(closed);
    assert_int_equal(count_files(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_out_file__mode_of_the_umask_or_of_what_is_replaced),
        cmocka_unit_test(test_out_file__what_a_link_leads_to_is_replaced),
        cmocka_unit_test(test_out_file__what_is_not_whole_replaces_nothing),
        cmocka_unit_test(test_out_file__a_signal_leaves_nothing_behind),
        cmocka_unit_test(test_out_file__signals_are_as_before),
        cmocka_unit_test(test_out_file__a_pipe_is_written_not_replaced),
        cmocka_unit_test(test_out_file__a_file_that_may_not_grow),
    };
    return cmocka_run_group_tests(tests, go, leave);
}
