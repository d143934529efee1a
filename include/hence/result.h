/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_RESULT_H
#define HENCE_RESULT_H

/**
 * @file
 * Results: what travels through Deferreds and Futures.
 *
 * @defgroup hence_value Results and failures
 * A result is a value or a failure. It is two machine words, passed by value, and it carries its
 * own destructor: whoever drops it cannot leak it.
 *
 * A result is *owned* by whoever has it as a `hence_result`, and must go somewhere: be returned,
 * handed to a call that takes it, or given to hence_drop(). A `hence_result *` is *lent*: look at
 * it with the accessors, or move it out with hence_take().
 * @{
 */

#include <string.h>

#include <hence/base.h>

HENCE_BEGIN_DECLS

/** What `kind` holds when it is not a destructor. For the accessors; no program needs them. */
enum hence_result_kind {
    HENCE_KIND_NONE = 0,
    HENCE_KIND_INT = 1,
    HENCE_KIND_REAL = 2,
    HENCE_KIND_PTR = 3,
    HENCE_KIND_FAILURE = 4,
    HENCE_KIND_SHARED = 5, /* refers to a value that a Future keeps */
    HENCE_KIND_CHAIN = 6,  /* "what another one will give" */
    HENCE_KIND_LAST = 15   /* above this, kind is the address of a destructor */
};

/**
 * @brief A value or a failure, by value.
 *
 * Treat it as opaque: `kind` says what `word` is, and for an owned pointer it *is* the destructor.
 */
typedef struct hence_result {
    uint64_t kind; /**< the destructor's address, or one of #hence_result_kind */
    uint64_t word; /**< the number, or the pointer */
} hence_result;

/** A Deferred: see @ref hence_deferred. */
typedef struct hence_deferred hence_deferred;
/** A Future: see @ref hence_future. */
typedef struct hence_future hence_future;

/**
 * @brief One step of a chain: gets a result lent, returns a result.
 *
 * What it leaves in @p in the library destroys, as soon as the outcome of the step is known: at
 * once, or, when the step returns a chain (hence_chain(), hence_chain_future()), when that has
 * given its result. `return hence_take(in);` passes the input on, and so does `return *in;`: so who
 * returns a further reference to the very same value or failure must take or drop the input first.
 *
 * @param in   lent: the value, or the failure
 * @param arg  what was given along with the step
 * @return the result for the next step
 */
typedef hence_result hence_step(hence_result *in, void *arg);

/**
 * @brief A function that gives a result: a value, a failure, or a chain to wait for.
 * @param arg  what was given along with the function
 * @return the result, which is its caller's
 */
typedef hence_result hence_result_fn(void *arg);

/** The in/out form of hence_step(), for languages that cannot return a structure from a callback:
 * takes what is in @p in_out and leaves the outcome there. */
typedef void hence_step_in_out(hence_result *in_out, void *arg);

/** The codes of the failures that the library itself makes: those of #hence_domain_hence. */
typedef enum hence_error {
    HENCE_ENOMEM = 10001, /**< out of memory */
    HENCE_ECANCELLED,     /**< cancelled */
    HENCE_EABANDONED,     /**< whoever should have given the result let go without one */
    HENCE_EDEADLK,        /**< waits for itself, directly or in a circle */
    HENCE_ETAKEN,         /**< the result went to another consumer already */
    HENCE_EPENDING,       /**< there is no result yet */
    HENCE_ESTOPPED,       /**< stopped before the result came: a loop, a task */
    HENCE_ECLOSED,        /**< the loop is closed */
    HENCE_EINVAL,         /**< not something that can be used here: a programming error */
    HENCE_ETIMEDOUT,      /**< it took too long */
    HENCE_EFAILED,        /**< what was tried did not work: the cause says why */
    HENCE_EFIRST,         /**< one of several failed: see hence_failure_index(), and the cause */
    HENCE_EGROUP,         /**< several failed: see hence_failure_member() */
    HENCE_EEND,           /**< there is no further one: the end of what is asked for one by one */
    HENCE_EFULL,          /**< there is no room for it now */
    HENCE_EDIED,          /**< the thread that was at it has ended */
    HENCE_ESHUTDOWN,      /**< it was shut down: nothing more goes in, or comes out */
    HENCE_EBROKEN         /**< it is broken: a barrier, or an executor whose threads cannot begin */
} hence_error;

