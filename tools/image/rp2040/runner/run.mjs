// The emulated RP2040 as a process.
//
//   node run.mjs --bootrom FILE --flash FILE [--image FILE.uf2] [--console FILE] [--port N] [--id HEX]
//
//   --flash    2 MB, kept: the chip's flash; made when missing
//   --image    is put into the flash first, as the boot drive would
//   --console  what the USB serial port says is appended to it
//   --port     TCP port on 127.0.0.1 that is the USB serial port (default: any free one). One client at a time; a reset of the board
//              ends its connection, as it takes a USB device away
//   --id       unique number of the board, 16 hexadecimal digits
//
// Standard input takes one JSON array a line, standard output gives one JSON object a line:
//
//   ["pin", N]                      {"output": false, "level": 1}
//   ["drive", N, LEVEL]             {}
//   ["pulses", N, COUNT, LOW, HIGH] {}        begins; ends with the event {"event": "pulses", "pin": N}
//   ["reset"]                       {}        the reset pin
//   ["cut", N]                      {}        the power goes as the flash begins with its Nth operation from now
//   ["statistics"]                  {"boots": 2, "seconds": 3.1}  of the board's time since power-on
//
// Events: {"event": "listening", "port": N}, {"event": "boot", "cause": "power"}, {"event": "boot-drive"}, {"event": "fault", "text": "…"}.
// The end of standard input ends the emulation: it does not outlive whoever started it.

import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import readline from 'node:readline';
import { parseArgs } from 'node:util';
import { Chip } from './chip.mjs';
import { FlashFile } from './flash.mjs';

const HOST = '127.0.0.1';
const BOOTROM_WORDS = 4096;
const TURN = 20000; // instructions between two looks at the outside
const LAG = 20e6; // nanoseconds that the chip may be behind before it is let off them
const LONGEST_NAP = 50; // milliseconds
const UNREAD = 1 << 20; // octets that a client may leave unread before it is dropped
const MAX_PIN = 29;

const { values: options } = parseArgs({
  options: Object.fromEntries(['bootrom', 'flash', 'image', 'console', 'port', 'id'].map((name) => [name, { type: 'string' }])),
});

function say(object) {
  fs.writeSync(1, JSON.stringify(object) + '\n');
}

function fail(text) {
  say({ event: 'fault', text });
  process.exit(1);
}

/** Time of the chip follows that of the computer; what it cannot keep up with is let off, so that it never runs ahead to catch up. */
class Pace {
  constructor() {
    this.begin(0);
  }

  begin(nanos) {
    this.base = Number(process.hrtime.bigint()) - nanos;
  }

  /** Where the chip should be now, given where it is. */
  target(nanos) {
    const now = Number(process.hrtime.bigint()) - this.base;
    if (now - nanos > LAG) {
      this.base += now - nanos - LAG;
      return nanos + LAG;
    }
    return now;
  }
}

class Emulation {
  constructor(parts, log) {
    this.log = log;
    this.client = null;
    this.timer = null;
    this.boots = 0;
    this.past = 0; // nanoseconds of earlier lives
    this.pace = new Pace();
    this.parts = {
      ...parts,
      onSerial: (octets) => this.said(octets),
      onBootDrive: () => say({ event: 'boot-drive' }),
      onPowerCut: () => process.exit(0),
    };
    this.chip = null;
    this.boot('power');
  }

  boot(cause) {
    const before = this.chip;
    if (before) {
      this.past += before.nanos;
      this.client?.destroy();
    }
    this.boots++;
    this.chip = new Chip(this.parts, before);
    this.pace.begin(0);
    say({ event: 'boot', cause });
  }

  said(octets) {
    if (this.log !== null) {
      fs.writeSync(this.log, octets);
    }
    if (this.client?.writable) {
      this.client.write(octets);
      if (this.client.writableLength > UNREAD) {
        this.client.destroy();
      }
    }
  }

  /** A client of the serial port; the one before it loses the port. */
  connect(socket) {
    this.client?.destroy();
    this.client = socket;
    socket.setNoDelay(true);
    socket.on('data', (octets) => {
      if (this.client === socket) {
        this.chip.usb.send(octets);
        this.wake();
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.client === socket) {
        this.client = null;
      }
    });
  }

  /** One turn: run up to the present, then look outside, or sleep as long as nothing can happen. */
  turn() {
    this.timer = null;
    const { chip } = this;
    const target = this.pace.target(chip.nanos);
    try {
      chip.run(target, TURN);
    } catch (error) {
      fail(`${error.message} (PC ${chip.mcu.core.PC.toString(16)})`);
    }
    if (chip.ended) {
      this.boot(chip.ended);
    }
    if (this.chip.nanos >= target) {
      const nap = Math.min(Math.max(this.chip.quiet / 1e6, 1), LONGEST_NAP);
      this.timer = setTimeout(() => this.turn(), nap);
    } else {
      setImmediate(() => this.turn());
    }
  }

  /** Something came from outside. */
  wake() {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
      setImmediate(() => this.turn());
    }
  }

  /** Carry a command out and return the answer. */
  command(words) {
    const [name, number, ...rest] = words;
    if (['pin', 'drive', 'pulses'].includes(name) && !(Number.isInteger(number) && number >= 0 && number <= MAX_PIN)) {
      return { error: `no such pin: ${number}` };
    }
    switch (name) {
      case 'pin':
        return this.chip.pin(number);
      case 'drive':
        this.chip.drive(number, !!rest[0]);
        return {};
      case 'pulses':
        this.chip.pulses(number, ...rest, () => say({ event: 'pulses', pin: number }));
        return {};
      case 'reset':
        this.chip.end('button');
        return {};
      case 'cut':
        this.parts.flash.operationsLeft = number;
        return {};
      case 'statistics':
        return { boots: this.boots, seconds: (this.past + this.chip.nanos) / 1e9 };
      default:
        return { error: `no such command: ${name}` };
    }
  }
}

function start() {
  if (!options.bootrom || !options.flash) {
    fail('--bootrom and --flash are needed');
  }
  const bootrom = new Uint32Array(BOOTROM_WORDS);
  new Uint8Array(bootrom.buffer).set(fs.readFileSync(options.bootrom));
  const flash = new FlashFile(options.flash);
  if (options.image) {
    flash.load(options.image);
  }
  const seed = crypto.getRandomValues(new Uint32Array(4));
  const id = Buffer.from(options.id ?? 'e660000000000000', 'hex');
  const log = options.console ? fs.openSync(options.console, 'a') : null;
  return new Emulation({ bootrom, flash, seed, id }, log);
}

let emulation;
try {
  emulation = start();
} catch (error) {
  fail(error.message);
}
const server = net.createServer((socket) => emulation.connect(socket));
server.on('error', (error) => fail(`port ${options.port}: ${error.message}`));
server.listen(Number(options.port ?? 0), HOST, () => {
  say({ event: 'listening', port: server.address().port });
  emulation.turn();
});

const commands = readline.createInterface({ input: process.stdin });
commands.on('line', (line) => {
  let words;
  try {
    words = JSON.parse(line);
  } catch {
    words = [line];
  }
  say(emulation.command(words));
  emulation.wake();
});
commands.on('close', () => process.exit(0));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  process.on(signal, () => process.exit(0));
}
