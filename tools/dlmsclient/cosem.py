"""Names a reader wants to see: interface classes with their attributes and
methods, units, OBIS codes; and scaling.

Names follow the Blue Book; a class or code that is not here is shown by its number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from .axdr import Data, Tag, members
from .obis import Obis


class ClassId(IntEnum):
    """Interface classes this package handles by name."""

    DATA = 1
    REGISTER = 3
    EXTENDED_REGISTER = 4
    DEMAND_REGISTER = 5
    PROFILE_GENERIC = 7
    CLOCK = 8
    ASSOCIATION_LN = 15
    SAP_ASSIGNMENT = 17


@dataclass(frozen=True)
class InterfaceClass:
    """Name of a class, its attributes from 1 and its methods from 1."""

    name: str
    attributes: tuple[str, ...]
    methods: tuple[str, ...] = ()


def _class(name: str, attributes: str, methods: str = "") -> InterfaceClass:
    return InterfaceClass(name, ("logical_name", *attributes.split()), tuple(methods.split()))


_CALENDAR = "calendar_name season_profile week_profile_table day_profile_table"
CLASSES: dict[int, InterfaceClass] = {
    1: _class("Data", "value"),
    3: _class("Register", "value scaler_unit", "reset"),
    4: _class("Extended register", "value scaler_unit status capture_time", "reset"),
    5: _class(
        "Demand register",
        "current_average_value last_average_value scaler_unit status capture_time start_time_current period "
        "number_of_periods",
        "reset next_period",
    ),
    6: _class("Register activation", "register_assignment mask_list active_mask", "add_register add_mask delete_mask"),
    7: _class(
        "Profile generic",
        "buffer capture_objects capture_period sort_method sort_object entries_in_use profile_entries",
        "reset capture",
    ),
    8: _class(
        "Clock",
        "time time_zone status daylight_savings_begin daylight_savings_end daylight_savings_deviation "
        "daylight_savings_enabled clock_base",
        "adjust_to_quarter adjust_to_measuring_period adjust_to_minute adjust_to_preset_time "
        "preset_adjusting_time shift_time",
    ),
    9: _class("Script table", "scripts", "execute"),
    11: _class("Special days table", "entries", "insert delete"),
    12: _class(
        "Association SN",
        "object_list access_rights_list security_setup_reference",
        "- - read_by_logicalname - change_secret - - reply_to_HLS_authentication",
    ),
    15: _class(
        "Association LN",
        "object_list associated_partners_id application_context_name xDLMS_context_info authentication_mechanism_name "
        "secret association_status security_setup_reference user_list current_user",
        "reply_to_HLS_authentication change_HLS_secret add_object remove_object add_user remove_user",
    ),
    17: _class("SAP assignment", "SAP_assignment_list", "connect_logical_device"),
    18: _class(
        "Image transfer",
        "image_block_size image_transferred_blocks_status image_first_not_transferred_block_number "
        "image_transfer_enabled "
        "image_transfer_status image_to_activate_info",
        "image_transfer_initiate image_block_transfer image_verify image_activate",
    ),
    20: _class(
        "Activity calendar",
        " ".join(f"{name}_{state}" for state in ("active", "passive") for name in _CALENDAR.split())
        + " activate_passive_calendar_time",
        "activate_passive_calendar",
    ),
    21: _class("Register monitor", "thresholds monitored_value actions"),
    22: _class("Single action schedule", "executed_script type execution_time"),
    40: _class(
        "Push setup",
        "push_object_list send_destination_and_method communication_window randomisation_start_interval "
        "number_of_retries "
        "repetition_delay port_reference push_client_SAP push_protection_parameters push_operation_method "
        "confirmation_parameters "
        "last_confirmation_date_time",
        "push reset",
    ),
    41: _class("TCP-UDP setup", "TCP-UDP_port IP_reference MSS nb_of_sim_conn inactivity_time_out"),
    42: _class(
        "IPv4 setup",
        "DL_reference IP_address multicast_IP_address IP_options subnet_mask gateway_IP_address use_DHCP_flag "
        "primary_DNS_address secondary_DNS_address",
        "add_mc_IP_address delete_mc_IP_address get_nbof_mc_IP_addresses",
    ),
    43: _class("MAC address setup", "MAC_address"),
    48: _class(
        "IPv6 setup",
        "DL_reference address_config_mode unicast_IPv6_addresses multicast_IPv6_addresses gateway_IPv6_addresses "
        "primary_DNS_address secondary_DNS_address traffic_class neighbor_discovery_setup",
        "add_IPv6_address remove_IPv6_address",
    ),
    64: _class(
        "Security setup",
        "security_policy security_suite client_system_title server_system_title certificates",
        "security_activate key_transfer key_agreement generate_key_pair generate_certificate_request "
        "import_certificate "
        "export_certificate remove_certificate",
    ),
    70: _class("Disconnect control", "output_state control_state control_mode", "remote_disconnect remote_reconnect"),
    71: _class(
        "Limiter",
        "monitored_value threshold_active threshold_normal threshold_emergency min_over_threshold_duration "
        "min_under_threshold_duration emergency_profile emergency_profile_group_id_list "
        "emergency_profile_active actions",
    ),
}


def class_name(class_id: int) -> str:
    """``Register``, or ``class 123``."""
    known = CLASSES.get(class_id)
    return known.name if known else f"class {class_id}"


def attribute_name(class_id: int, attribute_id: int) -> str:
    """``scaler_unit``, or ``attribute 9``."""
    known = CLASSES.get(class_id)
    if known and 1 <= attribute_id <= len(known.attributes):
        return known.attributes[attribute_id - 1]
    return f"attribute {attribute_id}"


def method_name(class_id: int, method_id: int) -> str:
    """``reset``, or ``method 9``."""
    known = CLASSES.get(class_id)
    if known and 1 <= method_id <= len(known.methods):
        return known.methods[method_id - 1]
    return f"method {method_id}"


# Codes of the enumeration unit (REQUIREMENTS F-33).
UNITS: dict[int, str] = {
    1: "a", 2: "mo", 3: "wk", 4: "d", 5: "h", 6: "min", 7: "s", 8: "°", 9: "°C", 10: "currency", 11: "m", 12: "m/s",
    13: "m³", 14: "m³", 15: "m³/h", 16: "m³/h", 17: "m³/d", 18: "m³/d", 19: "l", 20: "kg", 21: "N", 22: "Nm", 23: "Pa",
    24: "bar", 25: "J", 26: "J/h", 27: "W", 28: "VA", 29: "var", 30: "Wh", 31: "VAh", 32: "varh", 33: "A", 34: "C",
    35: "V", 36: "V/m", 37: "F", 38: "Ω", 39: "Ωm²/m", 40: "Wb", 41: "T", 42: "A/m", 43: "H", 44: "Hz", 45: "1/(Wh)",
    46: "1/(varh)", 47: "1/(VAh)", 48: "V²h", 49: "A²h", 50: "kg/s", 51: "S", 52: "K", 53: "1/(V²h)", 54: "1/(A²h)",
    55: "1/m³", 56: "%", 57: "Ah", 255: "",
}  # fmt: skip

# Register-like classes: value attributes that the scaler_unit attribute applies to.
SCALED_ATTRIBUTES: dict[int, tuple[tuple[int, ...], int]] = {
    ClassId.REGISTER: ((2,), 3),
    ClassId.EXTENDED_REGISTER: ((2,), 3),
    ClassId.DEMAND_REGISTER: ((2, 3), 4),
}


@dataclass(frozen=True)
class ScalerUnit:
    """scaler_unit: the value counts units of 10^scaler."""

    scaler: int
    unit: int

    @classmethod
    def from_data(cls, data: Data) -> ScalerUnit:
        """From structure {integer, enum}."""
        return cls(*members(data, "scaler_unit", Tag.INTEGER, Tag.ENUM))

    @property
    def symbol(self) -> str:
        """Unit symbol, empty for a count."""
        return UNITS.get(self.unit, f"unit {self.unit}")

    def scale(self, value: int | float) -> Decimal:
        """The exact scaled value, with as many decimals as the scaler gives."""
        return Decimal(str(value)).scaleb(self.scaler) if self.scaler < 0 else Decimal(str(value)) * 10**self.scaler


_QUANTITIES = {
    1: "active power +", 2: "active power -", 3: "reactive power +", 4: "reactive power -", 9: "apparent power +",
    11: "current", 12: "voltage", 13: "power factor", 14: "frequency", 16: "active power net",
}  # fmt: skip
_ENERGIES = {
    1: "active energy +",
    2: "active energy -",
    3: "reactive energy +",
    4: "reactive energy -",
    9: "apparent energy +",
}
_FIXED = {
    "0.0.1.0.0.255": "clock",
    "0.0.42.0.0.255": "COSEM logical device name",
    "0.0.40.0.0.255": "current association",
    "0.0.41.0.0.255": "SAP assignment",
    "0.0.25.0.0.255": "TCP-UDP setup",
    "0.1.25.0.0.255": "TCP-UDP setup over IPv6",
    "0.0.25.1.0.255": "IPv4 setup",
    "0.0.25.2.0.255": "MAC address",
    "0.0.25.7.0.255": "IPv6 setup",
    "0.0.96.3.10.255": "disconnect control",
    "0.0.44.0.0.255": "image transfer",
    "0.0.96.14.0.255": "active tariff",
    "1.0.0.2.0.255": "firmware identifier",
    "0.0.0.2.0.255": "firmware identifier",
    "1.0.99.1.0.255": "load profile",
    "1.0.99.2.0.255": "load profile 2",
    "0.0.98.1.0.255": "billing profile",
    "1.0.98.1.0.255": "billing profile",
    "0.0.97.97.0.255": "error object",
    "0.0.0.1.0.255": "billing period counter",
    "0.0.96.128.0.255": "state of the meter",
    "0.0.96.128.1.255": "note of the client",
    "0.0.96.128.2.255": "open associations",
    "0.0.96.128.3.255": "failed authentications",
    "0.0.96.128.4.255": "health of the meter",
    "0.0.25.9.0.255": "push on an interval",
    "0.1.25.9.0.255": "push on connectivity",
    "0.4.25.9.0.255": "push on alarm",
}
_PATTERNS = (
    (re.compile(r"0\.0\.40\.0\.\d+\.255"), "association"),
    (re.compile(r"0\.0\.43\.0\.\d+\.255"), "security setup"),
    (re.compile(r"0\.0\.43\.1\.\d+\.255"), "invocation counter"),
    (re.compile(r"0\.0\.96\.1\.\d+\.255"), "device identifier"),
    (re.compile(r"0\.0\.99\.98\.\d+\.255"), "event log"),
    (re.compile(r"0\.0\.99\.1\.\d+\.255"), "load profile"),
    (re.compile(r"0\.0\.96\.11\.\d+\.255"), "event code"),
    (re.compile(r"0\.0\.96\.10\.\d+\.255"), "profile status"),
)


def obis_name(instance: Obis) -> str:
    """What an object is, after its OBIS code; empty when the tables here do not know it."""
    dotted = instance.dotted
    if dotted in _FIXED:
        return _FIXED[dotted]
    for pattern, name in _PATTERNS:
        if pattern.fullmatch(dotted):
            return name
    medium, _, c, d, e, _ = instance.octets
    return _electricity_name(c, d, e) if medium == 1 else ""


def _electricity_name(c: int, d: int, e: int) -> str:
    # Value group C repeats from 21, 41 and 61 on for the three phases.
    phase = (c - 1) // 20 if 21 <= c <= 80 else 0
    quantity = c - 20 * phase if phase else c
    suffix = f" L{phase}" if phase else ""
    if d == 8 and quantity in _ENERGIES:
        return _ENERGIES[quantity] + suffix + (f" tariff {e}" if e else "")
    if quantity not in _QUANTITIES:
        return ""
    kind = {4: "average ", 5: "last average ", 6: "maximum ", 7: ""}.get(d)
    return "" if kind is None else kind + _QUANTITIES[quantity] + suffix
