/* timed.c: runs a command once and says how long it took and how much memory it held at most.
 *
 *     timed REPORT COMMAND [ARGUMENT...]
 *
 * Writes "wall_ns user_us system_us peak_kib status" to REPORT. It is small on purpose: the peak that
 * the kernel reports for a process is never below that of the program which started it, so an
 * interpreter cannot measure a process of a few MiB.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

static long long microseconds(struct timeval t)
{
    return (long long)t.tv_sec * 1000000 + t.tv_usec;
}

int main(int argc, char **argv)
{
    struct rusage used;
    long long start, wall;
    FILE *report;
    pid_t child;
    int status;

    if (argc < 3) {
        fputs("usage: timed REPORT COMMAND [ARGUMENT...]\n", stderr);
        return 2;
    }
    report = fopen(argv[1], "we");
    if (!report) {
        perror(argv[1]);
        return 2;
    }
    start = now_ns();
    child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child) {
        perror("timed");
        return 2;
    }
    wall = now_ns() - start;
    fprintf(report, "%lld %lld %lld %ld %d\n", wall, microseconds(used.ru_utime), microseconds(used.ru_stime),
            used.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return fclose(report) ? 2 : 0;
}
