/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HENCE_BASE_H
#define HENCE_BASE_H

/**
 * @file
 * What every part of hence rests on: where memory comes from, and where reports go.
 *
 * @defgroup hence_base Memory and reports
 * What every part of hence rests on: where memory comes from, and where reports go.
 * @{
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#if defined(__GNUC__)
#define HENCE_API_VARIABLE __attribute__((visibility("default")))
#if defined(__x86_64__) && !defined(__clang__) && !defined(HENCE_BUILDING)
#define HENCE_API __attribute__((noplt)) /* called through a pointer, not by a jump to a jump */
#else
#define HENCE_API HENCE_API_VARIABLE
#endif
#define HENCE_MUST_USE                 __attribute__((warn_unused_result))
#define HENCE_FORMAT(fmt_index, first) __attribute__((format(printf, fmt_index, first)))
#define HENCE_LIKELY(condition)        __builtin_expect(!!(condition), 1)
#define HENCE_UNLIKELY(condition)      __builtin_expect(!!(condition), 0)
#else
#define HENCE_API
#define HENCE_API_VARIABLE
#define HENCE_MUST_USE
#define HENCE_FORMAT(fmt_index, first)
#define HENCE_LIKELY(condition)   (condition)
#define HENCE_UNLIKELY(condition) (condition)
#endif

#ifdef __cplusplus
#define HENCE_BEGIN_DECLS extern "C" {
#define HENCE_END_DECLS   }
#else
#define HENCE_BEGIN_DECLS
#define HENCE_END_DECLS
#endif

#define HENCE_STRING_(x) #x
#define HENCE_STRING(x)  HENCE_STRING_(x)

/**
 * The line that it stands on, as a string literal: `"fetch.c:42"`. What makes an object or a
 * failure remembers it, and reports show it.
 */
#define HENCE_SITE __FILE__ ":" HENCE_STRING(__LINE__)

/**
 * A string literal as the argument of a step, which is a `void *`: `HENCE_TEXT("no address")` for
 * hence_log_error(). The step must not write to it.
 */
#define HENCE_TEXT(literal) ((void *)(uintptr_t)("" literal))

HENCE_BEGIN_DECLS

/** A failure: see @ref hence_value. */
typedef struct hence_failure hence_failure;

/** A loop: see @ref hence_loop. */
typedef struct hence_loop hence_loop;

/** What ends the life of something that was handed over: runs exactly once. */
typedef void hence_drop_fn(void *p);

/**
 * @brief Where the library's memory comes from.
 *
 * The three functions behave as malloc(), realloc() and free() do, with @p arg as a last
 * argument. They may be called on any thread.
 */
typedef struct hence_allocator {
    void *(*allocate)(size_t size, void *arg);        /**< as malloc(); NULL when there is none */
    void *(*resize)(void *p, size_t size, void *arg); /**< as realloc() */
    void (*release)(void *p, void *arg);              /**< as free(); never called with NULL */
    void *arg;                                        /**< handed to all three */
} hence_allocator;

/**
 * @brief Take all further memory from @p allocator instead of malloc().
 *
 * Call it before anything else of the library: what was allocated earlier would be released by
 * the wrong function. With an allocator of your own the library keeps no freed memory back: each
 * object is one call to `allocate` and one to `release`.
 *
 * @param allocator  copied; NULL means malloc() again
 *
 * @retval 0        done
 * @retval -EINVAL  one of the three functions is missing
 * @retval -EBUSY   the library has allocated memory already
 *
 * @threading{Before any other thread uses the library.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 22_allocator.c set-allocator
 */
HENCE_API int hence_set_allocator(const hence_allocator *allocator);

/** What a report is about. */
typedef enum hence_report_kind {
    HENCE_REPORT_UNHANDLED = 1,   /**< a Deferred let go with a failure that nobody handled */
    HENCE_REPORT_NEVER_RETRIEVED, /**< a Future let go with a failure that nobody looked at */
    HENCE_REPORT_MISUSE,          /**< a call refused, because the program made a mistake */
    HENCE_REPORT_WRONG_THREAD,    /**< a call refused, because it came from a foreign thread */
    HENCE_REPORT_LEFT_BEHIND,     /**< something was still there when what it needs went away */
    HENCE_REPORT_LOGGED           /**< a failure that the program wanted told: hence_log_error() */
} hence_report_kind;

/**
 * @brief Something that a person should know and that no caller can be told.
 *
 * Lent to the handler for the duration of the call.
 */
typedef struct hence_report hence_report;
struct hence_report {
    hence_report_kind kind;       /**< what it is about */
    const char *message;          /**< one line, without a newline */
    const hence_failure *failure; /**< the failure that was lost, or NULL */
    const char *made;             /**< where the object that it is about was made, or NULL */
    const char *resolved;         /**< where it was resolved, or NULL: hence_set_debugging() */
    const char *here;             /**< the line of the call that was refused, or NULL */
    hence_loop *loop;             /**< the loop that it concerns, or NULL */
    void (*print)(const hence_report *report, FILE *out); /**< see hence_report_print() */
};

/** Receives reports. It must not call back into the object that a report is about. */
typedef void hence_report_handler(const hence_report *report, void *arg);

/**
 * @brief Send the reports of this thread to @p handler instead of stderr.
 *
 * A failure that nobody handled, a call that was refused: see #hence_report_kind. A report that
 * concerns a loop goes to that loop's own handler first, if it has one:
 * hence_loop_set_exception_handler(). A handler that itself causes a report sends that one to
 * stderr.
 *
 * @param handler  NULL: stderr again
 * @param arg      handed to @p handler
 *
 * @threading{Each thread has a handler of its own.}
 * @complexity{O(1); nothing is allocated.}
 * @since 0.1
 * @snippet 21_reports.c report-handler
 */
HENCE_API void hence_set_report_handler(hence_report_handler *handler, void *arg);

/**
 * @brief Write a report as text: the message, the failure with its causes, and the birth lines.
 *
 * This is what the default handler does with stderr.
 *
 * @param report  lent
 * @param out     where to
 *
 * @threading{Where the handler was called.}
 * @complexity{O(number of causes).}
 * @since 0.1
 * @snippet 21_reports.c handler
 */
HENCE_API void hence_report_print(const hence_report *report, FILE *out);

/**
 * @brief Let Deferreds remember where they were resolved.
 *
 * Where a Deferred was made is always known. While debugging is on, those that are made also remember
 * the line that resolves them, and reports tell it: that of a failure that nobody handled, and that of a
 * promise that is resolved a second time. Each costs one more block of memory.
 *
 * @param on  for the Deferreds that are made from now on, by any thread
 * @threading{Any.}
 * @complexity{O(1).}
 * @see hence_deferred_resolved_site()
 * @since 0.1
 * @snippet 37_debugging.c debugging
 */
HENCE_API void hence_set_debugging(bool on);

/**
 * @brief Is debugging on?
 * @return what hence_set_debugging() was given last; false in the beginning
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 37_debugging.c debugging
 */
HENCE_API bool hence_get_debugging(void);

/** The version of these headers, as one number that grows: 0.1.0 is 100. */
#define HENCE_VERSION_NUMBER 100

/**
 * @brief The version of the library that runs, in the form of #HENCE_VERSION_NUMBER.
 *
 * @return the number: at least the one that the program was compiled with
 *
 * @threading{Any.}
 * @complexity{O(1).}
 * @since 0.1
 * @snippet 28_loop_life.c version
 */
HENCE_API int hence_version_number(void);

HENCE_END_DECLS

/** @} */

#endif