/**
 * @brief Whose codes a failure's code is one of.
 *
 * A program makes one for itself, as a static object, and its failures with hence_fail_in().
 * Domains are compared by address.
 */
typedef struct hence_domain {
    const char *name;                  /**< as it stands in messages: "hence", "errno" */
    const char *(*describe)(int code); /**< a few words about a code, never NULL; or NULL itself */
} hence_domain;

/**
 * The domain of #hence_error.
 * No sample: it is used as #hence_domain_errno is.
 * @since 0.1
 */
HENCE_API_VARIABLE extern const hence_domain hence_domain_hence;
/**
 * The domain of errno codes: hence_fail_errno().
 * @since 0.1
 * @snippet 15_failures.c find
 */
HENCE_API_VARIABLE extern const hence_domain hence_domain_errno;

/* ---- made ---------------------------------------------------------------------------------- */

/**
 * @brief The value that says nothing but "done".
 * @return a result
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 26_results.c made
 */
HENCE_API HENCE_MUST_USE inline hence_result hence_none(void);

/**
 * @brief An integer.
 * @param i  the number
 * @return a result
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 26_results.c made
 */
HENCE_API HENCE_MUST_USE inline hence_result hence_int(int64_t i);

/**
 * @brief A floating-point number.
 * @param x  the number
 * @return a result
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 26_results.c made
 */
HENCE_API HENCE_MUST_USE inline hence_result hence_real(double x);

/**
 * @brief A pointer that is only lent: nobody frees it through the result.
 * @param p  anything, also NULL; it must outlive the result
 * @return a result
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 26_results.c made
 */
HENCE_API HENCE_MUST_USE inline hence_result hence_ptr(void *p);

/**
 * @brief A pointer that the result owns: `destroy(p)` runs exactly once, when it is dropped.
 *
 * The destructor is also the type: hence_as() gives @p p back only to who names it.
 *
 * @param p        taken. NULL, which is what a failed allocation gives, makes the out-of-memory
 *                 failure, so that `hence_own(strdup(s), free)` is right as it stands
 * @param destroy  what ends it; NULL is the same as hence_ptr()
 * @return a result
 * @threading{Any; the result is for one thread at a time.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 26_results.c own
 */
HENCE_API HENCE_MUST_USE inline hence_result hence_own(void *p, hence_drop_fn *destroy);

/**
 * @brief A failure in hence's own domain, with a message. The macro hence_fail() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param code  one of #hence_error
 * @param fmt   the message, as for printf(); NULL for none
 * @return a result; the out-of-memory failure if there was no memory for it
 * @threading{Any.}
 * @complexity{O(length of the message); one allocation.}
 * @since 0.1
 * @snippet 15_failures.c fail
 */
HENCE_API HENCE_MUST_USE hence_result hence_fail_at(const char *site, int code, const char *fmt,
                                                    ...) HENCE_FORMAT(3, 4);
/**
 * A failure in hence's own domain: hence_fail_at() with the line that this stands on.
 * @snippet 15_failures.c fail
 */
#define hence_fail(code, ...) hence_fail_at(HENCE_SITE, (code), __VA_ARGS__)

/**
 * @brief A failure in the errno domain. The macro hence_fail_errno() adds the line.
 *
 * @param site  a string that lives for ever: #HENCE_SITE; or NULL
 * @param err   an errno code, such as ENOENT
 * @param fmt   the message, as for printf(); NULL for none
 * @return a result; the out-of-memory failure if there was no memory for it
 * @threading{Any.}
 * @complexity{O(length of the message); one allocation.}
 * @since 0.1
 * @snippet 15_failures.c fail-errno
 */
HENCE_API HENCE_MUST_USE hence_result hence_fail_errno_at(const char *site, int err,
                                                          const char *fmt, ...) HENCE_FORMAT(3, 4);
/**
 * A failure in the errno domain: hence_fail_errno_at() with the line that this stands on.
 * @snippet 15_failures.c fail-errno
 */
#define hence_fail_errno(err, ...) hence_fail_errno_at(HENCE_SITE, (err), __VA_ARGS__)

