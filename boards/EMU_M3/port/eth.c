// Everything goes word by word through four FIFOs: receive data and status, transmit data and status.
#include "board.h"
#include "eth.h"
#include "netglue.h"

#define ETH(offset) BOARD_REG(0x40200000 + (offset))
#define RX_DATA ETH(0x00)
#define TX_DATA ETH(0x20)
#define RX_STATUS ETH(0x40)
#define TX_STATUS ETH(0x48)
#define IRQ_CFG ETH(0x54)
#define INT_STS ETH(0x58)
#define INT_EN ETH(0x5C)
#define FIFO_INT ETH(0x68)
#define RX_CFG ETH(0x6C)
#define TX_CFG ETH(0x70)
#define HW_CFG ETH(0x74)
#define RX_DP_CTRL ETH(0x78)
#define RX_FIFO_INF ETH(0x7C)
#define TX_FIFO_INF ETH(0x80)
#define MAC_CSR_CMD ETH(0xA4)
#define MAC_CSR_DATA ETH(0xA8)

#define IRQ_ACTIVE_HIGH_PUSH_PULL_ENABLED (1u << 8 | 1u << 4 | 1u)
#define INT_RX_STATUS_LEVEL (1u << 3)
#define HW_SOFT_RESET (1u)
#define HW_MUST_BE_ONE (1u << 20)
#define HW_TX_FIFO_5K (5u << 16)
#define TX_ON (2u)
#define TX_FIRST_AND_LAST (1u << 13 | 1u << 12)
#define TX_COMMAND_WORDS (2)
#define RX_ERROR (1u << 15)
#define RX_FAST_FORWARD (1u << 31)
#define RX_FAST_FORWARD_LEAST (4) // words: shorter frames must be read out

#define MAC_BUSY (1u << 31)
#define MAC_READ (1u << 30)
enum { MAC_CR = 1, MAC_ADDRH = 2, MAC_ADDRL = 3, MAC_MII_ACC = 6, MAC_MII_DATA = 7 };
#define MAC_FULL_DUPLEX_TX_RX (1u << 20 | 1u << 3 | 1u << 2)
// IPv6 asks for the addresses of neighbours by multicast.
#define MAC_ALL_MULTICAST (1u << 19)
#define MII_STATUS (1u << 11 | 1u << 6 | 1u) // internal PHY, register 1: basic status; busy
#define PHY_LINK_UP (1u << 2)

#define FCS (4)
#define PATIENCE (100000) // turns of a loop that waits for the controller

static bool wait_clear(volatile uint32_t *reg, uint32_t bit) {
    for (int turns = 0; *reg & bit; turns++) {
        if (turns == PATIENCE) {
            return false;
        }
    }
    return true;
}

static bool mac_write(int reg, uint32_t value) {
    if (!wait_clear(&MAC_CSR_CMD, MAC_BUSY)) {
        return false;
    }
    MAC_CSR_DATA = value;
    MAC_CSR_CMD = MAC_BUSY | reg;
    return wait_clear(&MAC_CSR_CMD, MAC_BUSY);
}

static bool mac_read(int reg, uint32_t *value) {
    if (!wait_clear(&MAC_CSR_CMD, MAC_BUSY)) {
        return false;
    }
    MAC_CSR_CMD = MAC_BUSY | MAC_READ | reg;
    if (!wait_clear(&MAC_CSR_CMD, MAC_BUSY)) {
        return false;
    }
    *value = MAC_CSR_DATA;
    return true;
}

bool eth_link(void) {
    uint32_t status;
    return mac_write(MAC_MII_ACC, MII_STATUS) && mac_read(MAC_MII_DATA, &status) && status & PHY_LINK_UP;
}

bool eth_start(const uint8_t mac[6]) {
    HW_CFG = HW_SOFT_RESET;
    if (!wait_clear(&HW_CFG, HW_SOFT_RESET)) {
        return false;
    }
    HW_CFG = HW_MUST_BE_ONE | HW_TX_FIFO_5K;
    IRQ_CFG = IRQ_ACTIVE_HIGH_PUSH_PULL_ENABLED;
    FIFO_INT = 0; // one frame is enough for an interrupt
    INT_STS = 0xffffffff;
    bool done = mac_write(MAC_ADDRH, mac[4] | mac[5] << 8)
        && mac_write(MAC_ADDRL, mac[0] | mac[1] << 8 | mac[2] << 16 | (uint32_t)mac[3] << 24)
        && mac_write(MAC_CR, MAC_FULL_DUPLEX_TX_RX | MAC_ALL_MULTICAST);
    TX_CFG = TX_ON;
    board_irq_enable(IRQ_ETHERNET);
    eth_irq_rearm();
    return done;
}

void eth_stop(void) {
    INT_EN = 0;
    TX_CFG = 0;
    mac_write(MAC_CR, 0);
}

bool eth_send(const uint32_t *words, size_t n) {
    uint32_t count = (n + 3) / 4;
    uint32_t room = TX_FIFO_INF & 0xffff;
    if (room < (count + TX_COMMAND_WORDS) * 4) {
        return false;
    }
    TX_DATA = TX_FIRST_AND_LAST | n;
    TX_DATA = n;
    for (uint32_t i = 0; i < count; i++) {
        TX_DATA = words[i];
    }
    // Statuses pile up until they block the transmitter; what they say of a frame, its receiver finds out.
    while (TX_FIFO_INF >> 16 & 0xff) {
        (void)TX_STATUS;
    }
    return true;
}

int eth_receive(uint32_t *words) {
    if ((RX_FIFO_INF >> 16 & 0xff) == 0) {
        return -1;
    }
    uint32_t status = RX_STATUS;
    uint32_t n = status >> 16 & 0x3fff;
    uint32_t count = (n + 3) / 4;
    if (!(status & RX_ERROR) && n > FCS && n <= ETH_FRAME_MAX + FCS) {
        uint32_t i = 0;
        while (i < (n - FCS + 3) / 4) {
            words[i++] = RX_DATA;
        }
        while (i++ < count) {
            (void)RX_DATA;
        }
        return n - FCS;
    }
    if (count >= RX_FAST_FORWARD_LEAST) {
        RX_DP_CTRL = RX_FAST_FORWARD;
        wait_clear(&RX_DP_CTRL, RX_FAST_FORWARD);
    } else {
        while (count--) {
            (void)RX_DATA;
        }
    }
    return 0;
}

void eth_irq_rearm(void) {
    INT_STS = 0xffffffff;
    INT_EN = INT_RX_STATUS_LEVEL;
}

void eth_irq_handler(void) {
    INT_EN = 0;
    netglue_schedule();
}
