// The LAN9118 Ethernet controller: frames in and out, no protocol.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETH_FRAME_MAX (1514) // without the frame check sequence, which the controller makes and checks

typedef struct {
    uint32_t received, sent;
    uint32_t dropped; // received and not delivered: damaged, too long, or no memory for it
} eth_count_t;

// Reset the controller and let frames in; false when it does not come back from its reset.
bool eth_start(const uint8_t mac[6]);
void eth_stop(void);
// Whether a cable leads to something that is on.
bool eth_link(void);
// Send a frame of ETH_FRAME_MAX octets at most, of whole words (the last padded); false when there is no room now.
bool eth_send(const uint32_t *words, size_t n);
// The next received frame into words (at least ETH_FRAME_MAX octets); its length, 0 for a damaged one, -1 for none.
int eth_receive(uint32_t *words);
// The interrupt handler switches the receive interrupt off and calls netglue_schedule(); this switches it on again.
void eth_irq_rearm(void);
void eth_irq_handler(void);