/**
 * @brief A failure with the one that caused it. The macro hence_fail_because() adds the line.
 *
 * @param site   a string that lives for ever: #HENCE_SITE; or NULL
 * @param cause  taken; NULL for none
 * @param code   one of #hence_error
 * @param fmt    the message, as for printf(); NULL for none
 * @return a result; the out-of-memory failure if there was no memory for it
 * @threading{Any.}
 * @complexity{O(length of the message); one allocation.}
 * @since 0.1
 * @snippet 15_failures.c because
 */
HENCE_API HENCE_MUST_USE hence_result hence_fail_because_at(const char *site, hence_failure *cause,
                                                            int code, const char *fmt, ...)
    HENCE_FORMAT(4, 5);
/**
 * A failure with its cause: hence_fail_because_at() with the line that this stands on.
 * @snippet 15_failures.c because
 */
#define hence_fail_because(cause, code, ...)                                                       \
    hence_fail_because_at(HENCE_SITE, (cause), (code), __VA_ARGS__)

/**
 * @brief A failure in any domain, the program's own too. The macro hence_fail_in() adds the line.
 *
 * @param site    a string that lives for ever: #HENCE_SITE; or NULL
 * @param domain  whose code it is; must outlive the failure
 * @param cause   taken; NULL for none
 * @param code    a code of that domain
 * @param fmt     the message, as for printf(); NULL for none
 * @return a result; the out-of-memory failure if there was no memory for it
 * @threading{Any.}
 * @complexity{O(length of the message); one allocation.}
 * @since 0.1
 * @snippet 15_failures.c fail-in
 */
HENCE_API HENCE_MUST_USE hence_result hence_fail_in_at(const char *site, const hence_domain *domain,
                                                       hence_failure *cause, int code,
                                                       const char *fmt, ...) HENCE_FORMAT(5, 6);
/**
 * A failure in any domain: hence_fail_in_at() with the line that this stands on.
 * @snippet 15_failures.c fail-in
 */
#define hence_fail_in(domain, cause, code, ...)                                                    \
    hence_fail_in_at(HENCE_SITE, (domain), (cause), (code), __VA_ARGS__)

/**
 * @brief One of the failures that exist from the start: making it needs no memory.
 *
 * @param code  one of #hence_error
 * @return a result that holds it
 * @threading{Any.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 16_two_shapes.c both
 */
HENCE_API HENCE_MUST_USE hence_result hence_fail_static(hence_error code);

/**
 * @brief A result from a failure that one has: to pass on what hence_take_failure() gave.
 *
 * @param failure  taken; NULL makes the out-of-memory failure
 * @return a result
 * @threading{Any.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 15_failures.c hold
 */
HENCE_API HENCE_MUST_USE hence_result hence_fail_with(hence_failure *failure);

/* ---- asked --------------------------------------------------------------------------------- */

/**
 * @brief Is it a failure?
 * @param in  lent
 * @return true for a failure, false for a value or a chain
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 15_failures.c because
 */
HENCE_API inline bool hence_is_failure(const hence_result *in);

/**
 * @brief Is it a value?
 * @param in  lent
 * @return true for a value, also hence_none(); false for a failure or a chain
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 05_say_something.c run-until-complete
 */
HENCE_API inline bool hence_is_value(const hence_result *in);

/**
 * @brief Is it hence_none()?
 * @param in  lent
 * @return true if so
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 26_results.c asked
 */
HENCE_API inline bool hence_is_none(const hence_result *in);

/**
 * @brief Is it an integer?
 * @param in  lent
 * @return true if so
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 26_results.c asked
 */
HENCE_API inline bool hence_is_int(const hence_result *in);

/**
 * @brief Is it a floating-point number?
 * @param in  lent
 * @return true if so
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 26_results.c asked
 */
HENCE_API inline bool hence_is_real(const hence_result *in);

/**
 * @brief Is it a pointer, lent or owned?
 * @param in  lent
 * @return true if so
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 26_results.c asked
 */
HENCE_API inline bool hence_is_ptr(const hence_result *in);

/**
 * @brief Is it a chain: what another Deferred or Future will give?
 * @param in  lent
 * @return true if so. A step never receives one
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 26_results.c take
 */
HENCE_API inline bool hence_is_chain(const hence_result *in);

/**
 * @brief Is it the failure with this code in this domain?
 * @param in      lent
 * @param domain  whose code: codes mean nothing without it
 * @param code    which
 * @return true if so; the causes are not searched
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 15_failures.c find
 */
