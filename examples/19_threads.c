/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Threads that do slow work and post what they found. hence_call_soon_threadsafe() is the one door
 * through which another thread may enter a loop; the promise is only touched in the loop's thread.
 *
 *     cc 19_threads.c $(pkg-config --cflags --libs hence) -lpthread && ./a.out
 *     3 squared is 9
 *     4 squared is 16
 *     2 threads said that they had begun
 */
/* real time */
#include <hence/hence.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

struct job {
    hence_loop *loop;
    hence_promise *promise;
    int64_t x, square;
};

static hence_future *square_in_thread(hence_loop *loop, int64_t x);
static void *work(void *arg);
static void begun(void *arg);
static void job_done(void *arg);
static void job_drop(void *arg);
static void print_square(hence_loop *loop, int64_t x, hence_future *f);

static int begun_threads; /* touched only in the loop's thread */

int main(void)
{
    hence_loop *loop = hence_loop_new(NULL);
    if (!loop)
        return EXIT_FAILURE;

    hence_future *three = square_in_thread(loop, 3); /* both at the same time */
    hence_future *four = square_in_thread(loop, 4);
    print_square(loop, 3, three);
    print_square(loop, 4, four);
    printf("%d threads said that they had begun\n", begun_threads);

    hence_loop_free(loop); /* both are done: nobody posts any more */
    return EXIT_SUCCESS;
}

//! [thread]
static hence_future *square_in_thread(hence_loop *loop, int64_t x)
{
    struct job *job = malloc(sizeof *job);
    if (!job)
        return NULL;
    hence_future *f = hence_future_new(loop, &job->promise);
    if (!f) {
        free(job);
        return NULL;
    }
    job->loop = hence_loop_ref(loop); /* so that the thread may use it */
    job->x = x;

    pthread_t thread;
    int error = pthread_create(&thread, NULL, work, job);
    if (error) {
        hence_resolve(hence_promise_take(&job->promise), hence_fail_errno(error, "no thread"));
        job_drop(job);
        return f;
    }
    pthread_detach(thread);
    return f;
}

//! [post]
static void *work(void *arg)
{
    struct job *job = arg;
    hence_loop *loop = hence_loop_ref(job->loop);
    hence_call_soon_threadsafe(loop, begun, NULL);
    job->square = job->x * job->x; /* hours of work */
    hence_call_soon_threadsafe_own(loop, job_done, job, job_drop);
    hence_loop_unref(loop); /* the job, with its own reference, is the loop's now */
    return NULL;
}
//! [post]
//! [thread]

static void begun(void *arg)
{
    (void)arg;
    begun_threads++;
}

static void job_done(void *arg)
{
    struct job *job = arg;
    hence_resolve(hence_promise_take(&job->promise), hence_int(job->square));
}

static void job_drop(void *arg)
{
    struct job *job = arg;
    hence_abandon(job->promise);
    hence_loop_unref(job->loop);
    free(job);
}

static void print_square(hence_loop *loop, int64_t x, hence_future *f)
{
    hence_result r = hence_loop_run_until_complete(loop, f);
    if (hence_is_int(&r))
        printf("%" PRId64 " squared is %" PRId64 "\n", x, hence_as_int(&r));
    else
        hence_failure_print(hence_as_failure(&r), stderr);
    hence_drop(r);
    hence_future_unref(f);
}
