/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Coroutines in C++, for the gate "coroutines": exceptions are thrown and caught in them, and they wait in the
 * middle of a catch block while others throw and catch theirs. Prints "ok".
 */
#include <hence/hence.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

static int wrong;

/* Its own exception is the one that `throw;` throws again after a wait, whatever others have done. */
static void wait_in_catch_block(const std::string &name)
{
    try {
        try {
            throw std::runtime_error(name);
        } catch (const std::exception &e) {
            hence_co_yield();
            wrong += name != e.what();
            wrong += std::current_exception() == nullptr;
            throw;
        }
    } catch (const std::runtime_error &e) {
        hence_co_yield();
        wrong += name != e.what();
    }
    wrong += std::current_exception() != nullptr;
}

/* Waits while it is unwound, and counts its own exceptions only. */
struct waits_at_its_end {
    ~waits_at_its_end()
    {
        wrong += std::uncaught_exceptions() != 1;
        hence_co_yield();
        wrong += std::uncaught_exceptions() != 1;
    }
};

static hence_result work(void *arg)
{
    const std::string name = static_cast<const char *>(arg);
    for (int i = 0; i < 10; i++) {
        wait_in_catch_block(name + std::to_string(i));
        try {
            waits_at_its_end it;
            throw i;
        } catch (int n) {
            wrong += n != i;
        }
        wrong += std::uncaught_exceptions() != 0;
    }
    return hence_none();
}

/* Catches what a generator's caller has nothing to do with. */
static hence_result throw_inside(hence_generator *g, void *)
{
    for (int i = 0; i < 3; i++) {
        try {
            throw std::logic_error("inside");
        } catch (const std::logic_error &e) {
            hence_result r = hence_yield(g, hence_int(i));
            wrong += std::string("inside") != e.what();
            if (hence_is_failure(&r))
                return r;
        }
    }
    return hence_none();
}

static void ask_in_catch_block()
{
    hence_result r;
    hence_generator *g = hence_generator_new(throw_inside, nullptr);
    try {
        try {
            throw std::runtime_error("outside");
        } catch (const std::exception &) {
            wrong += !hence_generator_next(g, &r);
            wrong += !hence_generator_next(g, &r);
            throw;
        }
    } catch (const std::runtime_error &e) {
        wrong += std::string("outside") != e.what();
    }
    hence_generator_unref(g);
}

int main()
{
    char names[][2] = {"a", "b", "c"};
    hence_future *tasks[3];
    hence_loop *loop = hence_loop_new(nullptr);
    for (int i = 0; i < 3; i++)
        tasks[i] = hence_spawn(loop, work, names[i]);
    hence_future *all = hence_gather(loop, tasks, 3, 0);
    hence_future_unref_all(tasks, 3);
    hence_result r = hence_loop_run_until_complete(loop, all);
    wrong += !hence_is_value(&r);
    hence_drop(r);
    hence_future_unref(all);
    hence_loop_free(loop);
    ask_in_catch_block();
    std::puts(wrong ? "wrong" : "ok");
    return wrong != 0;
}