HENCE_API bool hence_is_failure_of(const hence_result *in, const hence_domain *domain, int code);

/**
 * @brief Is it a failure that says "cancelled"?
 * @param in  lent
 * @return true for #HENCE_ECANCELLED
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 12_cancel.c is-cancelled
 */
HENCE_API bool hence_is_cancelled(const hence_result *in);

/* ---- looked at ----------------------------------------------------------------------------- */

/**
 * @brief The integer.
 * @param in  lent
 * @return the number; 0 if it is anything else
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 02_slow_square_future.c done-callback
 */
HENCE_API inline int64_t hence_as_int(const hence_result *in);

/**
 * @brief The floating-point number.
 * @param in  lent
 * @return the number; 0.0 if it is anything else
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 26_results.c asked
 */
HENCE_API inline double hence_as_real(const hence_result *in);

/**
 * @brief The pointer, whatever its type.
 * @param in  lent
 * @return the pointer, lent as long as the result lives; NULL if it is anything else
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 26_results.c asked
 */
HENCE_API inline void *hence_as_ptr(const hence_result *in);

/**
 * @brief The pointer, if it is an owned one of this type: one with this destructor.
 * @param in       lent
 * @param destroy  the destructor that it was made with
 * @return the pointer, lent as long as the result lives; NULL if it is anything else
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 11_returned_deferred.c chain
 */
HENCE_API inline void *hence_as(const hence_result *in, hence_drop_fn *destroy);

/**
 * @brief The failure.
 * @param in  lent
 * @return the failure, lent as long as the result lives; NULL if it is anything else
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 10_chains_and_errors.c handle
 */
HENCE_API inline const hence_failure *hence_as_failure(const hence_result *in);

/* ---- moved --------------------------------------------------------------------------------- */

/**
 * @brief Move the result out: @p in becomes hence_none(), the return value is yours.
 *
 * From a value that a Future keeps, and that others read too, the *reference* is moved.
 *
 * @param in  lent, and emptied
 * @return what was in it
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 12_cancel.c is-cancelled
 */
HENCE_API HENCE_MUST_USE inline hence_result hence_take(hence_result *in);

/**
 * @brief Move an owned pointer out: it is yours to destroy, and @p in becomes hence_none().
 *
 * @param in       lent, and emptied if it held such a pointer
 * @param destroy  the destructor that it was made with
 * @return the pointer; NULL, and @p in untouched, if it is of another type or shared: a value
 *         that a Future keeps belongs to all its readers, also to a single one. So what hence_await() or
 *         hence_future_result() gave cannot be moved out: copy it, or have the value counted
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 26_results.c take
 */
HENCE_API HENCE_MUST_USE inline void *hence_take_ptr(hence_result *in, hence_drop_fn *destroy);

/**
 * @brief Move the failure out: a reference is yours, and @p in becomes hence_none().
 *
 * @param in  lent, and emptied if it held a failure
 * @return the failure, for hence_fail_because(), hence_fail_with() or hence_failure_unref(); NULL,
 *         and @p in untouched, if it is anything else
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 15_failures.c because
 */
HENCE_API HENCE_MUST_USE inline hence_failure *hence_take_failure(hence_result *in);

/**
 * @brief Destroy a result: its destructor runs; a chain is let go.
 * @param r  taken
 * @threading{Where the result is.}
 * @complexity{O(1), and what the destructor takes.}
 * @since 0.1
 * @snippet 02_slow_square_future.c done-callback
 */
HENCE_API inline void hence_drop(hence_result r);

/* ---- failures ------------------------------------------------------------------------------ */

/**
 * @brief One more reference to a failure.
 * @param failure  lent; NULL gives NULL
 * @return the same failure, yours
 * @threading{Any: a failure never changes, and its count is atomic.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 15_failures.c hold
 */
HENCE_API hence_failure *hence_failure_ref(const hence_failure *failure);

/**
 * @brief One reference less; the last one frees it, and its causes.
 * @param failure  taken; NULL is accepted
 * @return NULL
 * @threading{Any.}
 * @complexity{O(1); O(number of causes) for the last one, in constant stack.}
 * @since 0.1
 * @snippet 15_failures.c hold
 */
HENCE_API hence_failure *hence_failure_unref(hence_failure *failure);

