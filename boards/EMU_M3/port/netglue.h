// Where lwIP runs: in PendSV, the lowest interrupt, and nowhere else while the interpreter holds the lock.
#pragma once
#include <stdbool.h>
#include <stdint.h>

void netglue_lock(void);
void netglue_unlock(void);
// Let lwIP run soon. From an interrupt handler.
void netglue_schedule(void);
// Called every millisecond.
void netglue_tick(uint32_t milliseconds);
void netglue_pendsv_handler(void);

// In network_lan.c, with the lock held or in PendSV: hand lwIP what has been received.
void network_lan_poll(void);
