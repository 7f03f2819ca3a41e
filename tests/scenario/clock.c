/* A process's real-time clock that a test moves: preloaded, so that OpenSSL's own timers run in virtual time. */
#include <sys/time.h>

static long long now_us = 1700000000000000LL;

void clock_advance(long long step_us) { now_us += step_us; }

int gettimeofday(struct timeval *restrict value, void *restrict zone) {
    (void)zone;
    value->tv_sec = now_us / 1000000;
    value->tv_usec = now_us % 1000000;
    return 0;
}