/**
 * @brief Whose code it is.
 * @param failure  lent
 * @return the domain; NULL for NULL
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 15_failures.c cause
 */
HENCE_API const hence_domain *hence_failure_domain(const hence_failure *failure);

/**
 * @brief The code.
 * @param failure  lent
 * @return a code of hence_failure_domain(); 0 for NULL
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 15_failures.c cause
 */
HENCE_API int hence_failure_code(const hence_failure *failure);

/**
 * @brief The message.
 * @param failure  lent
 * @return the message, lent as long as the failure lives; what the domain says about the code if
 *         it was made without one; never NULL
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 24_error_first.c as
 */
HENCE_API const char *hence_failure_message(const hence_failure *failure);

/**
 * @brief The failure that caused it.
 * @param failure  lent
 * @return lent as long as @p failure lives; NULL if there is none
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 15_failures.c cause
 */
HENCE_API const hence_failure *hence_failure_cause(const hence_failure *failure);

/**
 * @brief The line where it was made.
 * @param failure  lent
 * @return such as "fetch.c:42"; NULL for the failures that exist from the start
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 15_failures.c look
 */
HENCE_API const char *hence_failure_site(const hence_failure *failure);

/**
 * @brief Which of the inputs of a combinator failed: in a failure that has the input's as its cause.
 * @param failure  lent
 * @return its place among the inputs, from 0; SIZE_MAX if it does not come from a combinator
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 33_deferred_list.c first
 */
HENCE_API size_t hence_failure_index(const hence_failure *failure);

/**
 * @brief How many failures a group holds: what a race gives when all its inputs failed.
 * @param failure  lent
 * @return their number; 0 if it is not a group
 * @threading{Any.}
 * @complexity{O(1).}
 * @see hence_failure_member()
 * @since 0.1
 * @snippet 34_race.c group
 */
HENCE_API size_t hence_failure_count(const hence_failure *failure);

/**
 * @brief One of the failures of a group, in the order of the inputs.
 * @param failure  lent
 * @param i        which, from 0
 * @return lent as long as @p failure lives; NULL if there is no such
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 34_race.c group
 */
HENCE_API const hence_failure *hence_failure_member(const hence_failure *failure, size_t i);

/**
 * @brief The first failure with this code among @p failure, its causes, and the members of groups, which
 * are looked into when they stand in at most seven others.
 * @param failure  lent; NULL gives NULL
 * @param domain   whose code
 * @param code     which
 * @return lent as long as @p failure lives; NULL if there is none
 * @threading{Any.}
 * @complexity{O(number of causes).}
 * @since 0.1
 * @snippet 15_failures.c find
 */
HENCE_API const hence_failure *hence_failure_find(const hence_failure *failure,
                                                  const hence_domain *domain, int code);

/**
 * @brief Write a failure with all its causes as one paragraph.
 *
 * @verbatim
       cannot load the page [demo 7 at page.c:31]: the connection was lost [errno 104 at net.c:8]
   @endverbatim
 *
 * @param failure  lent
 * @param out      where to
 * @threading{Any.}
 * @complexity{O(number of causes); nothing is allocated.}
 * @since 0.1
 * @snippet 15_failures.c print
 */
HENCE_API void hence_failure_print(const hence_failure *failure, FILE *out);

/**
 * @brief The same paragraph as hence_failure_print(), into a buffer.
 *
 * @param failure  lent
 * @param buffer   gets the text, cut to @p size - 1 characters, and a final 0; NULL if @p size is 0
 * @param size     its size in bytes
 * @return the length that the whole text has, as snprintf() gives it
 * @threading{Any.}
 * @complexity{O(number of causes); nothing is allocated.}
 * @since 0.1
 * @snippet 15_failures.c describe
 */
HENCE_API size_t hence_failure_describe(const hence_failure *failure, char *buffer, size_t size);

/* ---- inline -------------------------------------------------------------------------------- */

/**
 * @brief The value that a shared result refers to; anything else is its own.
 *
 * No sample: for the accessors only.
 *
 * @param in  lent
 * @return lent
 * @threading{Where the result is.}
 * @complexity{O(1).}
 * @since 0.1
 */
