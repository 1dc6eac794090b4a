// network.LAN: the Ethernet interface, with DHCP and IPv6.
//
//     LAN()  active([bool])  isconnected()  config("mac")  ifconfig([...])  ipconfig(...)
//            status() -> (received, sent, dropped)
#include <string.h>
#include "py/runtime.h"
#include "shared/netutils/netutils.h"
#include "extmod/modnetwork.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/netif.h"
#include "netif/ethernet.h"
#include "eth.h"
#include "netglue.h"

#define FRAME_WORDS ((ETH_FRAME_MAX + 3) / 4)

static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 }; // locally administered
static struct netif interface;
static bool active;
static eth_count_t count;
// One frame, on its way in or out: lwIP has copied a received one before it answers.
static uint32_t frame[FRAME_WORDS];

static err_t send(struct netif *netif, struct pbuf *p) {
    if (p->tot_len > ETH_FRAME_MAX) {
        return ERR_VAL;
    }
    pbuf_copy_partial(p, frame, p->tot_len, 0);
    if (!eth_send(frame, p->tot_len)) {
        return ERR_WOULDBLOCK; // TCP sends again; what is not TCP is lost, as on any network
    }
    count.sent++;
    return ERR_OK;
}

static err_t init(struct netif *netif) {
    netif->name[0] = 'e';
    netif->name[1] = '0';
    netif->mtu = 1500;
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = send;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    memcpy(netif->hwaddr, mac, sizeof(mac));
    netif->hwaddr_len = sizeof(mac);
    NETIF_SET_CHECKSUM_CTRL(netif, NETIF_CHECKSUM_ENABLE_ALL);
    return ERR_OK;
}

static bool deliver(int n) {
    struct pbuf *p = n > 0 ? pbuf_alloc(PBUF_RAW, n, PBUF_POOL) : NULL;
    if (p == NULL) {
        return false;
    }
    pbuf_take(p, frame, n);
    if (interface.input(p, &interface) != ERR_OK) {
        pbuf_free(p);
        return false;
    }
    return true;
}

void network_lan_poll(void) {
    if (!active) {
        return;
    }
    // Once what has come is fetched the interrupt is of use again; rearmed first, so that nothing comes unnoticed between.
    eth_irq_rearm();
    for (int n; (n = eth_receive(frame)) >= 0;) {
        count.received++;
        if (!deliver(n)) {
            count.dropped++;
        }
    }
}

static void start(void) {
    if (active) {
        return;
    }
    if (!eth_start(mac)) {
        mp_raise_msg(&mp_type_OSError, MP_ERROR_TEXT("Ethernet controller does not answer"));
    }
    netglue_lock();
    netif_add(&interface, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4, NULL, init, ethernet_input);
    netif_set_hostname(&interface, mod_network_hostname_data);
    netif_create_ip6_linklocal_address(&interface, 1);
    interface.ip6_autoconfig_enabled = 1; // and others by what routers advertise
    netif_set_default(&interface);
    netif_set_up(&interface);
    netif_set_link_up(&interface);
    dhcp_start(&interface);
    active = true;
    netglue_unlock();
}

static void stop(void) {
    if (!active) {
        return;
    }
    netglue_lock();
    dhcp_release_and_stop(&interface);
    netif_remove(&interface);
    active = false;
    eth_stop();
    netglue_unlock();
}

typedef struct {
    mp_obj_base_t base;
} lan_obj_t;

static const lan_obj_t lan_object = { { &network_lan_type } };

static mp_obj_t lan_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    return MP_OBJ_FROM_PTR(&lan_object);
}

static mp_obj_t lan_active(size_t n_args, const mp_obj_t *args) {
    if (n_args == 1) {
        return mp_obj_new_bool(active);
    }
    if (mp_obj_is_true(args[1])) {
        start();
    } else {
        stop();
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(lan_active_obj, 1, 2, lan_active);

// Asked by whoever wants to know: lwIP is told of a cable that was pulled or put back, and asks for its address again in the second case.
static bool linked(void) {
    bool up = eth_link();
    if (up != netif_is_link_up(&interface)) {
        netglue_lock();
        if (up) {
            netif_set_link_up(&interface);
        } else {
            netif_set_link_down(&interface);
        }
        netglue_unlock();
    }
    return up;
}

static mp_obj_t lan_isconnected(mp_obj_t self) {
    return mp_obj_new_bool(active && linked() && !ip4_addr_isany_val(*netif_ip4_addr(&interface)));
}
static MP_DEFINE_CONST_FUN_OBJ_1(lan_isconnected_obj, lan_isconnected);

static mp_obj_t lan_config(mp_obj_t self, mp_obj_t name) {
    if (mp_obj_str_get_qstr(name) != MP_QSTR_mac) {
        mp_raise_ValueError(MP_ERROR_TEXT("unknown config param"));
    }
    return mp_obj_new_bytes(mac, sizeof(mac));
}
static MP_DEFINE_CONST_FUN_OBJ_2(lan_config_obj, lan_config);

static mp_obj_t lan_ifconfig(size_t n_args, const mp_obj_t *args) {
    return mod_network_nic_ifconfig(&interface, n_args - 1, args + 1);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(lan_ifconfig_obj, 1, 2, lan_ifconfig);

static mp_obj_t lan_ipconfig(size_t n_args, const mp_obj_t *args, mp_map_t *kwargs) {
    return mod_network_nic_ipconfig(&interface, n_args - 1, args + 1, kwargs);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(lan_ipconfig_obj, 1, lan_ipconfig);

static mp_obj_t lan_status(mp_obj_t self) {
    mp_obj_t items[3] = { mp_obj_new_int_from_uint(count.received), mp_obj_new_int_from_uint(count.sent), mp_obj_new_int_from_uint(count.dropped) };
    return mp_obj_new_tuple(3, items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(lan_status_obj, lan_status);

static const mp_rom_map_elem_t lan_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_active), MP_ROM_PTR(&lan_active_obj) },
    { MP_ROM_QSTR(MP_QSTR_isconnected), MP_ROM_PTR(&lan_isconnected_obj) },
    { MP_ROM_QSTR(MP_QSTR_config), MP_ROM_PTR(&lan_config_obj) },
    { MP_ROM_QSTR(MP_QSTR_ifconfig), MP_ROM_PTR(&lan_ifconfig_obj) },
    { MP_ROM_QSTR(MP_QSTR_ipconfig), MP_ROM_PTR(&lan_ipconfig_obj) },
    { MP_ROM_QSTR(MP_QSTR_status), MP_ROM_PTR(&lan_status_obj) },
};
static MP_DEFINE_CONST_DICT(lan_locals, lan_locals_table);
MP_DEFINE_CONST_OBJ_TYPE(network_lan_type, MP_QSTR_LAN, MP_TYPE_FLAG_NONE, make_new, lan_make_new, locals_dict, &lan_locals);
