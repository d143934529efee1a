/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The protocol of the loop's door (lib/loop/door.c): threads push parcels on a stack, and who finds it empty
 * writes to the eventfd; the loop sleeps until that is readable, reads it (or is told of the write once, which is
 * the same here), and takes the whole stack. While it is at work a mark in the place of the empty stack says that it
 * need not be woken; before it sleeps it takes the mark away, or finds what has come. It may close at any time. Parcels that have been called are free, and
 * taken again at once, so a thread may compare with the address of another parcel than the one it saw.
 *
 * No parcel is lost, called twice, or called out of order; at most one wake-up is on its way; in the end each
 * was called, dropped or refused (never with the loop asleep: that is an invalid end state, or a cycle).
 */
#ifndef PRODUCERS
#define PRODUCERS 3
#endif
#ifndef POSTS
#define POSTS 2
#endif
#define SLOTS  (PRODUCERS * POSTS)
#define NONE   255
#define CLOSED 254
#define AWAKE  253

byte top = NONE;
byte next[SLOTS];
byte owner[SLOTS];    /* of the parcel in the slot: 0 for a free one */
byte number[SLOTS];   /* among those of its producer */
byte expected[PRODUCERS + 1];
byte wakeups;         /* what the eventfd counts */
byte called, dropped, refused;
bool is_closed;

inline exchange(taken, by)
{
    d_step { taken = top; top = by }
}

/* Takes the parcels one by one, the last one first; in_order holds them the other way round. */
inline reverse(taken, in_order, after)
{
    d_step {
        in_order = NONE;
        do
        :: taken == NONE || taken == CLOSED || taken == AWAKE -> break
        :: else -> after = next[taken]; next[taken] = in_order; in_order = taken; taken = after
        od;
        after = 0
    }
}

proctype producer(byte self)
{
    byte post = 0, seen, slot;
    bool is_in;
    do
    :: post < POSTS ->
        d_step {
            slot = 0;
            do
            :: owner[slot] -> slot++
            :: else -> break
            od;
            owner[slot] = self;
            number[slot] = post
        };
        seen = top;
        is_in = false;
        do
        :: seen == CLOSED -> break
        :: else ->
            next[slot] = (seen == AWAKE -> NONE : seen);
            d_step {
                if
                :: top == seen -> top = slot; is_in = true
                :: else -> seen = top
                fi
            }
            if
            :: is_in -> break
            :: else -> skip
            fi
        od;
        if
        :: !is_in -> d_step { assert(is_closed); owner[slot] = 0; refused++ }
        :: is_in && seen == NONE -> d_step { wakeups++; assert(wakeups <= 1) }
        :: else -> skip
        fi;
        is_in = false;
        slot = 0;
        seen = 0;
        post++
    :: else -> break
    od
}

proctype loop()
{
    byte taken, in_order, after;
    bool sleeps;
    do
    :: wakeups > 0 ->
        wakeups = 0;
        exchange(taken, AWAKE);
again:
        reverse(taken, in_order, after);
        do
        :: in_order != NONE ->
            d_step {
                assert(owner[in_order] && number[in_order] >= expected[owner[in_order]]);
                expected[owner[in_order]] = number[in_order] + 1;
                after = next[in_order];
                owner[in_order] = 0;
                in_order = after;
                after = 0;
                called++
            }
        :: else -> break
        od;
        in_order = 0;
#ifdef STAYS_AWAKE /* a mistake */
        sleeps = true;
#else
#ifdef FORGETS_AWAKE /* another one */
        d_step { sleeps = true; top = NONE };
#else
        d_step { sleeps = (top == AWAKE); top = (sleeps -> NONE : top) };
#endif
#endif
        if
        :: !sleeps -> exchange(taken, AWAKE); goto again
        :: else -> sleeps = false
        fi
    :: called + dropped + refused == PRODUCERS * POSTS -> break
#ifdef CLOSES
    :: !is_closed ->
        is_closed = true;
        exchange(taken, CLOSED);
        reverse(taken, in_order, after);
        do
        :: in_order != NONE ->
            d_step { after = next[in_order]; owner[in_order] = 0; in_order = after; after = 0; dropped++ }
        :: else -> break
        od;
        break
#endif
    od
}

init {
    byte i = 1;
    atomic {
        do
        :: i <= PRODUCERS -> run producer(i); i++
        :: else -> break
        od;
        run loop()
    }
}

ltl none_is_lost { <> (called + dropped + refused == PRODUCERS * POSTS) }