HENCE_API const hence_result *hence_look_through(const hence_result *in);
/**
 * @brief What hence_drop() does for results that own something.
 *
 * No sample: for the accessors only.
 *
 * @param r  taken
 * @threading{Where the result is.}
 * @complexity{O(1), and what the destructor takes.}
 * @since 0.1
 */
HENCE_API void hence_drop_owner(hence_result r);

inline hence_result hence_none(void)
{
    hence_result r = {HENCE_KIND_NONE, 0};
    return r;
}

inline hence_result hence_int(int64_t i)
{
    hence_result r = {HENCE_KIND_INT, (uint64_t)i};
    return r;
}

inline hence_result hence_real(double x)
{
    hence_result r = {HENCE_KIND_REAL, 0};
    memcpy(&r.word, &x, sizeof x);
    return r;
}

inline hence_result hence_ptr(void *p)
{
    hence_result r = {HENCE_KIND_PTR, (uint64_t)(uintptr_t)p};
    return r;
}

inline hence_result hence_own(void *p, hence_drop_fn *destroy)
{
    hence_result r = {(uint64_t)(uintptr_t)destroy, (uint64_t)(uintptr_t)p};
    if (HENCE_UNLIKELY(!destroy))
        return hence_ptr(p);
    if (HENCE_UNLIKELY(!p))
        return hence_fail_static(HENCE_ENOMEM);
    return r;
}

inline bool hence_is_failure(const hence_result *in)
{
    return in->kind == HENCE_KIND_FAILURE;
}

inline bool hence_is_chain(const hence_result *in)
{
    return in->kind == HENCE_KIND_CHAIN;
}

inline bool hence_is_value(const hence_result *in)
{
    return in->kind != HENCE_KIND_FAILURE && in->kind != HENCE_KIND_CHAIN;
}

inline bool hence_is_none(const hence_result *in)
{
    return in->kind == HENCE_KIND_NONE;
}

inline bool hence_is_int(const hence_result *in)
{
    return in->kind == HENCE_KIND_INT;
}

inline bool hence_is_real(const hence_result *in)
{
    return in->kind == HENCE_KIND_REAL;
}

inline bool hence_is_ptr(const hence_result *in)
{
    return in->kind > HENCE_KIND_LAST || in->kind == HENCE_KIND_PTR ||
           in->kind == HENCE_KIND_SHARED;
}

inline int64_t hence_as_int(const hence_result *in)
{
    return in->kind == HENCE_KIND_INT ? (int64_t)in->word : 0;
}

inline double hence_as_real(const hence_result *in)
{
    double x = 0.0;
    if (in->kind == HENCE_KIND_REAL)
        memcpy(&x, &in->word, sizeof x);
    return x;
}

inline void *hence_as_ptr(const hence_result *in)
{
    const hence_result *seen = in->kind == HENCE_KIND_SHARED ? hence_look_through(in) : in;
    if (seen->kind > HENCE_KIND_LAST || seen->kind == HENCE_KIND_PTR)
        return (void *)(uintptr_t)seen->word;
    return NULL;
}

inline void *hence_as(const hence_result *in, hence_drop_fn *destroy)
{
    const hence_result *seen = in->kind == HENCE_KIND_SHARED ? hence_look_through(in) : in;
    if (destroy && seen->kind == (uint64_t)(uintptr_t)destroy)
        return (void *)(uintptr_t)seen->word;
    return NULL;
}

inline const hence_failure *hence_as_failure(const hence_result *in)
{
    if (in->kind == HENCE_KIND_FAILURE)
        return (const hence_failure *)(uintptr_t)in->word;
    return NULL;
}

inline hence_result hence_take(hence_result *in)
{
    hence_result r = *in;
    in->kind = HENCE_KIND_NONE;
    in->word = 0;
    return r;
}

inline void *hence_take_ptr(hence_result *in, hence_drop_fn *destroy)
{
    if (!destroy || in->kind != (uint64_t)(uintptr_t)destroy)
        return NULL;
    return (void *)(uintptr_t)hence_take(in).word;
}

inline hence_failure *hence_take_failure(hence_result *in)
{
    if (in->kind != HENCE_KIND_FAILURE)
        return NULL;
    return (hence_failure *)(uintptr_t)hence_take(in).word;
}

inline void hence_drop(hence_result r)
{
    if (r.kind > HENCE_KIND_PTR)
        hence_drop_owner(r);
}

HENCE_END_DECLS

/** @} */

#endif
