// One life of the chip, from a reset to the next: rp2040js, and what it lacks of an RP2040 for the rp2 port.

import { RP2040 } from 'rp2040js';
import { FLASH_SIZE, FlashController } from './flash.mjs';
import { Rosc } from './rosc.mjs';
import { UsbSerial } from './usb.mjs';

const CYCLE_NANOS = 8; // 125 MHz
const ALARM_COST = 10; // an alarm keeps the computer as busy as so many instructions
const PINS = 30;
// Peripherals by address bits 31 to 14, as rp2040js keeps them.
const WATCHDOG = 0x40058;
const ROSC = 0x40060;
const FREE = 0x40070; // nothing on the chip: the registers of boot.c
const SSI = 0x18000;
// Application interrupt and reset control of the processor
const AIRCR = 0xd0c;
const AIRCR_KEY = 0x05fa;
const SYSRESETREQ = 1 << 2;
// Read the unique number of the flash: command, four octets of nothing, the number.
const READ_UNIQUE_ID = 0x4b;
const UNIQUE_ID_AT = 5;

export class Chip {
  /**
   * parts: {bootrom, flash, seed, id, onSerial, onBootDrive, onPowerCut}
   *   id         unique number of the flash, 8 octets; the board's id
   *   onSerial   is given what the USB serial port says
   *   onPowerCut does not come back
   *
   * past: the chip before a reset that keeps what the watchdog's registers hold; null: power comes on
   */
  constructor(parts, past) {
    const mcu = new RP2040();
    this.mcu = mcu;
    this.parts = parts;
    mcu.logger = new Faults();
    this.ended = null; // why this life is over
    mcu.peripherals[ROSC] = new Rosc(mcu, parts.seed);
    mcu.peripherals[FREE] = new FlashController(mcu, parts.flash, parts.onBootDrive, parts.onPowerCut);
    this.watchdog = mcu.peripherals[WATCHDOG];
    this.watchdog.onWatchdogTrigger = () => {
      // rp2040js would count on, and find its alarm due again in the same instant, for ever.
      this.watchdog.timer.enable = false;
      this.end('watchdog');
    };
    this.#addProcessorReset();
    this.#addUniqueId();
    this.#mendUarts();
    this.usb = new UsbSerial(mcu.usbCtrl, parts.onSerial);
    if (past) {
      this.watchdog.scratchData.set(past.watchdog.scratchData);
      this.watchdog.reason = past.ended === 'watchdog' ? past.watchdog.reason : 0;
    }
    mcu.loadBootrom(parts.bootrom); // empties the flash, too
    mcu.flash.set(parts.flash.content.subarray(0, FLASH_SIZE));
    this.levels = past ? past.levels : new Array(PINS).fill(true);
    this.levels.forEach((level, pin) => mcu.gpio[pin].setInputValue(level));
  }

  /** This life is over. The instruction that brought it about is the last one. */
  end(reason) {
    this.ended ??= reason;
  }

  /** Run one instruction, or sleep until the next alarm; `until` in nanoseconds of the chip's time. */
  run(until, instructions) {
    const { core, clock } = this.mcu;
    let left = instructions;
    while (left > 0 && clock.nanos < until && !this.ended) {
      if (core.waiting) {
        const next = clock.nextAlarm;
        clock.tick(Math.max(0, Math.min(next ? next.nanos : until, until) - clock.nanos));
        left -= ALARM_COST;
      } else {
        clock.tick(core.executeInstruction() * CYCLE_NANOS);
        left--;
      }
    }
  }

  get nanos() {
    return this.mcu.clock.nanos;
  }

  /** Nanoseconds for which nothing will happen by itself. */
  get quiet() {
    const next = this.mcu.clock.nextAlarm;
    return !this.mcu.core.waiting ? 0 : next ? next.nanos - this.nanos : Infinity;
  }

  /** The level that the world gives a pin; a resistor draws it high when nobody does. */
  drive(pin, level) {
    if (this.levels[pin] !== level) {
      this.levels[pin] = level;
      this.mcu.gpio[pin].setInputValue(level);
    }
  }

  /** What the chip makes of a pin: {output: whether it drives it, level}. */
  pin(pin) {
    const { outputEnable, outputValue } = this.mcu.gpio[pin];
    return { output: outputEnable, level: Number(outputEnable ? outputValue : this.levels[pin]) };
  }

  /** Draw a pin low for `low` milliseconds of the chip's time and leave it high for `high`, `count` times; then call `done`. */
  pulses(pin, count, low, high, done) {
    const alarm = this.mcu.clock.createAlarm(() => step());
    let left = 2 * count;
    const step = () => {
      if (left === 0) {
        done();
        return;
      }
      const down = left-- % 2 === 0;
      this.drive(pin, !down);
      alarm.schedule((down ? low : high) * 1e6);
    };
    step();
  }

  #addProcessorReset() {
    const { ppb } = this.mcu;
    const write = ppb.writeUint32.bind(ppb);
    ppb.writeUint32 = (register, value) => {
      if (register === AIRCR) {
        if (value >>> 16 === AIRCR_KEY && value & SYSRESETREQ) {
          this.end('processor');
        }
        return;
      }
      write(register, value);
    };
  }

  /** Each octet that goes to the flash brings one back. rp2040js answers the status command; here that of the unique number. */
  #addUniqueId() {
    const ssi = this.mcu.peripherals[SSI];
    const DR0 = 0x60;
    const read = ssi.readUint32.bind(ssi);
    const write = ssi.writeUint32.bind(ssi);
    const answers = [];
    let sent = 0;
    ssi.writeUint32 = (register, value) => {
      if (register === DR0 && (sent > 0 || value === READ_UNIQUE_ID)) {
        answers.push(sent < UNIQUE_ID_AT ? 0 : this.parts.id[sent - UNIQUE_ID_AT]);
        sent = (sent + 1) % (UNIQUE_ID_AT + this.parts.id.length);
        return;
      }
      write(register, value);
    };
    ssi.readUint32 = (register) => (register === DR0 && answers.length ? answers.shift() : read(register));
  }

  /** rp2040js 1.4.1 raises the transmit interrupt of a UART again as soon as it was cleared, for ever. */
  #mendUarts() {
    const UARTDR = 0;
    const TRANSMITTED = 1 << 5;
    for (const uart of this.mcu.uart) {
      uart.checkInterrupts = () => this.mcu.setInterrupt(uart.irq, !!(uart.interruptStatus & uart.interruptMask));
      const write = uart.writeUint32.bind(uart);
      uart.writeUint32 = (register, value) => {
        write(register, value);
        if (register === UARTDR) {
          uart.interruptStatus |= TRANSMITTED;
          uart.checkInterrupts();
        }
      };
    }
  }
}

/** What rp2040js finds fault with: errors end the run, warnings are about registers that do nothing here and are dropped. */
class Faults {
  debug() {}
  info() {}
  warn() {}
  error(component, message) {
    throw new Error(`${component}: ${message}`);
  }
}
